//! Bearer tokens for the API. A token is kept only as its hash.

use super::{Error, ReadTx, Result, WriteTx};
use crate::domain::{ApiToken, Role, Timestamp, TokenId};
use rusqlite::{OptionalExtension, Row};

impl ReadTx<'_> {
    /// All tokens that are good.
    pub fn tokens(&self) -> Result<Vec<ApiToken>> {
        let sql = format!("SELECT {COLUMNS} FROM api_tokens WHERE revoked_at IS NULL ORDER BY id");
        let mut statement = self.conn.prepare_cached(&sql)?;
        let tokens = statement.query_map([], token)?.collect::<Result<_, _>>()?;
        Ok(tokens)
    }

    /// The token with that hash, if it is good.
    pub fn token_by_hash(&self, hash: &str) -> Result<Option<ApiToken>> {
        let sql = format!("SELECT {COLUMNS} FROM api_tokens WHERE token_hash = ?1 AND revoked_at IS NULL");
        Ok(self.conn.prepare_cached(&sql)?.query_row([hash], token).optional()?)
    }
}

impl WriteTx<'_> {
    /// Adds a token.
    pub fn insert_token(&self, name: &str, role: Role, hash: &str, now: Timestamp) -> Result<TokenId> {
        let sql = "INSERT INTO api_tokens(name, role, token_hash, created_at) VALUES (?1, ?2, ?3, ?4)";
        self.conn.prepare_cached(sql)?.execute((name, role, hash, now))?;
        Ok(TokenId(self.conn.last_insert_rowid()))
    }

    /// Notes that a token was used.
    pub fn touch_token(&self, id: TokenId, now: Timestamp) -> Result<()> {
        self.conn.prepare_cached("UPDATE api_tokens SET last_used_at = ?2 WHERE id = ?1")?.execute((id, now))?;
        Ok(())
    }

    /// Makes a token good for nothing.
    pub fn revoke_token(&self, id: TokenId, now: Timestamp) -> Result<()> {
        let sql = "UPDATE api_tokens SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL";
        match self.conn.prepare_cached(sql)?.execute((id, now))? {
            0 => Err(Error::NotFound("token")),
            _ => Ok(()),
        }
    }
}

const COLUMNS: &str = "id, name, role, created_at, last_used_at";

fn token(row: &Row<'_>) -> rusqlite::Result<ApiToken> {
    Ok(ApiToken {
        id: row.get("id")?,
        name: row.get("name")?,
        role: row.get("role")?,
        created_at: row.get("created_at")?,
        last_used_at: row.get("last_used_at")?,
    })
}
