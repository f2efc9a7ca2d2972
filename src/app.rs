//! The composition root: builds the parts, hands each what it needs, and stops them in order.

use crate::config::Config;
use crate::http::{self, AppState, Listeners};
use crate::store::Store;
use anyhow::Context;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Runs the daemon until `shutdown`, then lets what runs end, and closes the store.
pub async fn run(config: Config, listeners: Listeners, shutdown: impl Future<Output = ()>) -> anyhow::Result<()> {
    let (store, applied) = Store::open(&config.store).context("cannot open the database")?;
    report_migrations(&applied);
    let state = AppState { config: Arc::new(config), store: store.clone() };

    let (stop, stopping) = watch::channel(false);
    let mut server = tokio::spawn(http::serve(listeners, state, stopping));
    tracing::info!(event = "STARTED", "Ready");

    shutdown.await;
    tracing::info!(event = "STOPPING", "Stopping: running requests may end");
    let _ = stop.send(true);
    if tokio::time::timeout(REQUESTS_END, &mut server).await.is_err() {
        tracing::warn!(event = "REQUESTS_CUT", "Some requests took too long and were cut");
        server.abort();
    }
    tokio::task::spawn_blocking(move || store.close()).await.context("cannot close the database")?;
    tracing::info!(event = "STOPPED", "Stopped");
    Ok(())
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

/// How long requests may run on after the listeners have closed.
const REQUESTS_END: Duration = Duration::from_secs(3);
