//! What the page keeps of the settings.

use super::{ReadTx, Result};

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
