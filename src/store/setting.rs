//! What the page keeps of the settings.

use super::{ReadTx, Result};
use crate::config::StoreConfig;
use rusqlite::{Connection, OpenFlags};
use std::time::Duration;

impl ReadTx<'_> {
    /// Every stored setting: its key, and its value as JSON.
    pub fn stored_settings(&self) -> Result<Vec<(String, serde_json::Value)>> {
        let mut query = self.conn.prepare_cached("SELECT key, value FROM settings ORDER BY key")?;
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
        let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        // The schema lets nothing in that is no JSON.
        Ok(rows.into_iter().map(|(key, value)| (key, serde_json::from_str(&value).unwrap_or_default())).collect())
    }
}

/// The same for a program beside the daemon, which may be running: read from the published file, which anyone may open
/// at any time, else from the live one. None are stored where neither is there yet.
pub fn peek_stored_settings(config: &StoreConfig) -> Result<Vec<(String, serde_json::Value)>> {
    let files = [config.published_file(), config.live_file()];
    let Some(file) = files.iter().skip(usize::from(!config.publish)).find(|file| file.exists()) else {
        return Ok(Vec::new());
    };
    let conn = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    conn.busy_timeout(Duration::from_secs(5))?;
    ReadTx::new(&conn).stored_settings()
}
