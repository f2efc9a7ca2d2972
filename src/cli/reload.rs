//! `agentlocator reload`: reloads settings and certificates in the running daemon.

use super::output::{print, print_json, print_status};
use super::settings::Settings;
use crate::control::{self, ControlError};
use crate::runtime::reload::Reloaded;
use anyhow::bail;

pub(super) fn run(as_json: bool, settings: &Settings) -> anyhow::Result<()> {
    // The daemon validates the settings, because it must also log errors. This process needs only the path of the
    // control socket.
    let socket = control::socket_path(&settings.store().live_file());
    let reloaded = match control::request_reload(&socket) {
        Ok(reloaded) => reloaded,
        Err(ControlError::NotRunning) => {
            // Report invalid settings even if no daemon runs.
            settings.load()?;
            bail!("no daemon is running with these settings ({}); the next start reads them", socket.display());
        }
        Err(ControlError::Rejected(reasons)) => {
            bail!("nothing has changed, because the settings are invalid:\n{reasons}")
        }
        Err(error) => return Err(error.into()),
    };
    if as_json {
        return print_json(&reloaded);
    }
    for warning in &reloaded.warnings {
        print_status(&format!("warning: {warning}"));
    }
    print(&describe(&reloaded))
}

fn describe(reloaded: &Reloaded) -> String {
    let Reloaded { changed, needs_restart, .. } = reloaded;
    let mut lines = Vec::new();
    for (headline, keys) in
        [("Active now:", changed), ("After a restart (sudo systemctl restart agentlocator):", needs_restart)]
    {
        if !keys.is_empty() {
            lines.push(headline.to_owned());
            lines.extend(keys.iter().map(|key| format!("  {key}")));
        }
    }
    if lines.is_empty() {
        lines.push("Nothing has changed.".to_owned());
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_grouped_by_when_they_take_effect() {
        let keys = |keys: &[&str]| keys.iter().map(ToString::to_string).collect::<Vec<_>>();
        let described = |changed: &[&str], needs_restart: &[&str]| {
            describe(&Reloaded { changed: keys(changed), needs_restart: keys(needs_restart), warnings: Vec::new() })
        };
        assert_eq!(described(&[], &[]), "Nothing has changed.\n");
        assert_eq!(described(&["log.level"], &[]), "Active now:\n  log.level\n");
        assert_eq!(
            described(&["log.level"], &["store.readers"]),
            "Active now:\n  log.level\nAfter a restart (sudo systemctl restart agentlocator):\n  store.readers\n"
        );
    }
}
