//! What systemd is told. Where nobody listens (`NOTIFY_SOCKET` is not set), nothing is said.

use crate::config::process_env;
use sd_notify::NotifyState;
use std::time::Duration;

/// The daemon answers.
pub fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// The daemon reads its settings again; [`ready`] says that it is done.
pub fn reloading(status: &str) {
    // Without the time systemd takes no notice of a reload.
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now, NotifyState::Status(status)]),
        Err(error) => tracing::debug!(event = "NOTIFY_FAILED", %error, "systemd cannot be told"),
    }
}

/// The daemon is about to stop.
pub fn stopping(status: &str) {
    tell(&[NotifyState::Stopping, NotifyState::Status(status)]);
}

/// One line for `systemctl status`.
pub fn status(status: &str) {
    tell(&[NotifyState::Status(status)]);
}

/// The start takes its time: systemd is not to give up before another `span`.
pub fn working(status: &str, span: Duration) {
    let micros = u32::try_from(span.as_micros()).unwrap_or(u32::MAX);
    tell(&[NotifyState::Status(status), NotifyState::ExtendTimeoutUsec(micros)]);
}

/// The daemon is alive.
pub fn alive() {
    tell(&[NotifyState::Watchdog]);
}

/// Whether anybody is told.
pub fn is_listening() -> bool {
    process_env("NOTIFY_SOCKET").is_some()
}

/// How long systemd waits for a sign of life; none if it does not.
pub fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(event = "NOTIFY_FAILED", %error, "systemd cannot be told");
    }
}
