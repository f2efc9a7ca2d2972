//! Browsers that have logged in before. Only the hash of a cookie's secret is stored.

use crate::domain::{Timestamp, UserId};
use crate::store::{ReadTx, Result, WriteTx};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    Unknown,
    /// Only other users have logged in from this browser.
    OfOthers,
    OfUser,
}

impl ReadTx<'_> {
    /// `id_hash` is the hash of the secret in the browser's cookie.
    pub fn device(&self, id_hash: &str, user_name: &str) -> Result<Device> {
        let sql = "SELECT max(u.name = ?2) FROM devices d JOIN users u ON u.id = d.user_id WHERE d.id_hash = ?1";
        let is_users: Option<bool> =
            self.conn.prepare_cached(sql)?.query_row((id_hash, user_name), |row| row.get(0))?;
        Ok(match is_users {
            None => Device::Unknown,
            Some(false) => Device::OfOthers,
            Some(true) => Device::OfUser,
        })
    }
}

impl WriteTx<'_> {
    /// Only the user's `most` devices with the latest logins are kept.
    pub fn remember_device(&self, id_hash: &str, user: UserId, now: Timestamp, most: usize) -> Result<()> {
        let sql = "INSERT INTO devices(id_hash, user_id, created_at, last_login_at) VALUES (?1, ?2, ?3, ?3)
                   ON CONFLICT(id_hash, user_id) DO UPDATE SET last_login_at = excluded.last_login_at";
        self.conn.prepare_cached(sql)?.execute((id_hash, user, now))?;
        let sql = "DELETE FROM devices WHERE user_id = ?1 AND id_hash IN
                   (SELECT id_hash FROM devices WHERE user_id = ?1 ORDER BY last_login_at DESC LIMIT -1 OFFSET ?2)";
        self.conn.prepare_cached(sql)?.execute((user, i64::try_from(most).unwrap_or(i64::MAX)))?;
        Ok(())
    }

    pub fn delete_devices_of(&self, user: UserId) -> Result<()> {
        self.conn.prepare_cached("DELETE FROM devices WHERE user_id = ?1")?.execute([user])?;
        Ok(())
    }
}
