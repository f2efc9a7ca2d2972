//! Settings from the service's systemd unit: the state folder and the environment variables, including those of
//! drop-ins. Commands in a shell need them to find the service's database.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

pub(super) struct UnitSettings(BTreeMap<String, String>);

impl UnitSettings {
    /// `None` if systemd does not run or has not loaded the unit.
    pub(super) fn query() -> Option<Self> {
        let mut command = Command::new("systemctl");
        command.args(["show", "--property=LoadState,StateDirectory,Environment", "agentlocator.service"]);
        let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        Self::read(&String::from_utf8_lossy(&output.stdout))
    }

    fn read(shown: &str) -> Option<Self> {
        let property = |name: &str| shown.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        property("LoadState").filter(|state| *state == "loaded")?;
        let variables = property("Environment").unwrap_or_default().split_whitespace();
        let mut variables: BTreeMap<_, _> = variables
            .filter_map(|variable| variable.trim_matches('"').split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let folders = property("StateDirectory").unwrap_or_default().split_whitespace();
        let folders: Vec<_> = folders.map(|folder| format!("/var/lib/{folder}")).collect();
        if !folders.is_empty() {
            variables.insert("STATE_DIRECTORY".to_owned(), folders.join(":"));
        }
        Some(Self(variables))
    }

    pub(super) fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_says_where_the_data_is() {
        let shown = "LoadState=loaded\nEnvironment=PORT=9000 \"LOG_LEVEL=debug\"\nStateDirectory=agentlocator more\n";
        let unit = UnitSettings::read(shown).unwrap();
        let values = ["STATE_DIRECTORY", "PORT", "LOG_LEVEL", "DATABASE_URL"].map(|name| unit.get(name));
        let known = ["/var/lib/agentlocator:/var/lib/more", "9000", "debug"].map(|value| Some(value.to_owned()));
        assert_eq!((&values[..3], &values[3]), (&known[..], &None));
        assert!(UnitSettings::read("LoadState=not-found\nStateDirectory=x\n").is_none());
        assert!(UnitSettings::read("").is_none());
    }
}
