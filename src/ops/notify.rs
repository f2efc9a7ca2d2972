//! What systemd is told. Where nobody listens (`NOTIFY_SOCKET` is not set), nothing is said.

use sd_notify::NotifyState;
use std::time::Duration;

/// The daemon answers.
pub fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// The daemon is about to stop.
pub fn stopping(status: &str) {
    tell(&[NotifyState::Stopping, NotifyState::Status(status)]);
}

/// One line for `systemctl status`.
pub fn status(status: &str) {
    tell(&[NotifyState::Status(status)]);
}

/// The daemon is alive.
pub fn alive() {
    tell(&[NotifyState::Watchdog]);
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
