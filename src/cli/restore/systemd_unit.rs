//! The systemd service that has the database open: it is stopped for a restore, and started again.

use anyhow::{Context, bail};
use std::path::Path;
use std::process::{Command, Stdio};

/// The daemon's systemd unit for a database.
pub(in crate::cli) struct SystemdUnit {
    name: &'static str,
    was_wanted: bool,
}

impl SystemdUnit {
    /// The unit whose process (`holder`) holds the database, or whose state folder contains the database.
    pub(super) fn of(published: &Path, holder: Option<u32>) -> Option<Self> {
        let output = Command::new("systemctl")
            .args(["show", UNIT, "--property=LoadState,ActiveState,MainPID,StateDirectory"])
            .stderr(Stdio::null())
            .output()
            .ok()
            .filter(|output| output.status.success())?;
        let text = String::from_utf8_lossy(&output.stdout);
        let value =
            |key: &str| text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).unwrap_or_default();
        if value("LoadState") != "loaded" {
            return None;
        }
        let runs_it = holder.is_some() && value("MainPID").parse().ok() == holder;
        let folder = value("StateDirectory").split(' ').next().filter(|name| !name.is_empty());
        let would_run_it = holder.is_none()
            && folder.is_some_and(|name| published.parent() == Some(&Path::new("/var/lib").join(name)));
        // `failed` counts too: the unit is meant to run, and the database may be the reason why it does not.
        let was_wanted = value("ActiveState") != "inactive";
        (runs_it || would_run_it).then_some(Self { name: UNIT, was_wanted })
    }

    /// The unit's name.
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Whether the unit ran or was meant to run.
    pub(super) fn was_wanted(&self) -> bool {
        self.was_wanted
    }

    /// Stops the unit and waits until it has stopped.
    pub(super) fn stop(&self) -> anyhow::Result<()> {
        systemctl(&["stop", self.name])
    }

    /// Starts the unit if it was wanted before, and waits until it is ready.
    pub(super) fn start_again(&self) -> anyhow::Result<()> {
        if !self.was_wanted {
            return Ok(());
        }
        // Earlier failures must not count against the start limit.
        let _ = systemctl(&["reset-failed", self.name]);
        // The unit notifies systemd when it is ready; `systemctl start` waits for that.
        systemctl(&["start", self.name])?;
        systemctl(&["is-active", "--quiet", self.name])
    }
}

/// Runs systemctl; an error contains its stderr.
pub(in crate::cli) fn systemctl(arguments: &[&str]) -> anyhow::Result<()> {
    let output = Command::new("systemctl").args(arguments).output().context("cannot run systemctl")?;
    if output.status.success() {
        return Ok(());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    bail!("`systemctl {}` failed: {}", arguments.join(" "), stderr.trim())
}

const UNIT: &str = "agentlocator.service";
