//! Notifications to systemd. Without the environment variable `NOTIFY_SOCKET`, they have no effect.

use crate::config::process_env;
use sd_notify::NotifyState;
use std::time::Duration;

pub fn ready(status: &str) {
    send(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// [`ready`] ends the reload.
pub fn reloading(status: &str) {
    // Only a unit of `Type=notify-reload` requires the timestamp. The unit of the package has `Type=notify`, for which
    // systemd accepts the timestamp too.
    match NotifyState::monotonic_usec_now() {
        Ok(now) => send(&[NotifyState::Reloading, now, NotifyState::Status(status)]),
        Err(error) => {
            tracing::debug!(event = "NOTIFY_FAILED", %error, "systemd is not notified that the settings are reloaded, because the monotonic clock cannot be read");
        }
    }
}

pub fn stopping(status: &str) {
    send(&[NotifyState::Stopping, NotifyState::Status(status)]);
}

/// Sets the status line of `systemctl status`.
pub fn status(status: &str) {
    send(&[NotifyState::Status(status)]);
}

/// Extends the start timeout by `span` from now.
pub fn extend_start_timeout(status: &str, span: Duration) {
    let micros = u32::try_from(span.as_micros()).unwrap_or(u32::MAX);
    send(&[NotifyState::Status(status), NotifyState::ExtendTimeoutUsec(micros)]);
}

pub fn feed_watchdog() {
    send(&[NotifyState::Watchdog]);
}

pub fn is_available() -> bool {
    process_env("NOTIFY_SOCKET").is_some()
}

/// `None` if the watchdog is off.
pub fn watchdog_interval() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

fn send(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        let listed = states.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        tracing::debug!(event = "NOTIFY_FAILED", %error, "Cannot send the notification {listed} to systemd");
    }
}
