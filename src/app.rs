//! The composition root: builds the parts, hands each what it needs, and stops them in order.

mod first_run;

use crate::config::{Config, WhatsAppConfig};
use crate::crm::inbox::{MEDIA_JOB, STATUS_JOB};
use crate::crm::recording::FETCH_JOB;
use crate::drive::calls::{CallParts, Calls};
use crate::drive::control::{self, Control};
use crate::drive::fallback::Fallback;
use crate::drive::jobs::JobWorker;
use crate::drive::message_files::{FileFetcher, public_files};
use crate::drive::outbox::Outbox;
use crate::drive::{Clips, Prompts, heartbeat, housekeeping, message_news, recordings, sweep};
use crate::http::{self, AppState, Listeners, Readiness, page_address};
use crate::inbox::pace::Pace;
use crate::ops::metrics::Metrics;
use crate::ops::notify;
use crate::providers::baileys::bridge::Bridge;
use crate::providers::http_client;
use crate::store::Store;
use anyhow::Context;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Runs the daemon until `shutdown`, then lets what runs end, and closes the store.
pub async fn run(config: Config, listeners: Listeners, shutdown: impl Future<Output = ()>) -> anyhow::Result<()> {
    let (store, applied) = Store::open(&config.store).context("cannot open the database")?;
    report_migrations(&applied);
    let config = with_stored_settings(config, &store).await?;
    let page = page_address(&config.http, Some(&listeners));

    let mut loops = JoinSet::new();
    let socket = control::socket_path(&config.store.live_file());
    match Control::open(&socket, store.clone(), page.clone()) {
        Ok(control) => {
            loops.spawn(control.run());
        }
        Err(error) => tracing::warn!(event = "CONTROL_FAILED", %error, "The command line cannot reach this daemon"),
    }

    let metrics = Metrics::start();
    loops.spawn(heartbeat::run(store.clone(), metrics.clone()));

    let parts = CallParts {
        prompts: Arc::new(Prompts::load(&config)?),
        clips: Arc::new(Clips::shipped()),
        client: http_client::build().context("cannot make an HTTP client")?,
        config: Arc::new(config),
        store: store.clone(),
    };
    let (stop, stopping) = watch::channel(false);
    let files = public_files(&parts.config).context("cannot make an HTTP client")?;
    let outbox = Outbox::new(&parts.config, store.clone(), parts.client.clone(), files.clone());
    let worker = whatsapp_jobs(JobWorker::new(store.clone()), &parts)?;
    let worker = worker.on(FETCH_JOB, {
        let parts = parts.clone();
        move |job| recordings::fetch(parts.clone(), job)
    });
    let calls = Calls::new(parts.clone());
    let bridge = parts.config.whatsapp.baileys_enabled().then(|| Bridge::new(parts.client.clone(), &parts.config));
    let state = AppState {
        config: parts.config.clone(),
        store: store.clone(),
        calls: calls.clone(),
        jobs: worker.handle(),
        outbox: outbox.clone(),
        bridge: bridge.clone(),
        files,
        auth: Arc::default(),
        readiness: Arc::new(Readiness::new(bridge)),
        metrics,
        prompts: parts.prompts.clone(),
        fallback: Fallback::new(parts.clone()),
    };
    loops.spawn(sweep::run(calls.clone(), stopping.clone()));
    loops.spawn(housekeeping::run(store.clone(), stopping.clone()));
    // What works behind the doors stops first, and may end what it does while the calls do.
    let (rest, resting) = watch::channel(false);
    let mut workers = JoinSet::new();
    workers.spawn(worker.run(resting.clone()));
    workers.spawn(outbox.run(pace(&parts.config), resting));
    let mut server = tokio::spawn(http::serve(listeners, state, stopping));
    notify::ready(&format!("Answering, the page is at {page}"));
    tracing::info!(event = "STARTED", "Ready");
    first_run::offer_setup_code(&store, &page).await;

    let broken = tokio::select! {
        () = shutdown => None,
        Some(ended) = loops.join_next() => Some(ended),
        Some(ended) = workers.join_next() => Some(ended),
        ended = &mut server => Some(ended),
    };
    notify::stopping("Letting calls and running requests end");
    tracing::info!(event = "STOPPING", "Stopping: calls and running requests may end");
    let _ = rest.send(true);
    // Twilio asks what follows a call's stream, so the doors stay open meanwhile.
    let workers_end = async { while workers.join_next().await.is_some() {} };
    let _ = tokio::join!(calls.drain(CALLS_END), tokio::time::timeout(CALLS_END, workers_end));
    let _ = stop.send(true);
    if !server.is_finished() && tokio::time::timeout(REQUESTS_END, &mut server).await.is_err() {
        tracing::warn!(event = "REQUESTS_CUT", "Some requests took too long and were cut");
        server.abort();
    }
    loops.shutdown().await;
    let _ = std::fs::remove_file(socket);
    tokio::task::spawn_blocking(move || store.close()).await.context("cannot close the database")?;
    tracing::info!(event = "STOPPED", "Stopped");
    match broken {
        None => Ok(()),
        // Whoever started us starts us again, and then with all of our parts.
        Some(ended) => Err(anyhow::anyhow!("a part that must run ended: {ended:?}")),
    }
}

/// Says how the work is done that webhooks of WhatsApp leave for later.
fn whatsapp_jobs(worker: JobWorker, parts: &CallParts) -> anyhow::Result<JobWorker> {
    let fetcher = FileFetcher::new(&parts.config, parts.store.clone(), parts.client.clone());
    let (fetcher, store) = (fetcher.context("cannot make an HTTP client")?, parts.store.clone());
    let worker = worker.on(MEDIA_JOB, move |job| fetcher.clone().fetch(job));
    Ok(worker.on(STATUS_JOB, move |job| message_news::hear_again(store.clone(), job)))
}

/// The bridge's pace, unless it is switched off.
fn pace(config: &Config) -> Option<Pace> {
    let WhatsAppConfig { pacing, per_minute, new_chats_per_day, .. } = config.whatsapp;
    pacing.then_some(Pace { per_minute, new_chats_per_day })
}

/// The runtime: one thread where the process has one core, else one for each.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    let one_core = std::thread::available_parallelism().is_ok_and(|cores| cores.get() == 1);
    let mut builder = if one_core {
        tokio::runtime::Builder::new_current_thread()
    } else {
        tokio::runtime::Builder::new_multi_thread()
    };
    builder.enable_all().build()
}

/// One plain line on stdout for each migration: what watches a start reads them there.
pub(crate) fn report_migrations(applied: &[String]) {
    let mut out = std::io::stdout().lock();
    for name in applied {
        // Nobody need be listening.
        let _ = writeln!(out, "Applied migration: {name}");
    }
    let _ = out.flush();
}

/// Lays what the page keeps in the database under the settings, and tells what is odd about them.
async fn with_stored_settings(config: Config, store: &Store) -> anyhow::Result<Config> {
    let stored = store.read(|tx| tx.stored_settings()).await.context("cannot read the stored settings")?;
    let (config, problems) = config.with_stored(&stored);
    for problem in problems {
        tracing::warn!(event = "CONFIG_STORED", %problem, "A stored setting is left out");
    }
    for warning in config.warnings() {
        tracing::warn!(event = "CONFIG_WARNING", "{warning}");
    }
    Ok(config)
}

/// How long calls may go on.
const CALLS_END: Duration = Duration::from_secs(8);

/// How long requests may run on after the listeners have closed.
const REQUESTS_END: Duration = Duration::from_secs(3);
