//! Users: people who may log in.

use super::sql::actor_name;
use crate::domain::{ActorId, ChangeKind, Role, Timestamp, User, UserId};
use crate::store::{Error, ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, Row};

impl ReadTx<'_> {
    /// Only active users, sorted by name.
    pub fn users(&self) -> Result<Vec<User>> {
        let sql = format!("SELECT {COLUMNS} FROM users WHERE disabled_at IS NULL ORDER BY name");
        let mut statement = self.conn.prepare_cached(&sql)?;
        let users = statement.query_map([], user)?.collect::<Result<_, _>>()?;
        Ok(users)
    }

    /// `None` if the user is disabled.
    pub fn user(&self, id: UserId) -> Result<Option<User>> {
        let sql = format!("SELECT {COLUMNS} FROM users WHERE id = ?1 AND disabled_at IS NULL");
        Ok(self.conn.prepare_cached(&sql)?.query_row([id], user).optional()?)
    }

    /// The case of `name` is ignored. `None` if the user is disabled.
    pub fn user_by_name(&self, name: &str) -> Result<Option<User>> {
        let sql = format!("SELECT {COLUMNS} FROM users WHERE name = ?1 AND disabled_at IS NULL");
        Ok(self.conn.prepare_cached(&sql)?.query_row([name], user).optional()?)
    }

    /// The first value is the password hash that a login must match.
    pub fn credentials(&self, name: &str) -> Result<Option<(String, User)>> {
        let Some(user) = self.user_by_name(name)? else { return Ok(None) };
        Ok(Some((self.password_hash(user.id)?, user)))
    }

    /// Fails with [`Error::NotFound`] if the user is disabled.
    pub fn password_hash(&self, id: UserId) -> Result<String> {
        let sql = "SELECT password_hash FROM users WHERE id = ?1 AND disabled_at IS NULL";
        self.conn.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?.ok_or(Error::NotFound("user"))
    }

    /// The name of a user or a token; the id, such as `agent` or `user:3`, of any other actor, and of a user or token
    /// without a name.
    pub fn actor_name(&self, actor: ActorId) -> Result<String> {
        let id = actor.to_string();
        Ok(self.stored_actor_name(&id)?.unwrap_or(id))
    }

    /// `actor` is a stored id such as `user:3`. `None` if it has no name.
    pub fn stored_actor_name(&self, actor: &str) -> Result<Option<String>> {
        let sql = format!("SELECT nullif({}, '')", actor_name("?1"));
        Ok(self.conn.prepare_cached(&sql)?.query_row([actor], |row| row.get(0))?)
    }

    /// Counts only active owners.
    pub fn count_owners(&self) -> Result<i64> {
        let sql = "SELECT count(*) FROM users WHERE role = ?1 AND disabled_at IS NULL";
        Ok(self.conn.prepare_cached(sql)?.query_row([Role::Owner], |row| row.get(0))?)
    }
}

impl WriteTx<'_> {
    /// The name must not be in use.
    pub fn insert_user(&self, name: &str, role: Role, password_hash: &str, now: Timestamp) -> Result<UserId> {
        let sql = "INSERT INTO users(name, role, password_hash, created_at) VALUES (?1, ?2, ?3, ?4)";
        self.conn.prepare_cached(sql)?.execute((name, role, password_hash, now))?;
        let id = UserId(self.conn.last_insert_rowid());
        self.record_in(ChangeKind::UserUpdated, None, Some(id.0))?;
        Ok(id)
    }

    pub fn set_password_hash(&self, id: UserId, password_hash: &str) -> Result<()> {
        let sql = "UPDATE users SET password_hash = ?2 WHERE id = ?1 AND disabled_at IS NULL";
        changed(self.conn.prepare_cached(sql)?.execute((id, password_hash))?)
    }

    pub fn set_user_role(&self, id: UserId, role: Role) -> Result<()> {
        let sql = "UPDATE users SET role = ?2 WHERE id = ?1 AND disabled_at IS NULL";
        changed(self.conn.prepare_cached(sql)?.execute((id, role))?)?;
        self.record_in(ChangeKind::UserUpdated, None, Some(id.0))
    }

    pub fn set_last_login(&self, id: UserId, now: Timestamp) -> Result<()> {
        changed(self.conn.prepare_cached("UPDATE users SET last_login_at = ?2 WHERE id = ?1")?.execute((id, now))?)
    }

    /// The row is kept because the audit log and messages refer to it. The name can be used again.
    pub fn disable_user(&self, id: UserId, now: Timestamp) -> Result<()> {
        let sql = "UPDATE users SET disabled_at = ?2, password_hash = '', name = name || ' #' || id
                   WHERE id = ?1 AND disabled_at IS NULL";
        changed(self.conn.prepare_cached(sql)?.execute((id, now))?)?;
        self.record_in(ChangeKind::UserUpdated, None, Some(id.0))
    }
}

const COLUMNS: &str = "id, name, role, created_at, last_login_at";

fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        id: row.get("id")?,
        name: row.get("name")?,
        role: row.get("role")?,
        created_at: row.get("created_at")?,
        last_login_at: row.get("last_login_at")?,
    })
}

fn changed(rows: usize) -> Result<()> {
    if rows == 0 { Err(Error::NotFound("user")) } else { Ok(()) }
}
