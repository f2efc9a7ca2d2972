//! `agentlocator serve`: runs the daemon in the foreground.

use super::settings::Settings;
use crate::app::{self, Reloading};
use crate::config::process_env;
use crate::host::systemd_notify;
use crate::http::Listeners;
use crate::runtime::reload::{self, ReloadHandle};
use crate::telemetry;
use anyhow::Context;
use rustix::process::{Resource, getrlimit, setrlimit};
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

pub(super) fn run(settings: Settings) -> anyhow::Result<()> {
    let config = settings.load_for_service()?;
    let log = telemetry::log::start(&config, process_env("JOURNAL_STREAM").as_deref()).context(NO_LOG)?;
    let _flush = log.flush_on_drop();
    if !config.rejected.is_empty() {
        let reasons = config.rejected.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        tracing::error!(
            event = "CONFIG_FALLBACK",
            reasons,
            "The settings are invalid, so the service starts with the last ones that worked; correct them: {reasons}"
        );
    }
    let data_marker = Settings::data_marker_of_service();
    if let Some(Err(missing)) = data_marker.as_ref().map(|marker| marker.check(&config.store)) {
        tracing::error!(event = "DATA_MISSING", "{missing}");
        systemd_notify::status(&missing.to_string());
        return Err(missing.into());
    }
    raise_file_limit();
    let runtime = app::runtime()?;
    let ended = runtime.block_on(async move {
        let listeners = Listeners::open(&config).await.context("cannot listen")?;
        let (reload_handle, reload_requests) = reload::channel();
        let shutdown = stopped(reload_handle.clone())?;
        let last_good = settings.last_good();
        let source = Arc::new(move || settings.load_from_process());
        let reloading = Reloading { source, log, reload_handle, reload_requests, last_good, data_marker };
        Box::pin(app::run(config, listeners, reloading, shutdown)).await
    });
    // The store is already closed, so remaining threads can be abandoned. Dropping the runtime would wait for DNS
    // lookups, which can take more than 10 s if no name server answers. Callers would wait for the restart during this
    // time.
    runtime.shutdown_background();
    ended
}

/// The usual soft limit of 1024 open files is too low for many calls and connections.
fn raise_file_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::debug!(event = "FILE_LIMIT", %error, "Cannot raise the limit on open files; keeping the current one");
    }
}

/// Completes at the first SIGTERM or SIGINT. While the future is polled, SIGHUP requests a reload of the settings.
fn stopped(reload_handle: ReloadHandle) -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for SIGINT")?;
    // By default SIGXFSZ kills a process that exceeds the file size limit. With a handler, the write returns an error
    // instead, as with a full disk.
    let too_large = signal(SignalKind::from_raw(libc::SIGXFSZ)).context("cannot wait for SIGXFSZ")?;
    let mut hang_up = signal(SignalKind::hangup()).context("cannot wait for SIGHUP")?;
    Ok(async move {
        let _too_large = too_large;
        loop {
            tokio::select! {
                _ = terminate.recv() => return,
                _ = interrupt.recv() => return,
                _ = hang_up.recv() => {
                    reload_handle.try_request();
                }
            }
        }
    })
}

/// Error context for a log thread that cannot be started.
pub(super) const NO_LOG: &str = "cannot start the log";
