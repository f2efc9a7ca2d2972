//! The nightly self-check.

mod checks;

pub use checks::SelfCheckServices;

use crate::clock;
use crate::domain::{AlertDetail, AlertKind, CheckResult, CheckStatus, Language, SelfCheck};
use crate::host::local_time;
use crate::messages;

use crate::runtime::{ai_check, check_pipeline};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Clones share the last result.
#[derive(Clone)]
pub struct SelfChecker {
    inner: Arc<Inner>,
}

struct Inner {
    services: SelfCheckServices,
    /// Locked while a check runs, so that checks do not overlap.
    running: tokio::sync::Mutex<()>,
    // A synchronous mutex is enough: it is never held across an `await`.
    last: Mutex<Option<SelfCheck>>,
}

impl SelfChecker {
    /// The last stored result may be from an earlier process.
    pub async fn new(services: SelfCheckServices) -> Self {
        let last = services.store.read(|tx| tx.self_checks(1)).await.ok().and_then(|mut checks| checks.pop());
        Self { inner: Arc::new(Inner { services, running: tokio::sync::Mutex::default(), last: Mutex::new(last) }) }
    }

    /// `None` if no result is known.
    pub fn last(&self) -> Option<SelfCheck> {
        self.inner.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Runs the self-check every night, unless the settings switch it off. If no check ran in the last 26 hours, for
    /// example because the server was off, it runs within ten minutes. Never returns; the caller stops it by dropping
    /// the future.
    pub async fn run(self) {
        loop {
            let config = self.inner.services.settings.config();
            let (maintenance, zone) = (&config.maintenance, &config.business.time_zone);
            let now = clock::now();
            let next = local_time::next_hour(now, zone, maintenance.hour);
            let missed = self.last().is_none_or(|last| now.since(last.began_at) > MISSED);
            let wait = if missed { next.since(now).min(AFTER_START) } else { next.since(now) };
            // Sleeps for short times only, because the system clock may change during the sleep.
            tokio::time::sleep(wait.min(MAX_SLEEP)).await;
            if maintenance.self_check && wait <= MAX_SLEEP {
                self.check().await;
            }
        }
    }

    /// If a self-check is running, waits for its end first.
    pub async fn check(&self) -> SelfCheck {
        let _running = self.inner.running.lock().await;
        let (services, began_at) = (&self.inner.services, clock::now());
        let mut findings = checks::all(services).await;
        let (config, now) = (services.settings.config(), clock::now());
        findings.extend(ai_check::check_and_learn(&services.client, &config, now, &services.rejected).await);
        findings.extend(check_pipeline(&services.client, &config, now).await);
        findings.push(checks::certificate(&services.tls.status()));
        findings.push(checks::backup(&services.snapshots, clock::now()));
        let ok = findings.iter().all(|finding| finding.state != CheckStatus::Error);
        let check = SelfCheck { began_at, ended_at: clock::now(), ok, findings };
        log_result(&check);
        services.alerts.set(AlertKind::SelfCheck, alert_detail(&check));
        *self.inner.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(check.clone());
        let stored = check.clone();
        services.store.write_soon(move |tx| tx.insert_self_check(&stored));
        check
    }
}

/// The findings that need the owner and have no alert of their own.
fn alert_detail(check: &SelfCheck) -> Option<AlertDetail> {
    let is_bad = |finding: &&CheckResult| match finding.state {
        CheckStatus::Error => true,
        // Such a problem may make the AI unavailable later, for example when the provider shuts down a model.
        CheckStatus::Warning => finding.check == ai_check::CHECK,
        CheckStatus::Ok | CheckStatus::Skipped => false,
    };
    let bad = check.findings.iter().filter(is_bad);
    let unreported = bad.filter(|finding| !ALERTED_ELSEWHERE.contains(&finding.check.as_str()));
    let unreported: Vec<_> = unreported.cloned().collect();
    (!unreported.is_empty()).then_some(AlertDetail::Findings(unreported))
}

fn english(finding: &CheckResult) -> String {
    messages::finding(Language::English, finding).0
}

fn log_result(check: &SelfCheck) {
    let took_ms = check.ended_at.since(check.began_at).as_millis();
    let worse: Vec<_> = check
        .findings
        .iter()
        .filter(|finding| matches!(finding.state, CheckStatus::Error | CheckStatus::Warning))
        .map(|finding| format!("{} {}: {}", finding.check, finding.state, english(finding)))
        .collect();
    let findings = worse.join("; ");
    if check.ok {
        let warnings = if findings.is_empty() { String::new() } else { format!(", but warnings: {findings}") };
        tracing::info!(event = "SELF_CHECK", ok = true, took_ms, findings, "The self-check found no errors{warnings}");
    } else {
        tracing::error!(
            event = "SELF_CHECK",
            ok = false,
            took_ms,
            findings,
            "The self-check found problems: {findings}"
        );
    }
}

/// The checks whose problems raise separate alerts.
const ALERTED_ELSEWHERE: [&str; 5] = ["disk", "bridge", "outbox", "backup", "certificate"];
/// If the last check is older than this, a nightly check was missed.
const MISSED: Duration = Duration::from_hours(26);
/// Other work is more urgent directly after the start.
const AFTER_START: Duration = Duration::from_mins(10);
const MAX_SLEEP: Duration = Duration::from_mins(15);
