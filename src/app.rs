//! The composition root: builds all components, connects them, and stops them in order.

mod clock_wait;
mod first_run;
mod monitoring;
mod reload;

pub use reload::Source;

use crate::alerting::Alerts;
use crate::backup::Snapshots;
use crate::config::{Config, DataMarker, LastGood, Problem, Reloadable, VersionInfo};
use crate::control::{self, Control, ControlHandler, DaemonInfo};
use crate::crm::inbox::MEDIA_JOB;
use crate::crm::message_clock::MessageClock;
use crate::crm::recording::FETCH_JOB;
use crate::engine::RejectedFields;
use crate::host::disk::DiskMonitor;
use crate::host::instance_challenge::InstanceKey;
use crate::host::memory;
use crate::host::systemd_notify;
use crate::http::{self, AppParts, AppState, BodyBudget, Listeners, Readiness, page_urls};
use crate::maintenance::health_monitor::HealthMonitor;
use crate::maintenance::systemd_status::StatusLine;
use crate::maintenance::{alert_delivery, backfills, housekeeping, nightly_backup, watchdog};
use crate::providers::http_client;
use crate::runtime::calls::{CallServices, Calls};
use crate::runtime::catch_up::{CatchUp, Gap};
use crate::runtime::jobs::JobWorker;
use crate::runtime::media_fetcher::MediaFetcher;
use crate::runtime::outbox::Outbox;
use crate::runtime::recorded_turns::RecordedTurns;
use crate::runtime::reload::{ReloadHandle, ReloadRequests};
use crate::runtime::{ActiveSettings, Clips, recording_compressor, recording_fetcher, stale_calls};
use crate::store::{Priority, Store};
use crate::telemetry::log::Log;
use crate::telemetry::metrics::Metrics;
use crate::tls::Tls;
use crate::{clock, entropy};
use anyhow::Context;
use reload::Reloader;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// What is needed to reload the settings.
pub struct Reloading {
    /// Reads the settings from their sources.
    pub source: Source,
    /// The log: its redacted secrets, and its level.
    pub log: Log,
    /// For components that request a reload.
    pub reload_handle: ReloadHandle,
    /// The requested reloads.
    pub reload_requests: ReloadRequests,
    /// Stores the last valid settings.
    pub last_good: LastGood,
    /// Marks that a database exists.
    pub data_marker: Option<DataMarker>,
}

/// Runs the daemon until `shutdown`, then drains calls and requests, and closes the store.
#[expect(clippy::too_many_lines, reason = "all parts, in the order in which they start")]
pub async fn run(
    config: Config,
    listeners: Listeners,
    reloading: Reloading,
    shutdown: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let (store, config) = open_store(config, reloading.data_marker).await?;
    let pages = page_urls(&config.http, Some(&listeners));
    let page = pages.best.clone();

    let mut loops = JoinSet::new();
    let socket = control::socket_path(&config.store.live_file());
    let identity = InstanceKey::new(entropy::random_bytes());
    let info = daemon_info(&listeners, identity.clone());
    let handler =
        ControlHandler { store: store.clone(), pages: pages.clone(), info, reload_handle: reloading.reload_handle };
    open_control(&mut loops, &socket, handler);

    let metrics = Metrics::start(&config.version);
    loops.spawn(watchdog::run(store.clone(), metrics.clone()));

    let alerts = Alerts::load(store.clone(), alert_delivery::thresholds(&config)).await;
    let client = http_client::build().context("cannot create an HTTP client")?;
    let settings = Reloadable::new(config);
    let disk = DiskMonitor::new(settings.clone());
    let active_settings = Reloadable::new(ActiveSettings::build(settings.current(), &client)?);
    let (services, compressor) = call_services(&active_settings, client, &store, &disk, &alerts);
    let tls = Tls::open(settings.current(), listeners.tls_listeners());
    loops.spawn(tls.clone().run());
    let (stop, stopping) = watch::channel(false);
    let message_clock = MessageClock::default();
    let clock = message_clock.clone();
    store.read(move |tx| clock.assume_stored(tx)).await.context("cannot read the times of messages")?;
    let gap = Gap::default();
    let outbox = Outbox::new(active_settings.clone(), store.clone(), alerts.clone());
    let worker = jobs(&services);
    let calls = Calls::new(services.clone());
    let status = StatusLine { settings: settings.clone(), calls: calls.clone(), outbox: outbox.clone(), page };
    let reloader = Reloader {
        source: reloading.source,
        log: reloading.log,
        store: store.clone(),
        client: services.client.clone(),
        settings: settings.clone(),
        active_settings: active_settings.clone(),
        outbox: outbox.clone(),
        parts: vec![reload::certificates(tls.clone())],
        status: status.clone(),
        last_good: reloading.last_good,
    };
    let backups = Snapshots::new(&settings.current(), services.client.clone());
    let self_check = monitoring::self_check(settings.clone(), &services, &outbox, &tls, &backups).await;
    let state = AppState::from(AppParts {
        active_settings: active_settings.clone(),
        store: store.clone(),
        calls: calls.clone(),
        jobs: worker.handle(),
        message_clock: message_clock.clone(),
        gap: gap.clone(),
        outbox: outbox.clone(),
        replay_cache: Arc::default(),
        auth: Arc::default(),
        bodies: BodyBudget::default(),
        readiness: Arc::new(Readiness::default()),
        disk: disk.clone(),
        alerts: alerts.clone(),
        snapshots: backups.clone(),
        self_check: self_check.clone(),
        metrics,
        identity,
        tls: tls.clone(),
        recorded_turns: RecordedTurns::new(services.clone()),
    });
    loops.spawn(stale_calls::run(calls.clone(), stopping.clone()));
    let background = store.with_priority(Priority::Backfill);
    loops.spawn(housekeeping::run(background.clone(), settings.clone(), disk.clone(), stopping.clone()));
    let monitor = HealthMonitor {
        settings: settings.clone(),
        active_settings: active_settings.clone(),
        store: store.clone(),
        disk,
        outbox: outbox.clone(),
        tls,
        snapshots: backups.clone(),
        jobs: worker.handle(),
        calls: calls.clone(),
        alerts,
    };
    monitoring::start(&mut loops, monitor, self_check, &pages.best, &stopping);
    // The workers stop first; they may finish their work while the calls are drained.
    let (stop_workers, workers_stopping) = watch::channel(false);
    let mut workers = JoinSet::new();
    let catch_up = CatchUp {
        store: store.with_priority(Priority::Job),
        jobs: worker.handle(),
        services: services.clone(),
        clock: message_clock,
        gap,
    };
    workers.spawn(catch_up.run(workers_stopping.clone()));
    workers.spawn(worker.run(workers_stopping.clone()));
    workers.spawn(backfills::run(background, services.compression.clone(), workers_stopping.clone()));
    recording_compressor::start(&mut workers, compressor, &store, &workers_stopping);
    workers.spawn(nightly_backup::run(backups, workers_stopping.clone()));
    workers.spawn(outbox.run(workers_stopping));
    let mut server = tokio::spawn(http::serve(listeners, state, stopping));
    systemd_notify::ready(&status.text());
    loops.spawn(status.clone().run());
    loops.spawn(reloader.run(reloading.reload_requests));
    tracing::info!(event = "STARTED", "Ready");
    first_run::offer_setup_code(&store, &pages).await;

    let ended_early = tokio::select! {
        () = shutdown => None,
        Some(ended) = loops.join_next() => Some(ended),
        Some(ended) = workers.join_next() => Some(ended),
        ended = &mut server => Some(ended),
    };
    Running { calls, status, workers, stop_workers, server, stop, loops }.end().await;
    close(store, &socket).await?;
    match ended_early {
        None => Ok(()),
        // An error exit: the service manager restarts the process with all of its tasks.
        Some(ended) => Err(anyhow::anyhow!("a required task ended: {ended:?}")),
    }
}

/// The last step: no component uses the store any more.
async fn close(store: Store, socket: &Path) -> anyhow::Result<()> {
    let _ = std::fs::remove_file(socket);
    systemd_notify::status("Stopping: closing the database");
    tokio::task::spawn_blocking(move || store.close()).await.context("cannot close the database")?;
    tracing::info!(event = "STOPPED", "Stopped");
    Ok(())
}

/// The running tasks, in the order in which they are stopped.
struct Running {
    calls: Calls,
    status: StatusLine,
    /// The background workers, and the channel that stops them.
    workers: JoinSet<()>,
    stop_workers: watch::Sender<bool>,
    /// The listeners, and the tasks that stop with them.
    server: JoinHandle<()>,
    stop: watch::Sender<bool>,
    loops: JoinSet<()>,
}

impl Running {
    async fn end(mut self) {
        systemd_notify::stopping("Stopping: calls and running requests may end");
        tracing::info!(event = "STOPPING", "Stopping: waiting for calls and requests in progress to end");
        let _ = self.stop_workers.send(true);
        // The listeners stay open meanwhile, because Twilio requests TwiML when a call's stream ends.
        drain(&self.calls, self.workers, self.status).await;
        let _ = self.stop.send(true);
        if !self.server.is_finished() && tokio::time::timeout(REQUESTS_TIMEOUT, &mut self.server).await.is_err() {
            tracing::warn!(event = "REQUESTS_CUT", "Some requests took too long and were aborted");
            self.server.abort();
        }
        self.loops.shutdown().await;
    }
}

/// Opens the database, and merges the settings that are stored in it; waits a moment if the clock is behind.
async fn open_store(config: Config, data_marker: Option<DataMarker>) -> anyhow::Result<(Store, Config)> {
    let store_config = config.store.clone();
    let opening = tokio::task::spawn_blocking(move || Store::open(&store_config));
    let (store, applied) =
        extend_start_timeout_during(OPENING_STATUS, opening).await?.context("cannot open the database")?;
    report_migrations(&applied);
    let (config, problems) = with_stored_settings(config, &store).await?;
    for problem in problems {
        tracing::warn!(event = "CONFIG_STORED", %problem, "A stored setting is invalid and is ignored");
    }
    for warning in config.warnings() {
        tracing::warn!(event = "CONFIG_WARNING", "{warning}");
    }
    if let Some(Err(error)) = data_marker.map(|marker| marker.set(&config.store)) {
        tracing::warn!(event = "DATA_MARKER_FAILED", %error, "Cannot write the data marker: a later start without the database would not be detected");
    }
    clock_wait::wait(&store, &config).await;
    Ok((store, config))
}

/// Waits for blocking work, and extends systemd's start timeout meanwhile.
async fn extend_start_timeout_during<T>(status: &str, mut work: JoinHandle<T>) -> anyhow::Result<T> {
    loop {
        systemd_notify::extend_start_timeout(status, EXTENSION);
        if let Ok(done) = tokio::time::timeout(EXTEND_EVERY, &mut work).await {
            return done.context("a start-up thread failed");
        }
    }
}

/// Opens the control socket for the command line; if that fails, everything else runs.
fn open_control(loops: &mut JoinSet<()>, socket: &Path, handler: ControlHandler) {
    match Control::open(socket, handler) {
        Ok(control) => {
            loops.spawn(control.run());
        }
        Err(error) => {
            tracing::warn!(event = "CONTROL_FAILED", %error, "Cannot open the control socket: the command line cannot reach this daemon");
        }
    }
}

/// Waits for calls and background workers to finish, for a limited time.
async fn drain(calls: &Calls, mut workers: JoinSet<()>, status: StatusLine) {
    let workers_end = async { while workers.join_next().await.is_some() {} };
    tokio::select! {
        _ = async { tokio::join!(calls.drain(CALLS_TIMEOUT), tokio::time::timeout(CALLS_TIMEOUT, workers_end)) } => {}
        () = status.run_while_draining() => {}
    }
}

/// The services of the calls, and the worker that compresses their recordings.
fn call_services(
    active_settings: &Reloadable<ActiveSettings>,
    client: reqwest::Client,
    store: &Store,
    disk: &DiskMonitor,
    alerts: &Alerts,
) -> (CallServices, JobWorker) {
    let compressor = JobWorker::new(store.clone()).one_at_a_time();
    let services = CallServices {
        active_settings: active_settings.clone(),
        clips: Arc::new(Clips::shipped()),
        client,
        store: store.clone(),
        disk: disk.clone(),
        compression: compressor.handle(),
        alerts: alerts.clone(),
        rejected: RejectedFields::default(),
    };
    (services, compressor)
}

/// Registers the handlers of the background jobs.
fn jobs(services: &CallServices) -> JobWorker {
    let store = services.store.with_priority(Priority::Job);
    let recordings_of = services.clone();
    let worker =
        JobWorker::new(store.clone()).on(FETCH_JOB, move |job| recording_fetcher::fetch(recordings_of.clone(), job));
    let fetcher = MediaFetcher::new(services.active_settings.clone(), store, services.disk.clone());
    worker.on(MEDIA_JOB, move |job| fetcher.clone().fetch(job))
}

/// What the command line may query about this daemon.
fn daemon_info(listeners: &Listeners, identity: InstanceKey) -> DaemonInfo {
    DaemonInfo {
        release: env!("CARGO_PKG_VERSION").to_owned(),
        build: VersionInfo::default(),
        pid: std::process::id(),
        started_at: clock::now(),
        doors: listeners
            .public
            .iter()
            .chain(&listeners.http)
            .filter_map(|listener| listener.local_addr().ok())
            .collect(),
        identity,
    }
}

/// Builds the runtime: single-threaded if the process has one core, else with one thread per core.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    memory::return_large_allocations();
    let one_core = std::thread::available_parallelism().is_ok_and(|cores| cores.get() == 1);
    let mut builder = if one_core {
        tokio::runtime::Builder::new_current_thread()
    } else {
        tokio::runtime::Builder::new_multi_thread()
    };
    let runtime = builder.enable_all().build()?;
    runtime.spawn(memory::return_freed_memory());
    Ok(runtime)
}

/// Prints one plain line per migration to stdout, for programs that watch a start.
pub(crate) fn report_migrations(applied: &[String]) {
    let mut out = std::io::stdout().lock();
    for name in applied {
        // stdout may be closed.
        let _ = writeln!(out, "Applied migration: {name}");
    }
    let _ = out.flush();
}

/// Merges the settings that are stored in the database; invalid ones are ignored.
async fn with_stored_settings(config: Config, store: &Store) -> anyhow::Result<(Config, Vec<Problem>)> {
    let stored = store.read(|tx| tx.stored_settings()).await.context("cannot read the stored settings")?;
    Ok(config.with_stored(&stored))
}

/// How long calls may continue.
const CALLS_TIMEOUT: Duration = Duration::from_secs(8);

/// How long requests may run after the listeners have closed.
const REQUESTS_TIMEOUT: Duration = Duration::from_secs(3);

/// The systemd status until the database is open; the package matches its beginning.
const OPENING_STATUS: &str = "Bringing the database up to date";

/// How often systemd's start timeout is extended; it is then valid for this long.
const EXTEND_EVERY: Duration = Duration::from_secs(5);
const EXTENSION: Duration = Duration::from_mins(1);
