//! Opens the database, and adds the settings that are stored in it.

use super::clock_wait;
use crate::config::{Config, DataMarker, Problem};
use crate::domain::BusinessId;
use crate::host::systemd_notify;
use crate::store::Store;
use anyhow::Context;
use std::io::Write;
use std::time::Duration;
use tokio::task::JoinHandle;

/// Also waits for a limited time if the clock is behind.
pub(super) async fn open_store(config: Config, data_marker: Option<DataMarker>) -> anyhow::Result<(Store, Config)> {
    let store_config = config.store.clone();
    let opening = tokio::task::spawn_blocking(move || Store::open(&store_config));
    let (store, applied) =
        extend_start_timeout_during(OPENING_STATUS, opening).await?.context("cannot open the database")?;
    report_migrations(&applied);
    let (config, problems) = with_stored_settings(config, &store).await?;
    for problem in problems {
        tracing::warn!(event = "CONFIG_STORED", %problem, "A setting that is stored in the database is invalid and is ignored; set it again on the settings page: {problem}");
    }
    for warning in config.english_warnings() {
        tracing::warn!(event = "CONFIG_WARNING", "{warning}");
    }
    if let Some(marker) = data_marker
        && let Err(error) = marker.set(&config.store)
    {
        let file = marker.file().display();
        tracing::warn!(event = "DATA_MARKER_FAILED", %file, %error, "Cannot write the marker file {file}, which records that this service has data; if the data is missing at a later start, the daemon creates an empty database instead of stopping with an error");
    }
    clock_wait::wait(&store, &config).await;
    Ok((store, config))
}

async fn extend_start_timeout_during<T>(status: &str, mut work: JoinHandle<T>) -> anyhow::Result<T> {
    loop {
        systemd_notify::extend_start_timeout(status, EXTENSION);
        if let Ok(done) = tokio::time::timeout(EXTEND_EVERY, &mut work).await {
            return done.context("a start-up thread failed");
        }
    }
}

/// Prints one plain line per migration to stdout, for programs that watch a start.
pub(crate) fn report_migrations(applied: &[String]) {
    let mut out = std::io::stdout().lock();
    for name in applied {
        // Fails if stdout is closed, which is ignored.
        let _ = writeln!(out, "Applied migration: {name}");
    }
    let _ = out.flush();
}

/// Invalid stored settings are ignored, and returned as problems.
pub(super) async fn with_stored_settings(config: Config, store: &Store) -> anyhow::Result<(Config, Vec<Problem>)> {
    let stored = store.read(|tx| tx.stored_settings()).await.context("cannot read the stored settings")?;
    Ok(config.with_stored(&stored))
}

/// Returns the greeting that was set on the web page; `None` if none was set or it cannot be read.
pub(super) async fn stored_greeting(store: &Store) -> Option<Vec<u8>> {
    store.read(|tx| tx.current_greeting(BusinessId::FIRST)).await.unwrap_or_else(|error| {
        tracing::error!(event = "GREETING_UNREADABLE", %error, "Cannot read the greeting from the database; callers hear the default greeting, unless voice.greeting_file is set, until the settings are reloaded or the daemon is restarted");
        None
    })
}

/// The systemd status until the database is open. The package's scripts match the beginning of this text.
const OPENING_STATUS: &str = "Bringing the database up to date";

const EXTEND_EVERY: Duration = Duration::from_secs(5);
const EXTENSION: Duration = Duration::from_mins(1);
