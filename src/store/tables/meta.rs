//! The table `meta`: single values by key that need no table of their own.

use crate::store::{ReadTx, Result, WriteTx};
use rusqlite::OptionalExtension;

impl ReadTx<'_> {
    pub fn meta(&self, key: &str) -> Result<Option<String>> {
        let mut find = self.conn.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
        Ok(find.query_row([key], |row| row.get(0)).optional()?)
    }
}

impl WriteTx<'_> {
    pub fn set_meta(&self, key: &str, value: &str) -> Result<()> {
        self.conn
            .prepare_cached(
                "INSERT INTO meta(key, value) VALUES (?1, ?2) ON CONFLICT(key) DO UPDATE SET value = excluded.value",
            )?
            .execute([key, value])?;
        Ok(())
    }
}
