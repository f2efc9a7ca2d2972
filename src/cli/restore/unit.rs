//! The service of systemd that has the database open: stopped for a restore, and started again.

use anyhow::{Context, bail};
use std::path::Path;
use std::process::{Command, Stdio};

/// The daemon's unit, where systemd has one for this database.
pub(in crate::cli) struct Unit {
    name: &'static str,
    was_wanted: bool,
}

impl Unit {
    /// The unit that runs the process which holds the database, or that would run on this folder if it was started.
    pub(super) fn of(published: &Path, holder: Option<u32>) -> Option<Self> {
        let asked = Command::new("systemctl")
            .args(["show", UNIT, "--property=LoadState,ActiveState,MainPID,StateDirectory"])
            .stderr(Stdio::null())
            .output()
            .ok()
            .filter(|output| output.status.success())?;
        let text = String::from_utf8_lossy(&asked.stdout);
        let value =
            |key: &str| text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).unwrap_or_default();
        if value("LoadState") != "loaded" {
            return None;
        }
        let runs_it = holder.is_some() && value("MainPID").parse().ok() == holder;
        let folder = value("StateDirectory").split(' ').next().filter(|name| !name.is_empty());
        let would_run_it = holder.is_none()
            && folder.is_some_and(|name| published.parent() == Some(&Path::new("/var/lib").join(name)));
        // `failed` too: somebody wants it to run, and the database may be why it does not.
        let was_wanted = value("ActiveState") != "inactive";
        (runs_it || would_run_it).then_some(Self { name: UNIT, was_wanted })
    }

    /// Its name.
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Whether it ran, or was meant to.
    pub(super) fn was_wanted(&self) -> bool {
        self.was_wanted
    }

    /// Stops it, and waits for its end.
    pub(super) fn stop(&self) -> anyhow::Result<()> {
        systemctl(&["stop", self.name])
    }

    /// Starts it if it was wanted before, and waits until it is ready.
    pub(super) fn start_again(&self) -> anyhow::Result<()> {
        if !self.was_wanted {
            return Ok(());
        }
        // What failed before must not count against it.
        let _ = systemctl(&["reset-failed", self.name]);
        // The unit tells systemd when it is ready, and systemctl waits for that.
        systemctl(&["start", self.name])?;
        systemctl(&["is-active", "--quiet", self.name])
    }
}

/// Runs systemctl; what it says on stderr is in the error.
pub(in crate::cli) fn systemctl(arguments: &[&str]) -> anyhow::Result<()> {
    let output = Command::new("systemctl").args(arguments).output().context("cannot run systemctl")?;
    if output.status.success() {
        return Ok(());
    }
    let told = String::from_utf8_lossy(&output.stderr);
    bail!("`systemctl {}` failed: {}", arguments.join(" "), told.trim())
}

const UNIT: &str = "agentlocator.service";
