//! Alerts, and the record of what happened to them.

use super::{Error, ReadTx, Result, WriteTx};
use crate::domain::{Alert, AlertKind, Timestamp};
use rusqlite::params;

/// A transition of an alert, or a notification about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertEvent {
    /// The time of the event.
    pub at: Timestamp,
    /// The alert's kind; text, because another version may have written a kind that this one does not know.
    pub kind: String,
    /// The transition: `raised`, `lasts`, `cleared`, `muted`, `unmuted`.
    pub transition: String,
    /// The channel by which a notification was sent; empty for a transition.
    pub channel: String,
}

impl ReadTx<'_> {
    /// All known alerts. Alerts that another version wrote and this one cannot parse are left out.
    pub fn alerts(&self) -> Result<Vec<Alert>> {
        let mut query = self.conn.prepare_cached("SELECT state FROM alerts ORDER BY kind")?;
        let rows = query.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(rows.iter().filter_map(|state| serde_json::from_str(state).ok()).collect())
    }

    /// The newest events, newest first.
    pub fn alert_events(&self, limit: usize) -> Result<Vec<AlertEvent>> {
        let sql = "SELECT at, kind, transition, channel FROM alert_events ORDER BY id DESC LIMIT ?1";
        let mut query = self.conn.prepare_cached(sql)?;
        let rows = query.query_map([i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
            Ok(AlertEvent { at: row.get(0)?, kind: row.get(1)?, transition: row.get(2)?, channel: row.get(3)? })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl WriteTx<'_> {
    /// Stores the state of an alert.
    pub fn put_alert(&self, alert: &Alert, now: Timestamp) -> Result<()> {
        let state = serde_json::to_string(alert).map_err(|error| Error::Value(error.to_string()))?;
        let mut put = self.conn.prepare_cached(
            "INSERT INTO alerts(kind, state, updated_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (kind) DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at",
        )?;
        put.execute(params![alert.kind.as_str(), state, now])?;
        self.record_alert()
    }

    /// Adds an event of an alert.
    pub fn insert_alert_event(&self, kind: AlertKind, transition: &str, channel: &str, now: Timestamp) -> Result<()> {
        let sql = "INSERT INTO alert_events(at, kind, transition, channel) VALUES (?1, ?2, ?3, ?4)";
        self.conn.prepare_cached(sql)?.execute(params![now, kind.as_str(), transition, channel])?;
        Ok(())
    }

    /// Deletes events from before `before`; returns how many.
    pub fn prune_alert_events(&self, before: Timestamp) -> Result<usize> {
        Ok(self.conn.prepare_cached("DELETE FROM alert_events WHERE at < ?1")?.execute([before])?)
    }
}
