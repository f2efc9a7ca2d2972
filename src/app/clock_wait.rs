//! Delays the start while the machine's clock is behind, so that a time server can correct it.

use crate::clock;
use crate::config::Config;
use crate::domain::Language;
use crate::host::clock_floor::{ClockFloor, is_synchronised};
use crate::host::systemd_notify;
use crate::messages;
use crate::store::Store;
use std::time::Duration;

/// Waits until the clock is plausible, for less than the 15 seconds after which Twilio aborts a webhook. Meanwhile,
/// systemd's sockets queue new connections. A daemon that systemd did not start does not wait.
pub(super) async fn wait(store: &Store, config: &Config) {
    let newest_entry = store.read(|tx| tx.newest_activity()).await.ok().flatten();
    let floor = ClockFloor { built: config.version.build_time.parse().ok(), newest_entry };
    let Some(behind) = floor.check(clock::now(), is_synchronised()) else { return };
    let started = clock::instant();
    if systemd_notify::is_available() {
        while floor.check(clock::now(), is_synchronised()).is_some()
            && clock::instant().duration_since(started) < MAX_WAIT
        {
            systemd_notify::extend_start_timeout("Waiting for time synchronisation: the clock is behind", EXTENSION);
            tokio::time::sleep(CHECK_INTERVAL).await;
        }
    }
    let now = clock::now();
    if floor.check(now, is_synchronised()).is_some() {
        let reason = messages::text(Language::English, &behind.notice(now));
        tracing::warn!(
            event = "CLOCK_BEHIND",
            reason,
            "The clock appears to be behind, and the service starts nevertheless: until the clock is corrected, times of calls and messages may be wrong. {reason}"
        );
    } else {
        tracing::info!(
            event = "CLOCK_SET",
            "The clock appeared to be behind; the start continues, because the clock has been corrected or a time server has confirmed it"
        );
    }
}

const MAX_WAIT: Duration = Duration::from_secs(10);
const CHECK_INTERVAL: Duration = Duration::from_millis(250);
const EXTENSION: Duration = Duration::from_secs(30);
