//! The individual checks of the self-check.

use super::Parts;
use crate::backup::{BackupStatus, Snapshots};
use crate::clock;
use crate::domain::{CheckResult, CheckStatus, Language, Notice, Timestamp};
use crate::maintenance::health_monitor::{backup_problem, certificate_problem};
use crate::messages;
use crate::store::{CopyCheck, Error};
use crate::tls::{TlsHealth, TlsStatus};
use std::time::Duration;

/// Runs all checks, the most important first.
pub(super) async fn all(parts: &Parts) -> Vec<CheckResult> {
    vec![
        database(parts).await,
        published_copy(parts).await,
        disk(parts),
        outbox(parts).await,
        jobs(parts).await,
        bridge(parts),
    ]
}

/// The finding about the certificate.
pub(super) fn certificate(status: &TlsStatus) -> CheckResult {
    match (certificate_problem(status), status.not_after) {
        (Some(problem), _) => problem_found("certificate", &problem),
        (None, Some(end)) if status.health == TlsHealth::Ok => {
            CheckResult::ok("certificate", format!("valid until {end}"))
        }
        (None, _) => CheckResult::skipped("certificate", "no certificate is configured"),
    }
}

/// The finding about the snapshots.
pub(super) fn backup(snapshots: &Snapshots, now: Timestamp) -> CheckResult {
    match (backup_problem(snapshots, now), snapshots.status(now)) {
        (Some(problem), _) => problem_found("backup", &problem),
        (None, BackupStatus::Off) => CheckResult::skipped("backup", "switched off"),
        (None, BackupStatus::Pending) => CheckResult::skipped("backup", "no nightly snapshot was due yet"),
        (None, BackupStatus::Good | BackupStatus::Bad) => CheckResult::ok("backup", "the last snapshot is good"),
    }
}

fn problem_found(check: &str, problem: &Notice) -> CheckResult {
    CheckResult::error(check, messages::text(Language::English, problem), "run `agentlocator doctor`")
}

async fn database(parts: &Parts) -> CheckResult {
    let began = clock::instant();
    match parts.store.check_integrity().await {
        Ok(None) => {
            let took_ms = clock::instant().duration_since(began).as_millis();
            CheckResult::ok("database", format!("checked completely in {took_ms} ms, and intact"))
        }
        Ok(Some(findings)) => CheckResult::error("database", findings, RESTORE),
        Err(error) => unknown("database", &error),
    }
}

async fn published_copy(parts: &Parts) -> CheckResult {
    match parts.store.check_published().await {
        Ok(CopyCheck::Equal) => CheckResult::ok("published_copy", "intact, and equal to the database"),
        Ok(CopyCheck::Off) => CheckResult::skipped("published_copy", "switched off ([store] publish)"),
        Ok(CopyCheck::InsufficientSpace) => {
            CheckResult::skipped("published_copy", "there is not enough disk space to check it")
        }
        Ok(CopyCheck::Differs(how)) => CheckResult::error("published_copy", how, DOCTOR),
        Err(error) => unknown("published_copy", &error),
    }
}

fn disk(parts: &Parts) -> CheckResult {
    match parts.disk.check().problem() {
        None => CheckResult::ok("disk", "enough free space"),
        Some(detail) => CheckResult::error("disk", messages::detail(Language::English, &detail), "free disk space"),
    }
}

async fn outbox(parts: &Parts) -> CheckResult {
    let since = clock::now().minus(STUCK);
    match parts.store.read(move |tx| tx.stuck_outbox(since)).await {
        Ok(0) if parts.outbox.is_alive() => CheckResult::ok("outbox", "no message is stuck"),
        Ok(0) => CheckResult::error("outbox", "the outbox is not being processed", DOCTOR),
        Ok(count) => CheckResult::error("outbox", format!("{count} messages have waited for over ten minutes"), DOCTOR),
        Err(error) => unknown("outbox", &error),
    }
}

/// A job that failed permanently is a file that was not fetched. A single one needs no action, but many are suspicious.
async fn jobs(parts: &Parts) -> CheckResult {
    let since = clock::now().minus(Duration::from_hours(24));
    match parts.store.read(move |tx| tx.failed_jobs_since(since)).await {
        Ok(failed) if failed < MANY_FAILED => {
            CheckResult::ok("jobs", format!("{failed} failed permanently in the last day"))
        }
        Ok(failed) => CheckResult::warning(
            "jobs",
            format!("{failed} failed permanently in the last day"),
            "see the reasons in the log (JOB_FAILED)",
        ),
        Err(error) => unknown("jobs", &error),
    }
}

fn bridge(parts: &Parts) -> CheckResult {
    match parts.outbox.bridge() {
        None => CheckResult::skipped("bridge", "not in use"),
        Some(state) => match state.notice() {
            None => CheckResult::ok("bridge", "connected"),
            Some(notice) => {
                let found = messages::text(Language::English, &notice);
                CheckResult::error("bridge", found, "open the WhatsApp section of the page")
            }
        },
    }
}

/// A check that cannot run is a finding as well.
fn unknown(check: &str, error: &Error) -> CheckResult {
    let state = if matches!(error, Error::Closed) { CheckStatus::Skipped } else { CheckStatus::Error };
    let reason = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
    CheckResult { state, ..CheckResult::error(check, format!("cannot be checked: {error}{reason}"), DOCTOR) }
}

const RESTORE: &str = "restore an earlier backup (agentlocator restore), and keep the damaged file";
const DOCTOR: &str = "run `agentlocator doctor`";
const STUCK: Duration = Duration::from_mins(10);
const MANY_FAILED: u64 = 20;
