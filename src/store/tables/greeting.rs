//! Greetings that the owner recorded or uploaded.

use crate::domain::{BusinessId, ChangeKind, Greeting, Timestamp};
use crate::store::{Error, ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, Row, params};

#[derive(Debug)]
pub struct NewGreeting<'a> {
    /// In hexadecimal.
    pub sha256: &'a str,
    pub mime: &'a str,
    pub duration_ms: i64,
    /// The name of the uploaded file, if any.
    pub file_name: Option<&'a str>,
    /// The user or token that adds the greeting.
    pub author: &'a str,
    pub content: &'a [u8],
}

impl ReadTx<'_> {
    /// Newest first.
    pub fn greetings(&self, business: BusinessId) -> Result<Vec<Greeting>> {
        let mut query = self.conn.prepare_cached(
            "SELECT id, is_current, sha256, mime, duration_ms, file_name, author, created_at FROM greetings
             WHERE business_id = ?1 ORDER BY id DESC",
        )?;
        let rows = query.query_map([business], greeting)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The media type and the audio data.
    pub fn greeting_sound(&self, id: i64) -> Result<Option<(String, Vec<u8>)>> {
        let mut query = self.conn.prepare_cached("SELECT mime, content FROM greetings WHERE id = ?1")?;
        Ok(query.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }

    /// The audio data of the greeting that callers hear; `None` if they hear the greeting from the package.
    pub fn current_greeting(&self, business: BusinessId) -> Result<Option<Vec<u8>>> {
        let sql = "SELECT content FROM greetings WHERE business_id = ?1 AND is_current = 1";
        Ok(self.conn.prepare_cached(sql)?.query_row([business], |row| row.get(0)).optional()?)
    }
}

impl WriteTx<'_> {
    /// Returns the id. Callers do not hear the greeting until it is chosen.
    pub fn insert_greeting(&self, business: BusinessId, new: &NewGreeting<'_>, now: Timestamp) -> Result<i64> {
        let NewGreeting { sha256, mime, duration_ms, file_name, author, content } = new;
        self.conn
            .prepare_cached(
                "INSERT INTO greetings(business_id, is_current, sha256, mime, duration_ms, file_name, author, created_at, content)
                 VALUES (?1, 0, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![business, sha256, mime, duration_ms, file_name, author, now, content])?;
        Ok(self.conn.last_insert_rowid())
    }

    /// `None` chooses the greeting from the package.
    pub fn choose_greeting(&self, business: BusinessId, id: Option<i64>) -> Result<()> {
        let mut clear = self.conn.prepare_cached(
            "UPDATE greetings SET is_current = 0 WHERE business_id = ?1 AND is_current = 1 AND id IS NOT ?2",
        )?;
        clear.execute(params![business, id])?;
        if let Some(id) = id {
            let sql = "UPDATE greetings SET is_current = 1 WHERE business_id = ?1 AND id = ?2";
            if self.conn.prepare_cached(sql)?.execute(params![business, id])? == 0 {
                return Err(Error::NotFound("greeting"));
            }
        }
        self.record_in(ChangeKind::SettingUpdated, None, None)
    }

    /// Keeps the newest `keep` greetings and the current one.
    pub fn prune_greetings(&self, business: BusinessId, keep: usize) -> Result<()> {
        let sql = "DELETE FROM greetings WHERE business_id = ?1 AND is_current = 0
                       AND id NOT IN (SELECT id FROM greetings WHERE business_id = ?1 ORDER BY id DESC LIMIT ?2)";
        self.conn.prepare_cached(sql)?.execute(params![business, i64::try_from(keep).unwrap_or(i64::MAX)])?;
        Ok(())
    }
}

fn greeting(row: &Row<'_>) -> rusqlite::Result<Greeting> {
    Ok(Greeting {
        id: row.get(0)?,
        is_current: row.get(1)?,
        sha256: row.get(2)?,
        mime: row.get(3)?,
        duration_ms: row.get(4)?,
        file_name: row.get(5)?,
        author: row.get(6)?,
        created_at: row.get(7)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{database, transact};

    #[test]
    fn one_greeting_is_current_and_the_oldest_are_deleted() {
        let (_folder, conn) = database();
        transact(&conn, |tx| {
            let now = Timestamp::from_millis(1_790_000_000_000);
            let add = |content: &[u8]| {
                let new = NewGreeting {
                    sha256: "a",
                    mime: "audio/wav",
                    duration_ms: 5,
                    file_name: None,
                    author: "user:1",
                    content,
                };
                tx.insert_greeting(BusinessId::FIRST, &new, now)
            };
            let ids = [b"1", b"2", b"3", b"4"].map(|content| add(content).unwrap());
            assert_eq!(tx.current_greeting(BusinessId::FIRST)?, None);
            tx.choose_greeting(BusinessId::FIRST, Some(ids[0]))?;
            tx.choose_greeting(BusinessId::FIRST, Some(ids[0]))?;
            assert_eq!(tx.current_greeting(BusinessId::FIRST)?.as_deref(), Some(&b"1"[..]));
            tx.prune_greetings(BusinessId::FIRST, 2)?;
            let left: Vec<_> = tx.greetings(BusinessId::FIRST)?.iter().map(|one| (one.id, one.is_current)).collect();
            assert_eq!(left, [(ids[3], false), (ids[2], false), (ids[0], true)]);
            assert!(matches!(tx.choose_greeting(BusinessId::FIRST, Some(99)), Err(Error::NotFound(_))));
            tx.choose_greeting(BusinessId::FIRST, None)?;
            assert_eq!(tx.current_greeting(BusinessId::FIRST)?, None);
            Ok(())
        });
    }
}
