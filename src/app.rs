//! The composition root: builds all services, starts the daemon's tasks, and stops them in order.

mod clock_wait;
mod first_run;
mod lifecycle;
mod reload;
mod services;
mod startup;

pub use reload::Reloading;
pub(crate) use startup::report_migrations;

use crate::config::{Config, Reloadable, VersionInfo};
use crate::control::{self, Control, ControlHandler, DaemonInfo};
use crate::host::instance_challenge::InstanceKey;
use crate::host::memory;
use crate::host::systemd_notify;
use crate::http::{Listeners, PageListeners, page_urls};
use crate::maintenance::watchdog;
use crate::runtime::restart::RestartHandle;
use crate::store::Store;
use crate::telemetry::metrics::Metrics;
use crate::{clock, entropy};
use anyhow::Context;
use lifecycle::Tasks;
use services::Services;
use std::path::Path;
use std::time::Duration;

/// Runs the daemon until `shutdown`, a requested restart, or the early end of a task, which is an error.
pub async fn run(
    config: Config,
    mut listeners: Listeners,
    reloading: Reloading,
    shutdown: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let had_tls = config.tls.is_configured();
    let (store, config) = startup::open_store(config, reloading.data_marker.clone()).await?;
    if !had_tls && config.tls.is_configured() {
        listeners.open_web(&config).await;
    }
    let mut tasks = Tasks::default();

    // Starts first the parts that must respond while the daemon starts: the control socket and systemd's watchdog.
    let pages = Reloadable::new(page_urls(&config.http, Some(PageListeners::of(&listeners))));
    let identity = InstanceKey::new(entropy::random_bytes());
    let socket = control::socket_path(&config.store.live_file());
    let info = daemon_info(&listeners, identity.clone());
    let reload_handle = reloading.reload_handle.clone();
    open_control(
        &mut tasks,
        &socket,
        ControlHandler { store: store.clone(), pages: pages.clone(), info, reload_handle },
    );
    let metrics = Metrics::start(&config.version);
    tasks.upkeep.spawn("watchdog", watchdog::run(store.clone(), metrics.clone()));

    let services = Services::build(config, store.clone(), &listeners, &pages).await?;
    let restart = RestartHandle::default();
    services.start(&mut tasks, listeners, reloading, restart.clone(), (metrics, identity));
    systemd_notify::ready(&services.status.text());
    tracing::info!(event = "STARTED", "The daemon is ready");
    first_run::offer_setup_code(&store, &pages.current()).await;

    let ended_early = tokio::select! {
        () = shutdown => None,
        () = restart.requested() => None,
        what = tasks.ended_early() => Some(what),
    };
    tasks.stop(&services.calls, &services.snapshots, services.status.clone()).await;
    services.flush_input_logs().await;
    drop(services);
    close(store, &socket).await?;
    match ended_early {
        None => Ok(()),
        // Exits with an error, so that the service manager restarts the process.
        Some(what) => Err(anyhow::anyhow!("a required task is over: {what}")),
    }
}

/// The last step: no component uses the store any more.
async fn close(store: Store, socket: &Path) -> anyhow::Result<()> {
    let _ = std::fs::remove_file(socket);
    systemd_notify::status("Stopping: closing the database");
    tokio::task::spawn_blocking(move || store.close()).await.context("cannot close the database")?;
    tracing::info!(event = "STOPPED", "The daemon has stopped");
    Ok(())
}

/// If the socket cannot be opened, the daemon runs without it.
fn open_control(tasks: &mut Tasks, socket: &Path, handler: ControlHandler) {
    match Control::open(socket, handler) {
        Ok(control) => {
            tasks.upkeep.spawn("control socket", control.run());
        }
        Err(error) => {
            tracing::warn!(event = "CONTROL_FAILED", %error, "Cannot open the control socket {}; the command line cannot reach this daemon until it is restarted", socket.display());
        }
    }
}

fn daemon_info(listeners: &Listeners, identity: InstanceKey) -> DaemonInfo {
    DaemonInfo {
        release: env!("CARGO_PKG_VERSION").to_owned(),
        build: VersionInfo::default(),
        pid: std::process::id(),
        started_at: clock::now(),
        listeners: listeners
            .public
            .iter()
            .chain(&listeners.http)
            .filter_map(|listener| listener.local_addr().ok())
            .collect(),
        identity,
    }
}

pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    memory::limit_kept_memory();
    let one_core = std::thread::available_parallelism().is_ok_and(|cores| cores.get() == 1);
    let mut builder = if one_core {
        tokio::runtime::Builder::new_current_thread()
    } else {
        tokio::runtime::Builder::new_multi_thread()
    };
    // An idle thread keeps up to 256 KiB of freed memory, which is returned to the system only when the thread ends.
    let runtime = builder.enable_all().thread_keep_alive(IDLE_THREAD_LIFE).build()?;
    runtime.spawn(memory::return_freed_memory());
    Ok(runtime)
}

/// How long an idle thread for blocking work is kept. Starting a new thread takes some tens of microseconds.
const IDLE_THREAD_LIFE: Duration = Duration::from_secs(2);
