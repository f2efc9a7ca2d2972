//! One-time codes of the first set-up. Only their hashes are stored.

use super::{Result, WriteTx};
use crate::domain::Timestamp;

impl WriteTx<'_> {
    /// Adds a code, and deletes expired ones.
    pub fn insert_setup_code(&self, hash: &str, now: Timestamp, expires_at: Timestamp) -> Result<()> {
        self.conn.prepare_cached("DELETE FROM setup_codes WHERE expires_at <= ?1")?.execute([now])?;
        let sql = "INSERT INTO setup_codes(code_hash, created_at, expires_at) VALUES (?1, ?2, ?3)";
        self.conn.prepare_cached(sql)?.execute((hash, now, expires_at))?;
        Ok(())
    }

    /// Redeems a code: true if it was valid. It can be used once.
    pub fn use_setup_code(&self, hash: &str, now: Timestamp) -> Result<bool> {
        let sql = "UPDATE setup_codes SET used_at = ?2 WHERE code_hash = ?1 AND used_at IS NULL AND expires_at > ?2";
        Ok(self.conn.prepare_cached(sql)?.execute((hash, now))? == 1)
    }

    /// Deletes unused codes, once there is an owner.
    pub fn delete_setup_codes(&self) -> Result<()> {
        self.conn.prepare_cached("DELETE FROM setup_codes WHERE used_at IS NULL")?.execute([])?;
        Ok(())
    }
}
