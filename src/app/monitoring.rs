//! Starts the health monitor, the self-check and the alerts.

use crate::backup::{BackupStatus, Snapshots};
use crate::config::Reloadable;
use crate::domain::{CheckResult, Timestamp};
use crate::maintenance::health_monitor::{HealthMonitor, backup_problem, certificate_problem};
use crate::maintenance::self_check::{Check, Parts, SelfChecker};
use crate::maintenance::{alert_delivery, update_check};
use crate::runtime::calls::CallServices;
use crate::runtime::outbox::Outbox;
use crate::tls::{Tls, TlsHealth, TlsStatus};
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Builds the nightly self-check.
pub(super) async fn self_check(
    settings: Reloadable,
    parts: &CallServices,
    outbox: &Outbox,
    tls: &Tls,
    snapshots: &Snapshots,
) -> SelfChecker {
    let snapshots = snapshots.clone();
    let backup: Check = Arc::new(move |now| backup(&snapshots, now));
    let tls = tls.clone();
    let certificate: Check = Arc::new(move |_| certificate(&tls.status()));
    SelfChecker::new(Parts {
        settings,
        store: parts.store.clone(),
        disk: parts.disk.clone(),
        outbox: outbox.clone(),
        client: parts.client.clone(),
        alerts: parts.alerts.clone(),
        checks: vec![certificate, backup],
    })
    .await
}

/// Starts all of them. `page` is the address of the web page.
pub(super) fn start(
    loops: &mut JoinSet<()>,
    monitor: HealthMonitor,
    self_check: SelfChecker,
    page: &str,
    stopping: &watch::Receiver<bool>,
) {
    loops.spawn(self_check.run(stopping.clone()));
    let HealthMonitor { alerts, settings, outbox, store, .. } = &monitor;
    let (alerts, settings, outbox, store) = (alerts.clone(), settings.clone(), outbox.clone(), store.clone());
    let (page, until) = (page.to_owned(), stopping.clone());
    loops.spawn(update_check::run(store.clone(), settings.clone(), stopping.clone()));
    loops.spawn(async move {
        let mut changes = settings.changes();
        while !*until.borrow() {
            let config = changes.borrow_and_update().clone();
            let sending =
                alert_delivery::run(alerts.clone(), config, page.clone(), outbox.clone(), store.clone(), until.clone());
            // A notification that a change of settings interrupts is still due, and is sent with the new settings.
            tokio::select! {
                () = sending => {}
                known = changes.changed() => if known.is_err() { return },
            }
        }
    });
    loops.spawn(monitor.run(stopping.clone()));
}

/// The self-check's finding about the certificate.
fn certificate(status: &TlsStatus) -> CheckResult {
    match (certificate_problem(status), status.not_after) {
        (Some(problem), _) => CheckResult::error("certificate", problem.en, "run `agentlocator doctor`"),
        (None, Some(end)) if status.health == TlsHealth::Ok => {
            CheckResult::ok("certificate", format!("valid until {end}"))
        }
        (None, _) => CheckResult::skipped("certificate", "no certificate is configured"),
    }
}

/// The self-check's finding about the snapshots.
fn backup(snapshots: &Snapshots, now: Timestamp) -> CheckResult {
    match (backup_problem(snapshots, now), snapshots.backup_status(now)) {
        (Some(problem), _) => CheckResult::error("backup", problem.en, "run `agentlocator doctor`"),
        (None, BackupStatus::Off) => CheckResult::skipped("backup", "switched off"),
        (None, BackupStatus::Pending) => CheckResult::skipped("backup", "no nightly snapshot was due yet"),
        (None, BackupStatus::Good | BackupStatus::Bad) => CheckResult::ok("backup", "the last snapshot is good"),
    }
}
