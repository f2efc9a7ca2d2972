//! Bearer tokens for the API. Only a token's hash is stored.

use crate::domain::{ApiToken, ChangeKind, Role, Timestamp, TokenId, UserId};
use crate::store::{Error, ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, Row};

impl ReadTx<'_> {
    /// Without revoked tokens, and without tokens whose user no longer has the token's rights. Includes expired tokens.
    pub fn tokens(&self) -> Result<Vec<ApiToken>> {
        let mut statement = self.conn.prepare_cached(&format!("{SELECT} ORDER BY t.id"))?;
        let tokens = statement.query_map([], token)?.collect::<Result<_, _>>()?;
        Ok(tokens)
    }

    /// Also returns an expired token. `None` if the token is revoked, or if its user no longer has the token's rights.
    pub fn token_by_hash(&self, hash: &str) -> Result<Option<ApiToken>> {
        let mut statement = self.conn.prepare_cached(&format!("{SELECT} AND t.token_hash = ?1"))?;
        Ok(statement.query_row([hash], token).optional()?)
    }

    /// `None` if no user is responsible for the token, or if the token is unknown.
    pub fn user_of_token(&self, id: TokenId) -> Result<Option<UserId>> {
        let sql = "SELECT user_id FROM api_tokens WHERE id = ?1";
        Ok(self.conn.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?.flatten())
    }
}

impl WriteTx<'_> {
    pub fn insert_token(&self, hash: &str, token: &NewApiToken<'_>) -> Result<TokenId> {
        let sql = "INSERT INTO api_tokens(name, role, token_hash, created_at, created_by, user_id, expires_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let NewApiToken { name, role, now, created_by, user, expires_at } = token;
        self.conn.prepare_cached(sql)?.execute((name, role, hash, now, created_by, user, expires_at))?;
        let id = TokenId(self.conn.last_insert_rowid());
        self.record_token(id)?;
        Ok(id)
    }

    pub fn touch_token(&self, id: TokenId, now: Timestamp) -> Result<()> {
        self.conn.prepare_cached("UPDATE api_tokens SET last_used_at = ?2 WHERE id = ?1")?.execute((id, now))?;
        Ok(())
    }

    pub fn revoke_token(&self, id: TokenId, now: Timestamp) -> Result<()> {
        let sql = "UPDATE api_tokens SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL";
        match self.conn.prepare_cached(sql)?.execute((id, now))? {
            0 => Err(Error::NotFound("token")),
            _ => self.record_token(id),
        }
    }

    fn record_token(&self, id: TokenId) -> Result<()> {
        self.record_in(ChangeKind::TokenUpdated, None, Some(id.0))
    }

    /// Returns the ids of the revoked tokens.
    pub fn revoke_tokens_of(&self, user: UserId, now: Timestamp) -> Result<Vec<TokenId>> {
        let sql = "UPDATE api_tokens SET revoked_at = ?2 WHERE user_id = ?1 AND revoked_at IS NULL RETURNING id";
        let mut statement = self.conn.prepare_cached(sql)?;
        let ids = statement.query_map((user, now), |row| row.get(0))?.collect::<Result<Vec<_>, _>>()?;
        ids.iter().try_for_each(|id| self.record_token(*id))?;
        Ok(ids)
    }
}

pub struct NewApiToken<'a> {
    pub name: &'a str,
    /// Determines the token's rights.
    pub role: Role,
    pub now: Timestamp,
    pub created_by: &'a str,
    /// The user who is responsible for the token; `None` if no user is.
    pub user: Option<UserId>,
    /// `None` for a token that does not expire.
    pub expires_at: Option<Timestamp>,
}

/// A token of a user is valid while that user can log in and has the token's rights.
const SELECT: &str = "\
    SELECT t.id, t.name, t.role, t.created_at, t.last_used_at, t.created_by, t.expires_at, u.name AS user_name
    FROM api_tokens t LEFT JOIN users u ON u.id = t.user_id
    WHERE t.revoked_at IS NULL
      AND (t.user_id IS NULL OR (u.disabled_at IS NULL AND (u.role = 'owner' OR u.role = t.role)))";

fn token(row: &Row<'_>) -> rusqlite::Result<ApiToken> {
    Ok(ApiToken {
        id: row.get("id")?,
        name: row.get("name")?,
        role: row.get("role")?,
        created_at: row.get("created_at")?,
        last_used_at: row.get("last_used_at")?,
        created_by: row.get("created_by")?,
        user_name: row.get("user_name")?,
        expires_at: row.get("expires_at")?,
    })
}
