//! Runs `litestream restore -f` as a child process. Litestream restores the replica once, and then applies each change
//! to the copy.

use super::{Replica, StandbyCopy};
use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsStr;
use std::fs::File;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Child;
use tokio::sync::mpsc;

pub(in crate::cli) struct Follower {
    child: Child,
    events: mpsc::Receiver<FollowerEvent>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) enum FollowerEvent {
    /// The first restore is complete, or was complete earlier; Litestream now applies new changes.
    Following,
    Applied,
    /// An error occurred; Litestream then retries or exits.
    Failed(String),
}

impl Follower {
    /// Starts Litestream with polling every `interval`. The process holds the copy's lock until it exits. `rewind`
    /// calls [`StandbyCopy::rewind_to`] as the owner of the copy.
    pub(in crate::cli) async fn start(
        replica: &Replica,
        copy: &StandbyCopy,
        lock: &File,
        interval: Duration,
        rewind: impl FnOnce(&str) -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
        if copy.transaction()?.is_some()
            && let Some(snapshot) = replica.newest_snapshot().await?
        {
            rewind(&snapshot)?;
        }
        let (interval, output) = (format!("{}ms", interval.as_millis()), copy.database());
        let options = [
            OsStr::new("-f"),
            OsStr::new("-follow-interval"),
            OsStr::new(&interval),
            OsStr::new("-o"),
            output.as_os_str(),
        ];
        let mut command = replica.command("restore", &options);
        let command = command.stdin(lock.try_clone()?).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().with_context(|| replica.not_started())?;
        let (sender, events) = mpsc::channel(64);
        if let Some(out) = child.stdout.take() {
            tokio::spawn(read_lines(out, sender.clone()));
        }
        if let Some(err) = child.stderr.take() {
            tokio::spawn(read_lines(err, sender));
        }
        Ok(Self { child, events })
    }

    /// `None` when Litestream has closed its output.
    pub(in crate::cli) async fn next(&mut self) -> Option<FollowerEvent> {
        self.events.recv().await
    }

    /// A Litestream that does not exit after SIGTERM is killed, and may leave an incomplete change in the copy.
    pub(in crate::cli) async fn stop(&mut self) {
        if let Some(pid) = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed())) {
            let _ = kill_process(pid, Signal::TERM);
        }
        if tokio::time::timeout(STOP_TIMEOUT, self.child.wait()).await.is_err() {
            let _ = self.child.kill().await;
        }
    }
}

async fn read_lines(from: impl AsyncRead + Unpin, sender: mpsc::Sender<FollowerEvent>) {
    let mut lines = BufReader::new(from).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        tracing::debug!(event = "STANDBY_LITESTREAM", line, "Litestream: {line}");
        if let Some(event) = parse(&line)
            && sender.send(event).await.is_err()
        {
            return;
        }
    }
}

/// Parses a line of Litestream's log (Go's `key=value` format) or its final error line. Returns `None` for other lines.
fn parse(line: &str) -> Option<FollowerEvent> {
    if line.contains("msg=\"entering follow mode\"") || line.contains("msg=\"resuming follow mode") {
        return Some(FollowerEvent::Following);
    }
    if line.contains("msg=\"follow: applied updates\"") {
        return Some(FollowerEvent::Applied);
    }
    let failed = line.strip_prefix("Error: ");
    let failed = failed.or_else(|| line.split_once("level=ERROR ").map(|(_, rest)| rest));
    failed.map(|text| FollowerEvent::Failed(text.trim().to_owned()))
}

/// Returns true for Litestream's error that it cannot continue the copy.
pub(super) fn cannot_resume(reason: &str) -> bool {
    reason.starts_with("cannot resume follow mode")
}

const STOP_TIMEOUT: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn litestreams_log_is_parsed() {
        let time = "time=2026-11-21T07:39:59.083Z";
        for (line, event) in [
            (
                "level=INFO msg=\"entering follow mode\" db=db.sqlite txid=000000000000009f",
                Some(FollowerEvent::Following),
            ),
            ("level=INFO msg=\"resuming follow mode from crash recovery\" txid=0", Some(FollowerEvent::Following)),
            ("level=INFO msg=\"follow: applied updates\" from_txid=1 to_txid=2", Some(FollowerEvent::Applied)),
            ("level=INFO msg=\"follow mode stopped\" db=db.sqlite", None),
            (
                "level=ERROR msg=\"follow: error applying updates\" err=\"no route\" consecutive_errors=1",
                Some(FollowerEvent::Failed(
                    "msg=\"follow: error applying updates\" err=\"no route\" consecutive_errors=1".into(),
                )),
            ),
        ] {
            assert_eq!(parse(&format!("{time} {line}")), event, "{line}");
        }
        let end = parse("Error: cannot resume follow mode: saved TXID 2 is behind the earliest snapshot");
        assert!(matches!(end, Some(FollowerEvent::Failed(reason)) if cannot_resume(&reason)));
    }
}
