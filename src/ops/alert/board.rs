//! When an alert is one, when it is over, and when somebody is told. No I/O, no clock.

use crate::domain::{Alert, AlertDetail, AlertKind, AlertNews, AlertState, AlertTold, AlertWay, Mute, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long things must be so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How long the bridge may be down.
    pub bridge_down: Duration,
    /// How long Litestream may be away.
    pub replication: Duration,
    /// How long all must be well before that is believed.
    pub settle: Duration,
    /// What lasts is told again after this.
    pub repeat: Duration,
    /// So many calls in a row that the AI did not answer are too many.
    pub failed_calls: u32,
}

/// An alert has begun, or is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub kind: AlertKind,
    /// What it is from now on.
    pub state: AlertState,
}

/// All alerts.
pub struct Board {
    patience: Patience,
    entries: BTreeMap<AlertKind, Entry>,
}

struct Entry {
    alert: Alert,
    /// Whether it is so at the moment, and since when that has not changed.
    is_so: bool,
    unchanged_since: Timestamp,
}

impl Board {
    /// A board with what was known before.
    pub fn new(patience: Patience, known: Vec<Alert>) -> Self {
        let entry = |alert: Alert| {
            let is_so = alert.state == AlertState::Raised;
            let unchanged_since = alert.cleared_at.unwrap_or(alert.since);
            (alert.kind, Entry { alert, is_so, unchanged_since })
        };
        Self { patience, entries: known.into_iter().map(entry).collect() }
    }

    /// It is so. True if that is news.
    pub fn raise(&mut self, kind: AlertKind, detail: AlertDetail, now: Timestamp) -> bool {
        let fresh = || Alert {
            kind,
            state: AlertState::Pending,
            detail: AlertDetail::default(),
            since: now,
            cleared_at: None,
            mute: None,
            told: Vec::new(),
            returns: 0,
        };
        let entry =
            self.entries.entry(kind).or_insert_with(|| Entry { alert: fresh(), is_so: false, unchanged_since: now });
        entry.alert.detail = detail;
        if entry.is_so {
            return false;
        }
        entry.is_so = true;
        entry.unchanged_since = now;
        if entry.alert.state == AlertState::Cleared {
            // Who comes back soon must be well for longer before that is believed; else every coming and going would be told.
            let soon = entry.alert.cleared_at.is_some_and(|at| now.since(at) < RETURNS_WITHIN);
            let returns = if soon { entry.alert.returns.saturating_add(1) } else { 0 };
            // What was muted while it lasted is another one now; a time stays a time.
            let mute = entry.alert.mute.filter(|mute| matches!(mute, Mute::Until(_)));
            entry.alert = Alert { returns, mute, detail: std::mem::take(&mut entry.alert.detail), ..fresh() };
        }
        true
    }

    /// It is so no more. True if that is news.
    pub fn clear(&mut self, kind: AlertKind, now: Timestamp) -> bool {
        let Some(entry) = self.entries.get_mut(&kind).filter(|entry| entry.is_so) else { return false };
        if entry.alert.state == AlertState::Pending {
            // It never troubled anybody.
            self.entries.remove(&kind);
            return true;
        }
        entry.is_so = false;
        entry.unchanged_since = now;
        true
    }

    /// What time has brought about.
    pub fn advance(&mut self, now: Timestamp) -> Vec<Change> {
        let patience = self.patience;
        let mut changes = Vec::new();
        for (kind, entry) in &mut self.entries {
            let lasted = now.since(entry.unchanged_since);
            match (entry.alert.state, entry.is_so) {
                (AlertState::Pending, true) if lasted >= patience.before(*kind) => {
                    entry.alert.state = AlertState::Raised;
                }
                (AlertState::Raised, false) if lasted >= patience.after(entry.alert.returns) => {
                    entry.alert.state = AlertState::Cleared;
                    entry.alert.cleared_at = Some(now);
                }
                _ => continue,
            }
            changes.push(Change { kind: *kind, state: entry.alert.state });
        }
        self.entries.retain(|_, entry| {
            entry
                .alert
                .cleared_at
                .is_none_or(|at| now.since(at) < FORGOTTEN || entry.alert.state != AlertState::Cleared)
        });
        changes
    }

    /// What is to be told by a way: each kind once when it begins, again while it lasts, and once when it is over, if its
    /// beginning was told.
    pub fn due(&self, way: AlertWay, now: Timestamp) -> Vec<(Alert, AlertNews)> {
        let repeat = self.patience.repeat;
        let news = |entry: &Entry| {
            let alert = &entry.alert;
            if alert.is_muted(now) {
                return None;
            }
            match (alert.state, alert.told_by(way)) {
                // What may be over in a moment is told only if it comes back.
                (AlertState::Raised, _) if !entry.is_so => None,
                (AlertState::Raised, None) => Some(AlertNews::Raised),
                (AlertState::Raised, Some(told)) if now.since(told.at) >= repeat => Some(AlertNews::Lasts),
                (AlertState::Cleared, Some(told)) if told.news != AlertNews::Cleared => Some(AlertNews::Cleared),
                _ => None,
            }
        };
        self.entries.values().filter_map(|entry| news(entry).map(|news| (entry.alert.clone(), news))).collect()
    }

    /// It was told.
    pub fn note_told(&mut self, kind: AlertKind, way: AlertWay, news: AlertNews, now: Timestamp) -> Option<Alert> {
        let alert = &mut self.entries.get_mut(&kind)?.alert;
        alert.told.retain(|told| told.way != way);
        alert.told.push(AlertTold { way, news, at: now });
        Some(alert.clone())
    }

    /// It was told, but did not arrive.
    pub fn take_back_told(&mut self, kind: AlertKind, way: AlertWay, news: AlertNews) -> Option<Alert> {
        let alert = &mut self.entries.get_mut(&kind)?.alert;
        alert.told.retain(|told| told.way != way || told.news != news);
        Some(alert.clone())
    }

    /// Troubles nobody with it, or again.
    pub fn mute(&mut self, kind: AlertKind, mute: Option<Mute>) -> Option<Alert> {
        let alert = &mut self.entries.get_mut(&kind)?.alert;
        alert.mute = mute;
        Some(alert.clone())
    }

    /// All that is known, by kind.
    pub fn all(&self) -> Vec<Alert> {
        self.entries.values().map(|entry| entry.alert.clone()).collect()
    }

    /// Whether time alone changes nothing: everything is over and told.
    pub fn is_quiet(&self, now: Timestamp) -> bool {
        let over = self.entries.values().all(|entry| !entry.is_so && entry.alert.state == AlertState::Cleared);
        over && AlertWay::ALL.iter().all(|way| self.due(*way, now).is_empty())
    }
}

impl Patience {
    /// How long something must be so before it troubles anybody: what comes and goes by itself, longer.
    fn before(self, kind: AlertKind) -> Duration {
        match kind {
            AlertKind::BridgeDown | AlertKind::BridgeDeaf => self.bridge_down,
            AlertKind::Replication => self.replication,
            AlertKind::PublishedCopy => Duration::from_mins(1),
            // A new box has none at first.
            AlertKind::Certificate => Duration::from_mins(15),
            AlertKind::DatabaseUnwritable => Duration::from_secs(5),
            AlertKind::BridgeLink => self.bridge_down.min(Duration::from_mins(1)),
            AlertKind::DiskLow
            | AlertKind::LogSize
            | AlertKind::Integrity
            | AlertKind::ForeignFile
            | AlertKind::DatabaseReplaced
            | AlertKind::OutboxHeld
            | AlertKind::Backup
            | AlertKind::WhatsAppRestricted
            | AlertKind::TwilioRefused
            | AlertKind::AiRefused
            | AlertKind::AiUnavailable
            | AlertKind::AiLimit
            | AlertKind::OutboxStuck
            | AlertKind::OutboxUndelivered
            | AlertKind::ClockWrong
            | AlertKind::SettingsRejected
            | AlertKind::SelfCheck => Duration::ZERO,
        }
    }

    /// How long all must be well, by how often it was not after all.
    fn after(self, returns: u32) -> Duration {
        (self.settle * 2_u32.saturating_pow(returns.min(16))).min(LONGEST_SETTLING.max(self.settle))
    }
}

/// Who comes back within this comes back soon.
const RETURNS_WITHIN: Duration = Duration::from_hours(24);
const LONGEST_SETTLING: Duration = Duration::from_hours(6);
/// What has been over for so long is not shown any more.
const FORGOTTEN: Duration = Duration::from_hours(7 * 24);

#[cfg(test)]
mod tests;
