//! The wait for a signal that ends a command, so that the command can clean up.

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

/// Returns a future that completes on SIGINT, SIGTERM or SIGHUP. After this function has returned, these signals do not
/// end the process.
pub(super) fn interrupted() -> anyhow::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    let mut hang_up = signal(SignalKind::hangup()).context("cannot wait for SIGHUP")?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
    })
}
