//! Stops the systemd service that has the database open for a restore, and starts it again.

use anyhow::{Context, bail};
use std::path::Path;
use std::process::{Command, Stdio};

pub(in crate::cli) struct SystemdUnit {
    name: &'static str,
    was_wanted: bool,
}

impl SystemdUnit {
    /// Finds the unit whose main process is `holder`; without a `holder`, the unit whose state folder contains the
    /// database.
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
        // A failed unit counts as wanted: it should run, and a damaged database may be the reason for the failure.
        let was_wanted = value("ActiveState") != "inactive";
        (runs_it || would_run_it).then_some(Self { name: UNIT, was_wanted })
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// True unless the unit was inactive before the restore.
    pub(super) fn was_wanted(&self) -> bool {
        self.was_wanted
    }

    pub(super) fn stop(&self) -> anyhow::Result<()> {
        systemctl(&["stop", self.name])
    }

    pub(super) fn start_if_wanted(&self) -> anyhow::Result<()> {
        if !self.was_wanted {
            return Ok(());
        }
        // Reset the count of earlier failures, which could exceed systemd's start limit.
        let _ = systemctl(&["reset-failed", self.name]);
        // The unit notifies systemd when it is ready; `systemctl start` waits for that.
        systemctl(&["start", self.name])?;
        systemctl(&["is-active", "--quiet", self.name])
    }
}

pub(in crate::cli) fn systemctl(arguments: &[&str]) -> anyhow::Result<()> {
    let output = Command::new("systemctl").args(arguments).output().context("cannot run systemctl")?;
    if output.status.success() {
        return Ok(());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    bail!("`systemctl {}` failed: {}", arguments.join(" "), stderr.trim())
}

const UNIT: &str = "agentlocator.service";
