//! The nightly self-check: is everything that nobody looks at as it should be?

mod looks;

use crate::clock;
use crate::config::Live;
use crate::domain::{AlertDetail, AlertKind, Finding, FindingState, SelfCheck, Timestamp};
use crate::drive::ai_check;
use crate::drive::outbox::Outbox;
use crate::ops::alert::Alerts;
use crate::ops::disk::DiskWatch;
use crate::ops::local_time;
use crate::store::Store;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// What is looked at besides, by others who know it.
pub type Look = Arc<dyn Fn(Timestamp) -> Finding + Send + Sync>;

/// What is checked.
pub struct Parts {
    /// The settings.
    pub settings: Live,
    /// The database.
    pub store: Store,
    /// The disks.
    pub disk: DiskWatch,
    /// Messages on their way out.
    pub outbox: Outbox,
    /// For the AI's server.
    pub client: reqwest::Client,
    /// Where it is told what needs a person.
    pub alerts: Alerts,
    /// What is looked at besides.
    pub looks: Vec<Look>,
}

/// Checks the house; clones share what was found.
#[derive(Clone)]
pub struct SelfChecker {
    inner: Arc<Inner>,
}

struct Inner {
    parts: Parts,
    /// Held while one runs.
    turn: tokio::sync::Mutex<()>,
    // A plain mutex: it is held to copy what was found.
    last: Mutex<Option<SelfCheck>>,
}

impl SelfChecker {
    /// Knows what the last one found, of an earlier run too.
    pub async fn new(parts: Parts) -> Self {
        let last = parts.store.read(|tx| tx.self_checks(1)).await.ok().and_then(|mut checks| checks.pop());
        Self { inner: Arc::new(Inner { parts, turn: tokio::sync::Mutex::default(), last: Mutex::new(last) }) }
    }

    /// What the last one found.
    pub fn last(&self) -> Option<SelfCheck> {
        self.inner.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Checks every night until `stopping`; a night that was missed is made up a while after the start.
    pub async fn run(self, mut stopping: watch::Receiver<bool>) {
        loop {
            let care = self.inner.parts.settings.now().care.clone();
            let now = clock::now();
            let next = local_time::next_hour(now, crate::drive::TIME_ZONE, care.hour);
            let missed = self.last().is_none_or(|last| now.since(last.began_at) > MISSED);
            let wait = if missed { next.since(now).min(AFTER_START) } else { next.since(now) };
            tokio::select! {
                _ = stopping.wait_for(|stop| *stop) => return,
                // In pieces: the clock may be set meanwhile.
                () = tokio::time::sleep(wait.min(PIECE)) => {}
            }
            if care.self_check && wait <= PIECE {
                tokio::select! {
                    _ = stopping.wait_for(|stop| *stop) => return,
                    _ = self.check() => {}
                }
            }
        }
    }

    /// Checks now; one after the other, if many ask.
    pub async fn check(&self) -> SelfCheck {
        let _turn = self.inner.turn.lock().await;
        let (parts, began_at) = (&self.inner.parts, clock::now());
        let mut findings = looks::all(parts).await;
        findings.extend(ai_check::look(&parts.client, &parts.settings.now(), clock::now()).await);
        findings.extend(parts.looks.iter().map(|look| look(clock::now())));
        let well = findings.iter().all(|finding| finding.state != FindingState::Error);
        let check = SelfCheck { began_at, ended_at: clock::now(), well, findings };
        report(&check);
        parts.alerts.set(AlertKind::SelfCheck, trouble(&check));
        *self.inner.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(check.clone());
        let kept = check.clone();
        parts.store.write_soon(move |tx| tx.insert_self_check(&kept));
        check
    }
}

/// What needs a person and has no alert of its own.
fn trouble(check: &SelfCheck) -> Option<AlertDetail> {
    let is_bad = |finding: &&Finding| match finding.state {
        FindingState::Error => true,
        // What will cost calls in some weeks is told while there is time.
        FindingState::Warning => finding.check == ai_check::CHECK,
        FindingState::Ok | FindingState::Skipped => false,
    };
    let bad = check.findings.iter().filter(is_bad);
    let untold: Vec<_> = bad.filter(|finding| !TOLD_ELSEWHERE.contains(&finding.check.as_str())).collect();
    let lines: Vec<_> = untold.iter().map(|finding| format!("{}: {}", finding.check, finding.found)).collect();
    (!lines.is_empty()).then(|| AlertDetail::from(lines.join("\n")))
}

fn report(check: &SelfCheck) {
    let took_ms = check.ended_at.since(check.began_at).as_millis();
    let worse: Vec<_> = check
        .findings
        .iter()
        .filter(|finding| matches!(finding.state, FindingState::Error | FindingState::Warning))
        .map(|finding| format!("{} {}: {}", finding.check, finding.state, finding.found))
        .collect();
    let findings = worse.join("; ");
    if check.well {
        tracing::info!(
            event = "SELF_CHECK",
            well = true,
            took_ms,
            findings,
            "The self-check found nothing that needs a person"
        );
    } else {
        tracing::error!(
            event = "SELF_CHECK",
            well = false,
            took_ms,
            findings,
            "The self-check found something: {findings}"
        );
    }
}

/// Checks whose trouble has an alert of its own.
const TOLD_ELSEWHERE: [&str; 6] = ["disk", "bridge", "outbox", "backup", "certificate", "clock"];
/// A night was missed if the last check is older.
const MISSED: Duration = Duration::from_hours(26);
/// After a start there is more urgent work at first.
const AFTER_START: Duration = Duration::from_mins(10);
const PIECE: Duration = Duration::from_mins(15);
