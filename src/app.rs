//! The composition root: builds the parts, hands each what it needs, and stops them in order.

mod first_run;

use crate::config::Config;
use crate::drive::control::{self, Control};
use crate::http::{self, AppState, Listeners, page_address};
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

    let state = AppState { config: Arc::new(config), store: store.clone(), auth: Arc::default() };
    let (stop, stopping) = watch::channel(false);
    let mut server = tokio::spawn(http::serve(listeners, state, stopping));
    first_run::offer_setup_code(&store, &page).await;
    tracing::info!(event = "STARTED", "Ready");

    shutdown.await;
    tracing::info!(event = "STOPPING", "Stopping: running requests may end");
    let _ = stop.send(true);
    if tokio::time::timeout(REQUESTS_END, &mut server).await.is_err() {
        tracing::warn!(event = "REQUESTS_CUT", "Some requests took too long and were cut");
        server.abort();
    }
    loops.shutdown().await;
    let _ = std::fs::remove_file(socket);
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

/// How long requests may run on after the listeners have closed.
const REQUESTS_END: Duration = Duration::from_secs(3);
