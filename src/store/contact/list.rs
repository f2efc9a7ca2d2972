//! The list of contacts.

use super::super::thread::{digits, like};
use super::super::{ReadTx, Result};
use super::contact;
use crate::domain::{BusinessId, Contact, Cursor};
use rusqlite::named_params;

impl ReadTx<'_> {
    /// A page of contacts whose name or address contains `words`, newest contact first.
    pub fn contacts(
        &self,
        business: BusinessId,
        words: Option<&str>,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<(Vec<Contact>, Option<Cursor>)> {
        let mut query = self.conn.prepare_cached(include_str!("list.sql"))?;
        let words = words.map(str::trim).filter(|words| !words.is_empty());
        let rows = query.query_map(
            named_params! {
                ":business": business,
                ":words": words.map(like),
                ":digits": words.and_then(digits).map(|digits| like(&digits)),
                ":after_at": after.map(|cursor| cursor.at),
                ":after_id": after.map(|cursor| cursor.id),
                ":limit": i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX),
            },
            contact,
        )?;
        let mut contacts = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        let more = contacts.len() > limit;
        contacts.truncate(limit);
        let next = contacts.last().filter(|_| more).map(|last| Cursor { at: last.created_at, id: last.id.0 });
        Ok((contacts, next))
    }
}
