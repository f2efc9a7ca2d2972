//! Suggestions to merge two contacts.

use super::super::page::{page, rows_for};
use super::{COLUMN_COUNT, columns, contact};
use crate::domain::{BusinessId, ChangeKind, ContactId, Cursor, MergeSuggestion, SuggestionReason, Timestamp};
use crate::store::{Error, ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, Row, named_params, params};

/// Two contacts that may be the same person.
#[derive(Clone, Copy, Debug)]
pub struct NewSuggestion<'a> {
    /// In any order.
    pub contacts: [ContactId; 2],
    pub reason: SuggestionReason,
    /// The number or id that led to the suggestion.
    pub address: &'a str,
}

impl ReadTx<'_> {
    /// Without decided suggestions, newest first.
    pub fn merge_suggestions(
        &self,
        business: BusinessId,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<(Vec<MergeSuggestion>, Option<Cursor>)> {
        let sql = format!("{} {}", undecided(), include_str!("suggestions_page.sql"));
        let mut query = self.conn.prepare_cached(&sql)?;
        let rows = query.query_map(
            named_params! {
                ":business": business,
                ":after_at": after.map(|cursor| cursor.at),
                ":after_id": after.map(|cursor| cursor.id),
                ":limit": rows_for(limit),
            },
            suggestion,
        )?;
        let found = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(page(found, limit, |last| Cursor { at: last.created_at, id: last.id }))
    }

    /// `None` if the suggestion is decided.
    pub fn merge_suggestion(&self, id: i64) -> Result<Option<MergeSuggestion>> {
        let sql = format!("{} AND s.id = ?1", undecided());
        Ok(self.conn.prepare_cached(&sql)?.query_row([id], suggestion).optional()?)
    }
}

impl WriteTx<'_> {
    /// Returns false if a suggestion for the same two contacts exists.
    pub fn suggest_merge(&self, business: BusinessId, new: &NewSuggestion<'_>, now: Timestamp) -> Result<bool> {
        let [one, other] = new.contacts;
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO merge_suggestions(business_id, first_contact, second_contact, reason, address, created_at)
             VALUES (?1, min(?2, ?3), max(?2, ?3), ?4, ?5, ?6)
             ON CONFLICT (business_id, first_contact, second_contact) DO NOTHING",
        )?;
        if insert.execute(params![business, one, other, new.reason, new.address, now])? == 0 {
            return Ok(false);
        }
        self.record_in(ChangeKind::MergeSuggestionUpdated, None, Some(self.conn.last_insert_rowid()))?;
        Ok(true)
    }

    pub fn decide_suggestion(&self, id: i64, is_merged: bool, now: Timestamp) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE merge_suggestions SET decision = iif(?2, 'merged', 'dismissed'), decided_at = ?3
             WHERE id = ?1 AND decision IS NULL",
        )?;
        if update.execute(params![id, is_merged, now])? == 0 {
            return Err(Error::NotFound("merge suggestion"));
        }
        self.record_in(ChangeKind::MergeSuggestionUpdated, None, Some(id))
    }

    pub fn reopen_suggestion(&self, id: i64) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE merge_suggestions SET decision = NULL, decided_at = NULL WHERE id = ?1 AND decision = 'dismissed'",
        )?;
        if update.execute([id])? == 0 {
            return Err(Error::NotFound("dismissed merge suggestion"));
        }
        self.record_in(ChangeKind::MergeSuggestionUpdated, None, Some(id))
    }
}

/// Leaves out contacts that were merged in another way.
fn undecided() -> String {
    let sql = include_str!("suggestions.sql");
    sql.replace("{one}", &columns("one")).replace("{other}", &columns("other"))
}

fn suggestion(row: &Row<'_>) -> rusqlite::Result<MergeSuggestion> {
    let at = 2 * COLUMN_COUNT;
    Ok(MergeSuggestion {
        contact: contact(row, 0)?,
        other_contact: contact(row, COLUMN_COUNT)?,
        id: row.get(at)?,
        reason: row.get(at + 1)?,
        address: row.get(at + 2)?,
        created_at: row.get(at + 3)?,
    })
}
