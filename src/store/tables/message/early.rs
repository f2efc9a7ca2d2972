//! Updates that arrived before the message that they refer to.

use crate::domain::{Provider, Timestamp};
use crate::store::{ReadTx, Result, WriteTx};
use rusqlite::params;

#[derive(Debug, PartialEq, Eq)]
pub struct EarlyUpdate {
    pub id: i64,
    /// As JSON.
    pub content: String,
    pub received_at: Timestamp,
}

impl ReadTx<'_> {
    /// In order of arrival.
    pub fn early_updates(&self, provider: Provider, provider_msg_id: &str) -> Result<Vec<EarlyUpdate>> {
        let mut query = self.conn.prepare_cached(
            "SELECT id, content, received_at FROM early_message_updates
             WHERE provider = ?1 AND provider_msg_id = ?2 ORDER BY id",
        )?;
        let rows = query.query_map(params![provider, provider_msg_id], |row| {
            Ok(EarlyUpdate { id: row.get(0)?, content: row.get(1)?, received_at: row.get(2)? })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl WriteTx<'_> {
    /// Returns false if the same update is already stored.
    pub fn insert_early_update(
        &self,
        provider: Provider,
        provider_msg_id: &str,
        content: &str,
        now: Timestamp,
    ) -> Result<bool> {
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO early_message_updates(provider, provider_msg_id, content, received_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (provider, provider_msg_id, content) DO NOTHING",
        )?;
        Ok(insert.execute(params![provider, provider_msg_id, content, now])? > 0)
    }

    pub fn delete_early_update(&self, id: i64) -> Result<()> {
        self.conn.prepare_cached("DELETE FROM early_message_updates WHERE id = ?1")?.execute([id])?;
        Ok(())
    }

    /// For updates whose messages have not arrived.
    pub fn prune_early_updates(&self, before: Timestamp) -> Result<()> {
        self.conn.prepare_cached("DELETE FROM early_message_updates WHERE received_at < ?1")?.execute([before])?;
        Ok(())
    }
}
