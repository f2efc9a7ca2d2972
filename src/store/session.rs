//! Logins that last. A cookie's secret is kept only as its hash.

use super::{ReadTx, Result, WriteTx};
use crate::domain::{Session, Timestamp, User, UserId};
use rusqlite::OptionalExtension;

impl ReadTx<'_> {
    /// The session of a cookie, if it is still good at `now`.
    pub fn session(&self, id_hash: &str, now: Timestamp) -> Result<Option<Session>> {
        let mut statement = self.conn.prepare_cached(FIND)?;
        let session = statement.query_row((id_hash, now), |row| {
            Ok(Session {
                user: User {
                    id: row.get("id")?,
                    name: row.get("name")?,
                    role: row.get("role")?,
                    created_at: row.get("created_at")?,
                    last_login_at: row.get("last_login_at")?,
                },
                csrf_token: row.get("csrf_token")?,
                last_seen_at: row.get("last_seen_at")?,
                expires_at: row.get("expires_at")?,
            })
        });
        Ok(session.optional()?)
    }
}

impl WriteTx<'_> {
    /// Begins a session.
    pub fn insert_session(&self, id_hash: &str, user: UserId, session: &NewSession<'_>) -> Result<()> {
        let sql = "INSERT INTO sessions(id_hash, user_id, csrf_token, created_at, last_seen_at, expires_at, user_agent)
                   VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6)";
        let NewSession { csrf_token, now, expires_at, user_agent } = session;
        self.conn.prepare_cached(sql)?.execute((id_hash, user, csrf_token, now, expires_at, user_agent))?;
        Ok(())
    }

    /// Notes that a session was used, and lets it last longer.
    pub fn touch_session(&self, id_hash: &str, now: Timestamp, expires_at: Timestamp) -> Result<()> {
        let sql = "UPDATE sessions SET last_seen_at = ?2, expires_at = ?3 WHERE id_hash = ?1";
        self.conn.prepare_cached(sql)?.execute((id_hash, now, expires_at))?;
        Ok(())
    }

    /// Ends a session.
    pub fn delete_session(&self, id_hash: &str) -> Result<()> {
        self.conn.prepare_cached("DELETE FROM sessions WHERE id_hash = ?1")?.execute([id_hash])?;
        Ok(())
    }

    /// Ends all of somebody's sessions, but for the one that `keep` names.
    pub fn delete_sessions_of(&self, user: UserId, keep: Option<&str>) -> Result<()> {
        let sql = "DELETE FROM sessions WHERE user_id = ?1 AND id_hash IS NOT ?2";
        self.conn.prepare_cached(sql)?.execute((user, keep))?;
        Ok(())
    }

    /// Drops sessions that have expired; says how many.
    pub fn delete_expired_sessions(&self, now: Timestamp) -> Result<usize> {
        Ok(self.conn.prepare_cached("DELETE FROM sessions WHERE expires_at <= ?1")?.execute([now])?)
    }
}

/// What a session begins with.
pub struct NewSession<'a> {
    /// What every changing request must carry.
    pub csrf_token: &'a str,
    /// When it begins.
    pub now: Timestamp,
    /// When it ends, if it is not used before.
    pub expires_at: Timestamp,
    /// What the browser calls itself.
    pub user_agent: &'a str,
}

const FIND: &str = "\
    SELECT u.id, u.name, u.role, u.created_at, u.last_login_at, s.csrf_token, s.last_seen_at, s.expires_at
    FROM sessions s JOIN users u ON u.id = s.user_id
    WHERE s.id_hash = ?1 AND s.expires_at > ?2 AND u.disabled_at IS NULL";
