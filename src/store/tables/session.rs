//! Login sessions. Only the hash of a cookie's secret is stored.

use crate::domain::{Session, SessionSummary, Timestamp, User, UserId};
use crate::store::{Error, ReadTx, Result, WriteTx};
use rusqlite::OptionalExtension;

impl ReadTx<'_> {
    /// `None` if the session has expired at `now` or began before `began_after`, or if its user was removed.
    pub fn session(&self, id_hash: &str, now: Timestamp, began_after: Timestamp) -> Result<Option<Session>> {
        let mut statement = self.conn.prepare_cached(FIND)?;
        let session = statement.query_row((id_hash, now, began_after), |row| {
            Ok(Session {
                user: User {
                    id: row.get("id")?,
                    name: row.get("name")?,
                    role: row.get("role")?,
                    created_at: row.get("created_at")?,
                    last_login_at: row.get("last_login_at")?,
                },
                csrf_token: row.get("csrf_token")?,
                created_at: row.get("began_at")?,
                last_seen_at: row.get("last_seen_at")?,
                expires_at: row.get("expires_at")?,
            })
        });
        Ok(session.optional()?)
    }

    /// Most recently used first, without those that have expired at `now` or began before `began_after`.
    pub fn sessions_of(&self, user: UserId, now: Timestamp, began_after: Timestamp) -> Result<Vec<SessionSummary>> {
        let sql = "SELECT id_hash, user_agent, created_at, last_seen_at, expires_at FROM sessions
                   WHERE user_id = ?1 AND expires_at > ?2 AND created_at > ?3 ORDER BY last_seen_at DESC, id_hash";
        let mut statement = self.conn.prepare_cached(sql)?;
        let sessions = statement.query_map((user, now, began_after), |row| {
            let id_hash: String = row.get("id_hash")?;
            Ok(SessionSummary {
                id: SessionSummary::id_of(&id_hash).to_owned(),
                user_agent: row.get("user_agent")?,
                created_at: row.get("created_at")?,
                last_seen_at: row.get("last_seen_at")?,
                expires_at: row.get("expires_at")?,
            })
        });
        let sessions = sessions?.collect::<rusqlite::Result<_>>()?;
        Ok(sessions)
    }
}

impl WriteTx<'_> {
    pub fn insert_session(&self, id_hash: &str, user: UserId, session: &NewSession<'_>) -> Result<()> {
        let sql = "INSERT INTO sessions(id_hash, user_id, csrf_token, created_at, last_seen_at, expires_at, user_agent)
                   VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6)";
        let NewSession { csrf_token, now, expires_at, user_agent } = session;
        self.conn.prepare_cached(sql)?.execute((id_hash, user, csrf_token, now, expires_at, user_agent))?;
        Ok(())
    }

    pub fn touch_session(&self, id_hash: &str, now: Timestamp, expires_at: Timestamp) -> Result<()> {
        let sql = "UPDATE sessions SET last_seen_at = ?2, expires_at = ?3 WHERE id_hash = ?1";
        self.conn.prepare_cached(sql)?.execute((id_hash, now, expires_at))?;
        Ok(())
    }

    pub fn delete_session(&self, id_hash: &str) -> Result<()> {
        self.conn.prepare_cached("DELETE FROM sessions WHERE id_hash = ?1")?.execute([id_hash])?;
        Ok(())
    }

    /// `id` is that of a [`SessionSummary`]. With `user`, only that user's session is deleted.
    pub fn delete_session_by_id(&self, id: &str, user: Option<UserId>) -> Result<()> {
        let sql = "DELETE FROM sessions WHERE substr(id_hash, 1, length(?1)) = ?1 AND length(?1) = ?2
                   AND (?3 IS NULL OR user_id = ?3)";
        let id_length = i64::try_from(SessionSummary::ID_LENGTH).unwrap_or(i64::MAX);
        match self.conn.prepare_cached(sql)?.execute((id, id_length, user))? {
            0 => Err(Error::NotFound("session")),
            _ => Ok(()),
        }
    }

    /// Keeps the session with the hash `keep`. Returns the number of deleted sessions.
    pub fn delete_sessions_of(&self, user: UserId, keep: Option<&str>) -> Result<usize> {
        let sql = "DELETE FROM sessions WHERE user_id = ?1 AND id_hash IS NOT ?2";
        Ok(self.conn.prepare_cached(sql)?.execute((user, keep))?)
    }

    /// Returns the number of deleted sessions.
    pub fn delete_expired_sessions(&self, now: Timestamp) -> Result<usize> {
        Ok(self.conn.prepare_cached("DELETE FROM sessions WHERE expires_at <= ?1")?.execute([now])?)
    }
}

pub struct NewSession<'a> {
    /// Requests of this session that change data must contain this token.
    pub csrf_token: &'a str,
    pub now: Timestamp,
    /// The time at which the session expires if it is not used before.
    pub expires_at: Timestamp,
    pub user_agent: &'a str,
}

const FIND: &str = "\
    SELECT u.id, u.name, u.role, u.created_at, u.last_login_at,
           s.csrf_token, s.created_at AS began_at, s.last_seen_at, s.expires_at
    FROM sessions s JOIN users u ON u.id = s.user_id
    WHERE s.id_hash = ?1 AND s.expires_at > ?2 AND s.created_at > ?3 AND u.disabled_at IS NULL";
