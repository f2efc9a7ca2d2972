//! `agentlocator reload`: the running daemon reads its settings and certificates again.

use super::{Settings, print, print_json, tell};
use crate::drive::control::{self, AskError};
use crate::drive::reload::Reloaded;
use anyhow::bail;

pub(super) fn run(as_json: bool, settings: &Settings) -> anyhow::Result<()> {
    // Wrong settings are the daemon's to find: it must say so in its log too. Here it only matters where it is.
    let socket = control::socket_path(&settings.store().live_file());
    let reloaded = match control::ask_to_reload(&socket) {
        Ok(reloaded) => reloaded,
        Err(AskError::NotRunning) => {
            // What is wrong is worth knowing all the same.
            settings.load()?;
            bail!("no daemon is running with these settings ({}); the next start reads them", socket.display());
        }
        Err(AskError::Refused(reasons)) => bail!("nothing has changed, because something is wrong:\n{reasons}"),
        Err(error) => return Err(error.into()),
    };
    if as_json {
        return print_json(&reloaded);
    }
    for warning in &reloaded.warnings {
        tell(&format!("warning: {warning}"));
    }
    print(&in_words(&reloaded))
}

fn in_words(reloaded: &Reloaded) -> String {
    let Reloaded { changed, needs_restart, .. } = reloaded;
    let mut lines = Vec::new();
    for (headline, keys) in
        [("In force now:", changed), ("After a restart (sudo systemctl restart agentlocator):", needs_restart)]
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
    fn it_says_what_holds_and_what_must_wait() {
        let keys = |keys: &[&str]| keys.iter().map(ToString::to_string).collect::<Vec<_>>();
        let said = |changed: &[&str], needs_restart: &[&str]| {
            in_words(&Reloaded { changed: keys(changed), needs_restart: keys(needs_restart), warnings: Vec::new() })
        };
        assert_eq!(said(&[], &[]), "Nothing has changed.\n");
        assert_eq!(said(&["log.level"], &[]), "In force now:\n  log.level\n");
        assert_eq!(
            said(&["log.level"], &["store.readers"]),
            "In force now:\n  log.level\nAfter a restart (sudo systemctl restart agentlocator):\n  store.readers\n"
        );
    }
}
