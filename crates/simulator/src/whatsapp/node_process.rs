//! A child process of Node.js that exits when this process exits.

use super::HarnessError;
use crate::clock;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::Notify;

/// A child process of Node.js. The child exits when its standard input, a pipe from this process, closes. Therefore the
/// child also exits if this process is killed.
pub(super) struct NodeProcess {
    what: &'static str,
    child: Child,
    _lifeline: Option<ChildStdin>,
    output: OutputLines,
}

/// How the process ends when its [`NodeProcess`] is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnDrop {
    /// The process is killed.
    Kill,
    /// The process removes its files and exits, because its standard input closes.
    CloseInput,
}

/// The lines that processes print. Clones share the lines.
#[derive(Clone, Default)]
pub(super) struct OutputLines {
    shared: Arc<(Mutex<Vec<String>>, Notify)>,
}

impl NodeProcess {
    /// Starts `node` with these arguments and this environment. The printed lines are added to `output`.
    pub(super) fn start(
        what: &'static str,
        node: &Path,
        arguments: &[&Path],
        environment: &[(&'static str, String)],
        output: &OutputLines,
        on_drop: OnDrop,
    ) -> Result<Self, HarnessError> {
        let mut command = Command::new(node);
        command
            .args(arguments)
            .env_clear()
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C must reach only this program, which then stops the process in an orderly way.
            .process_group(0)
            .kill_on_drop(on_drop == OnDrop::Kill);
        let mut child = command.spawn().map_err(|error| HarnessError::NotStarted { what, error })?;
        output.follow(child.stdout.take());
        output.follow(child.stderr.take());
        Ok(Self { what, _lifeline: child.stdin.take(), child, output: output.clone() })
    }

    /// Waits for a printed line with an index of at least `first` for which `found` returns a value.
    pub(super) async fn wait_for_line<T>(
        &mut self,
        first: usize,
        found: impl Fn(&str) -> Option<T>,
    ) -> Result<T, HarnessError> {
        let deadline = clock::instant() + STARTUP_TIMEOUT;
        loop {
            let changed = self.output.shared.1.notified();
            let ended = matches!(self.child.try_wait(), Ok(Some(_)));
            if let Some(found) = self.output.lines().iter().skip(first).find_map(|line| found(line)) {
                return Ok(found);
            }
            if ended || clock::instant() > deadline {
                let output = self.output.lines().into_iter().skip(first).collect::<Vec<_>>().join("\n");
                return Err(HarnessError::NotReady { what: self.what, output });
            }
            let _ = tokio::time::timeout(POLL_INTERVAL, changed).await;
        }
    }

    /// Returns the process id; `None` after a wait has found that the process has ended.
    pub(super) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Kills the process with SIGKILL, like a power loss, and waits until it has ended.
    pub(super) async fn kill(mut self) {
        let _ = self.child.kill().await;
    }

    /// Asks the process to exit, and waits. Kills it after ten seconds, and then returns `None`.
    pub(super) async fn stop(mut self) -> Option<ExitStatus> {
        let pid = self.child.id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed()));
        if let Some(pid) = pid {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        if let Ok(status) = tokio::time::timeout(STOP_TIMEOUT, self.child.wait()).await {
            return status.ok();
        }
        self.kill().await;
        None
    }
}

impl OutputLines {
    pub(super) fn lines(&self) -> Vec<String> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn follow(&self, stream: Option<impl AsyncRead + Unpin + Send + 'static>) {
        let Some(stream) = stream else { return };
        let lines = self.clone();
        tokio::spawn(async move {
            let mut reader = BufReader::new(stream).lines();
            while let Ok(Some(line)) = reader.next_line().await {
                lines.shared.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
                lines.shared.1.notify_waiters();
            }
        });
    }
}

/// On a busy machine, Node.js needs some seconds until it prints its first line.
const STARTUP_TIMEOUT: Duration = Duration::from_secs(30);
const POLL_INTERVAL: Duration = Duration::from_millis(100);
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
