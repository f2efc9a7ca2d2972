//! The search of lists: selects the rows that match a user's search text.

use super::super::sql::json_list;
use crate::search::{Query, is_number_separator};
use crate::store::{ReadTx, Result};
use rusqlite::params;

/// Usually `found` contains the ids. While the index cannot be used, `words` and `digits` are patterns for texts and
/// numbers instead. All are `None` without a search text.
#[derive(Debug, Default)]
pub(in crate::store) struct ListSearch {
    /// The ids as a JSON list.
    pub found: Option<String>,
    /// True if `found` is short. The list then looks up and sorts these rows, instead of scanning all rows in list
    /// order until the page is full.
    pub is_few: bool,
    /// A LIKE pattern for texts.
    pub words: Option<String>,
    /// A LIKE pattern for numbers.
    pub digits: Option<String>,
}

impl ListSearch {
    /// The condition has the parameter `:found`.
    pub(in crate::store) fn condition(&self, column: &str) -> String {
        match self.found {
            // The `+` prevents SQLite from looking up each id first.
            Some(_) => format!(
                "{plus}{column} IN (SELECT value FROM json_each(:found))",
                plus = if self.is_few { "" } else { "+" }
            ),
            None => ":found IS NULL".to_owned(),
        }
    }
}

/// A hit in a contact's name or number belongs to each of the contact's rows.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) enum HitsOf {
    Calls,
    Contacts,
    Threads,
}

impl ReadTx<'_> {
    /// `of` is the kind of rows in the list.
    pub(in crate::store) fn list_search(&self, typed: Option<&str>, of: HitsOf) -> Result<ListSearch> {
        let Some(typed) = typed.map(str::trim).filter(|typed| !typed.is_empty()) else {
            return Ok(ListSearch::default());
        };
        Ok(match self.indexed(typed)? {
            Some(query) => {
                let ids = self.ids_with_hits(&query, of)?;
                ListSearch { found: Some(json_list(&ids)), is_few: ids.len() <= FEW, ..ListSearch::default() }
            }
            None => ListSearch {
                words: Some(like(typed)),
                digits: digits(typed).map(|digits| like(&digits)),
                ..ListSearch::default()
            },
        })
    }

    /// Returns the contacts whose name or number has the words, in any order and spelling, as a JSON list. The index may
    /// lack the newest names.
    pub(in crate::store) fn contacts_named(&self, typed: &str) -> Result<String> {
        let Some(query) = self.indexed(typed)? else { return Ok("[]".to_owned()) };
        let sql = "SELECT json_group_array(ref_id) FROM (
                       SELECT d.ref_id FROM search_index i JOIN search_documents d ON d.id = i.rowid
                       WHERE search_index MATCH ?1 AND d.kind = 'contact' LIMIT ?2)";
        let values = params![query.match_expression(), MAX_LIST_HITS];
        Ok(self.conn.prepare_cached(sql)?.query_row(values, |row| row.get(0))?)
    }

    /// `None` while the index is incomplete, or if the text contains nothing that is indexed.
    fn indexed(&self, typed: &str) -> Result<Option<Query>> {
        if self.search_is_complete()? { Ok(Query::parse(typed)) } else { Ok(None) }
    }

    /// If there are more than `MAX_LIST_HITS` hits, only the newest hits count.
    fn ids_with_hits(&self, query: &Query, of: HitsOf) -> Result<Vec<i64>> {
        let hits: String = self
            .conn
            .prepare_cached(
                "SELECT json_group_array(rowid) FROM (
                     SELECT rowid FROM search_index WHERE search_index MATCH ?1 ORDER BY rowid DESC LIMIT ?2)",
            )?
            .query_row(params![query.match_expression(), MAX_LIST_HITS], |row| row.get(0))?;
        let sql = match of {
            HitsOf::Calls => include_str!("calls.sql"),
            HitsOf::Contacts => include_str!("contacts.sql"),
            HitsOf::Threads => include_str!("threads.sql"),
        };
        let mut statement = self.conn.prepare_cached(sql)?;
        let rows = statement.query_map([hits], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

/// A LIKE pattern that matches `words` anywhere, with special characters escaped.
pub(in crate::store) fn like(words: &str) -> String {
    let escaped = words.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

/// The digits to search for in numbers: `050-123` finds `+97250123…`. `None` if the text is not a part of a number.
pub(in crate::store) fn digits(words: &str) -> Option<String> {
    let plain = words.chars().all(|c| c.is_ascii_digit() || is_number_separator(c));
    let digits: String = words.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    (plain && digits.len() >= 2).then(|| digits.to_owned())
}

/// A list uses at most this many hits.
const MAX_LIST_HITS: i64 = 2000;

/// The number of rows up to which sorting them is as fast as reading a page in list order.
const FEW: usize = 500;
