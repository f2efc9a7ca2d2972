//! The checks of the self-check, except those of the AI services.

use crate::alerting::Alerts;
use crate::backup::{BackupStatus, Snapshots};
use crate::clock;
use crate::domain::{CheckResult, CheckStatus, Found, FoundText, Remedy, Timestamp};
use crate::host::disk::DiskMonitor;
use crate::maintenance::health_monitor::{backup_problem, certificate_problem};
use crate::runtime::outbox::Outbox;
use crate::runtime::{RejectedFields, Settings};
use crate::store::{CopyCheck, Error, Store};
use crate::tls::{Tls, TlsHealth, TlsStatus};
use std::time::Duration;

pub struct SelfCheckServices {
    pub settings: Settings,
    pub store: Store,
    pub disk: DiskMonitor,
    pub outbox: Outbox,
    pub client: reqwest::Client,
    pub alerts: Alerts,
    pub tls: Tls,
    pub snapshots: Snapshots,
    /// The fields of `session.update` that the AI server rejects.
    pub rejected: RejectedFields,
}

pub(super) async fn all(services: &SelfCheckServices) -> Vec<CheckResult> {
    vec![
        database(services).await,
        published_copy(services).await,
        disk(services),
        outbox(services).await,
        jobs(services).await,
        bridge(services),
    ]
}

pub(super) fn certificate(status: &TlsStatus) -> CheckResult {
    match (certificate_problem(status), status.not_after) {
        (Some(problem), _) => problem_found("certificate", problem),
        (None, Some(end)) if status.health == TlsHealth::Ok => {
            CheckResult::ok("certificate", Found::CertificateValid { end })
        }
        (None, _) => CheckResult::skipped("certificate", Found::CertificateUnset),
    }
}

pub(super) fn backup(snapshots: &Snapshots, now: Timestamp) -> CheckResult {
    match (backup_problem(snapshots, now), snapshots.status(now)) {
        (Some(problem), _) => problem_found("backup", problem),
        (None, BackupStatus::Off) => CheckResult::skipped("backup", Found::BackupOff),
        (None, BackupStatus::Pending) => CheckResult::skipped("backup", Found::BackupPending),
        (None, BackupStatus::Good | BackupStatus::Bad) => CheckResult::ok("backup", Found::BackupGood),
    }
}

fn problem_found(check: &str, problem: impl Into<FoundText>) -> CheckResult {
    CheckResult::error(check, problem, Remedy::Doctor)
}

async fn database(services: &SelfCheckServices) -> CheckResult {
    let began = clock::instant();
    match services.store.check_integrity().await {
        Ok(None) => {
            let took_ms = clock::instant().duration_since(began).as_millis();
            let took_ms = u64::try_from(took_ms).unwrap_or(u64::MAX);
            CheckResult::ok("database", Found::DatabaseIntact { took_ms })
        }
        Ok(Some(findings)) => {
            CheckResult::error("database", Found::DatabaseDamaged { reason: findings }, Remedy::Restore)
        }
        Err(error) => unknown("database", &error),
    }
}

async fn published_copy(services: &SelfCheckServices) -> CheckResult {
    let problem = match services.store.check_published().await {
        Ok(CopyCheck::Equal) => return CheckResult::ok("published_copy", Found::CopyEqual),
        Ok(CopyCheck::Off) => return CheckResult::skipped("published_copy", Found::CopyOff),
        Ok(CopyCheck::Behind) => Found::CopyBehind,
        Ok(CopyCheck::Foreign) => Found::CopyForeign,
        Ok(CopyCheck::Frozen) => Found::CopyFrozen,
        Ok(CopyCheck::Differs { pages, first }) => Found::CopyPagesDiffer { count: pages.into(), page: first.into() },
        Err(error) => return unknown("published_copy", &error),
    };
    CheckResult::error("published_copy", problem, Remedy::Doctor)
}

fn disk(services: &SelfCheckServices) -> CheckResult {
    match services.disk.check().problem() {
        None => CheckResult::ok("disk", Found::DiskGood),
        Some(detail) => CheckResult::error("disk", detail, Remedy::FreeSpace),
    }
}

async fn outbox(services: &SelfCheckServices) -> CheckResult {
    let since = clock::now().minus(STUCK_AFTER);
    match services.store.read(move |tx| tx.stuck_outbox(since)).await {
        Ok(0) if services.outbox.is_alive() => CheckResult::ok("outbox", Found::OutboxGood),
        Ok(0) => CheckResult::error("outbox", Found::OutboxStopped, Remedy::Doctor),
        Ok(count) => CheckResult::error("outbox", Found::OutboxStuck { count }, Remedy::Doctor),
        Err(error) => unknown("outbox", &error),
    }
}

/// A single failure needs no action.
async fn jobs(services: &SelfCheckServices) -> CheckResult {
    let since = clock::now().minus(Duration::from_hours(24));
    match services.store.read(move |tx| tx.failed_jobs_since(since)).await {
        Ok(count) if count < MANY_FAILED => CheckResult::ok("jobs", Found::JobsFailed { count }),
        Ok(count) => CheckResult::warning("jobs", Found::JobsFailed { count }, Remedy::JobsLog),
        Err(error) => unknown("jobs", &error),
    }
}

fn bridge(services: &SelfCheckServices) -> CheckResult {
    match services.outbox.bridge() {
        None => CheckResult::skipped("bridge", Found::BridgeUnused),
        Some(state) => match state.notice() {
            None => CheckResult::ok("bridge", Found::BridgeConnected),
            // The notice also contains the remedy.
            Some(notice) => CheckResult { state: CheckStatus::Error, ..CheckResult::ok("bridge", notice) },
        },
    }
}

/// The finding for a check that could not run.
fn unknown(check: &str, error: &Error) -> CheckResult {
    let state = if matches!(error, Error::Closed) { CheckStatus::Skipped } else { CheckStatus::Error };
    let found = Found::Unknown { reason: error.into() };
    CheckResult { state, ..CheckResult::error(check, found, Remedy::Doctor) }
}

const STUCK_AFTER: Duration = Duration::from_mins(10);
const MANY_FAILED: u64 = 20;
