//! Alerts and their events.

use super::page::{page, rows_for};
use crate::domain::{Alert, AlertChannel, AlertEventKind, AlertKind, Cursor, Timestamp};
use crate::store::{Error, ReadTx, Result, WriteTx};
use rusqlite::params;

/// A transition of an alert, or a notification about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertEvent {
    pub id: i64,
    pub at: Timestamp,
    /// Text, because another version may have written a kind that this version does not support.
    pub kind: String,
    /// See [`AlertEventKind`]. Text for the same reason.
    pub transition: String,
    /// The channel by which a notification was sent; empty for a transition.
    pub channel: String,
}

impl ReadTx<'_> {
    /// An alert that another version wrote and this version cannot parse is skipped.
    pub fn alerts(&self) -> Result<Vec<Alert>> {
        let mut query = self.conn.prepare_cached("SELECT state FROM alerts ORDER BY kind")?;
        let rows = query.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(rows.iter().filter_map(|state| serde_json::from_str(state).ok()).collect())
    }

    /// Newest first, with the position of the next page if one exists.
    pub fn alert_events(&self, after: Option<Cursor>, limit: usize) -> Result<(Vec<AlertEvent>, Option<Cursor>)> {
        let sql = "SELECT id, at, kind, transition, channel FROM alert_events
             WHERE ?1 IS NULL OR id < ?1 ORDER BY id DESC LIMIT ?2";
        let mut query = self.conn.prepare_cached(sql)?;
        let rows = query.query_map(params![after.map(|cursor| cursor.id), rows_for(limit)], |row| {
            let (id, at, kind) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(AlertEvent { id, at, kind, transition: row.get(3)?, channel: row.get(4)? })
        })?;
        let found = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(page(found, limit, |last| Cursor { at: last.at, id: last.id }))
    }
}

impl WriteTx<'_> {
    pub fn put_alert(&self, alert: &Alert, now: Timestamp) -> Result<()> {
        let state = serde_json::to_string(alert).map_err(|error| Error::Value(error.to_string()))?;
        let mut put = self.conn.prepare_cached(
            "INSERT INTO alerts(kind, state, updated_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (kind) DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at",
        )?;
        put.execute(params![alert.kind.as_str(), state, now])?;
        self.record_alert()
    }

    /// `channel` is the channel of a notification.
    pub fn insert_alert_event(
        &self,
        kind: AlertKind,
        event: AlertEventKind,
        channel: Option<AlertChannel>,
        now: Timestamp,
    ) -> Result<()> {
        let sql = "INSERT INTO alert_events(at, kind, transition, channel) VALUES (?1, ?2, ?3, ?4)";
        let channel = channel.map_or("", AlertChannel::as_str);
        self.conn.prepare_cached(sql)?.execute(params![now, kind.as_str(), event.as_str(), channel])?;
        Ok(())
    }

    /// Returns the number of deleted events.
    pub fn prune_alert_events(&self, before: Timestamp) -> Result<usize> {
        Ok(self.conn.prepare_cached("DELETE FROM alert_events WHERE at < ?1")?.execute([before])?)
    }
}
