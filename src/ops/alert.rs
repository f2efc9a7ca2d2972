//! What needs a person: raised and cleared by whoever notices, kept over restarts, and told once.
//!
//! [`Board`] decides without I/O; [`Alerts`] is its handle. Who tells, by mail or by WhatsApp, is in `drive`.

mod board;
mod vendors;
mod words;

pub use board::{Board, Change, Patience};
pub use vendors::AiOutcome;
pub use words::{Words, headline, remedy};

use crate::clock;
use crate::domain::{Alert, AlertDetail, AlertKind, AlertNews, AlertState, AlertWay, Mute, Timestamp};
use crate::store::Store;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// All alerts; clones share them.
#[derive(Clone)]
pub struct Alerts {
    inner: Arc<Inner>,
}

struct Inner {
    // A plain mutex: it is held to look at a few values.
    board: Mutex<Board>,
    changed: Notify,
    store: Store,
    failed_calls: vendors::FailedCalls,
}

impl Alerts {
    /// Takes up where the last run ended. What cannot be read is begun anew: a broken database is no reason to be silent.
    pub async fn load(store: Store, patience: Patience) -> Self {
        let known = store.read(|tx| tx.alerts()).await.unwrap_or_else(|error| {
            tracing::error!(event = "ALERTS_LOST", error = &error as &dyn std::error::Error, "Cannot read the alerts");
            Vec::new()
        });
        let failed_calls = vendors::FailedCalls::new(patience.failed_calls);
        let board = Mutex::new(Board::new(patience, known));
        Self { inner: Arc::new(Inner { board, changed: Notify::new(), store, failed_calls }) }
    }

    /// Something is so that needs a person. Say it as often as you like: one alert comes of it, and it lasts until
    /// [`Alerts::clear`].
    pub fn raise(&self, kind: AlertKind, detail: impl Into<AlertDetail>) {
        if self.board().raise(kind, detail.into(), clock::now()) {
            self.inner.changed.notify_one();
        }
    }

    /// It is so no more, or never was.
    pub fn clear(&self, kind: AlertKind) {
        if self.board().clear(kind, clock::now()) {
            self.inner.changed.notify_one();
        }
    }

    /// Raises or clears.
    pub fn set(&self, kind: AlertKind, trouble: Option<AlertDetail>) {
        match trouble {
            Some(detail) => self.raise(kind, detail),
            None => self.clear(kind),
        }
    }

    /// What is raised, and what was lately.
    pub fn all(&self) -> Vec<Alert> {
        self.board().all()
    }

    /// Whether it is raised at the moment.
    pub fn is_raised(&self, kind: AlertKind) -> bool {
        self.board().all().iter().any(|alert| alert.kind == kind && alert.state == AlertState::Raised)
    }

    /// Troubles nobody with it for a while, or again; none if it was never raised.
    pub fn mute(&self, kind: AlertKind, mute: Option<Mute>) -> Option<Alert> {
        let alert = self.board().mute(kind, mute)?;
        let news = if mute.is_some() { "muted" } else { "unmuted" };
        self.keep_event(alert.clone(), news, "", clock::now());
        self.inner.changed.notify_one();
        Some(alert)
    }

    /// What time has brought about. Each change is logged and kept.
    pub fn advance(&self) -> Vec<Change> {
        let now = clock::now();
        let (changes, mut all) = {
            let mut board = self.board();
            (board.advance(now), board.all())
        };
        all.retain(|alert| changes.iter().any(|change| change.kind == alert.kind));
        for alert in all {
            report(&alert);
            self.keep_event(alert.clone(), alert.state.as_str(), "", now);
        }
        changes
    }

    /// What is to be told by a way.
    pub fn due(&self, way: AlertWay) -> Vec<(Alert, AlertNews)> {
        self.board().due(way, clock::now())
    }

    /// It was told.
    pub fn note_told(&self, way: AlertWay, told: &[(AlertKind, AlertNews)]) {
        let now = clock::now();
        for (kind, news) in told {
            let alert = self.board().note_told(*kind, way, *news, now);
            if let Some(alert) = alert {
                self.keep_event(alert, news.as_str(), way.as_str(), now);
            }
        }
    }

    /// It was told, but did not arrive: it is to be told again.
    pub fn take_back_told(&self, way: AlertWay, told: &[(AlertKind, AlertNews)]) {
        for (kind, news) in told {
            let alert = self.board().take_back_told(*kind, way, *news);
            if let Some(alert) = alert {
                self.keep(alert);
            }
        }
        self.inner.changed.notify_one();
    }

    /// Whether nothing can happen but by [`Alerts::raise`] and its like.
    pub fn is_quiet(&self) -> bool {
        self.board().is_quiet(clock::now())
    }

    /// Waits until somebody has raised, cleared or muted something.
    pub async fn changed(&self) {
        self.inner.changed.notified().await;
    }

    fn keep(&self, alert: Alert) {
        let now = clock::now();
        self.inner.store.write_soon(move |tx| tx.put_alert(&alert, now));
    }

    fn keep_event(&self, alert: Alert, news: &'static str, way: &'static str, now: Timestamp) {
        self.inner.store.write_soon(move |tx| {
            tx.put_alert(&alert, now)?;
            tx.insert_alert_event(alert.kind, news, way, now)
        });
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.inner.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One line for each change.
fn report(alert: &Alert) {
    let (kind, detail, headline) = (alert.kind.as_str(), &alert.detail.en, headline(alert.kind, false));
    if alert.state == AlertState::Cleared {
        tracing::info!(event = "ALERT_CLEARED", alert.kind = kind, "All is well again: {headline}");
    } else {
        tracing::warn!(event = "ALERT_RAISED", alert.kind = kind, detail, "{headline}: {detail}");
    }
}
