//! What needs a person, and what was said of it.

use super::{Error, ReadTx, Result, WriteTx};
use crate::domain::{Alert, AlertKind, Timestamp};
use rusqlite::params;

/// Something that happened to an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertEvent {
    /// When.
    pub at: Timestamp,
    /// To which; a kind of another version is a word that we do not know.
    pub kind: String,
    /// What: `raised`, `lasts`, `cleared`, `muted`, `unmuted`.
    pub news: String,
    /// By which way somebody was told; empty for what only happened.
    pub way: String,
}

impl ReadTx<'_> {
    /// All alerts that are known. What another version has written and we cannot read is left out.
    pub fn alerts(&self) -> Result<Vec<Alert>> {
        let mut query = self.conn.prepare_cached("SELECT state FROM alerts ORDER BY kind")?;
        let rows = query.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(rows.iter().filter_map(|state| serde_json::from_str(state).ok()).collect())
    }

    /// The last things that happened, newest first.
    pub fn alert_events(&self, limit: usize) -> Result<Vec<AlertEvent>> {
        let sql = "SELECT at, kind, news, way FROM alert_events ORDER BY id DESC LIMIT ?1";
        let mut query = self.conn.prepare_cached(sql)?;
        let rows = query.query_map([i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
            Ok(AlertEvent { at: row.get(0)?, kind: row.get(1)?, news: row.get(2)?, way: row.get(3)? })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl WriteTx<'_> {
    /// Keeps what is known of an alert.
    pub fn put_alert(&self, alert: &Alert, now: Timestamp) -> Result<()> {
        let state = serde_json::to_string(alert).map_err(|error| Error::Value(error.to_string()))?;
        let mut put = self.conn.prepare_cached(
            "INSERT INTO alerts(kind, state, updated_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (kind) DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at",
        )?;
        put.execute(params![alert.kind.as_str(), state, now])?;
        self.record_alert()
    }

    /// Notes that something happened to an alert.
    pub fn insert_alert_event(&self, kind: AlertKind, news: &str, way: &str, now: Timestamp) -> Result<()> {
        let sql = "INSERT INTO alert_events(at, kind, news, way) VALUES (?1, ?2, ?3, ?4)";
        self.conn.prepare_cached(sql)?.execute(params![now, kind.as_str(), news, way])?;
        Ok(())
    }

    /// Forgets what happened before a point.
    pub fn prune_alert_events(&self, before: Timestamp) -> Result<usize> {
        Ok(self.conn.prepare_cached("DELETE FROM alert_events WHERE at < ?1")?.execute([before])?)
    }
}
