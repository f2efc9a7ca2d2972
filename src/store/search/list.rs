//! How lists find what a user has typed into their search.

use super::super::json::json_list;
use super::super::{ReadTx, Result};
use crate::search::Query;
use rusqlite::params;

/// What a list selects by the words that a user has typed: the ids in `found`, or, while the index cannot answer, the texts
/// that match `words`, or `digits` in numbers. All are none without words.
#[derive(Debug, Default)]
pub(in crate::store) struct ListSearch {
    /// Ids as a JSON list.
    pub found: Option<String>,
    /// Whether `found` is so short that its rows are looked up and sorted, instead of reading the list in its order until the
    /// page is full.
    pub is_few: bool,
    /// A LIKE pattern.
    pub words: Option<String>,
    /// A LIKE pattern.
    pub digits: Option<String>,
}

impl ListSearch {
    /// The condition on the column with the id of a row; it has the parameter `:found`.
    pub(in crate::store) fn condition(&self, column: &str) -> String {
        match self.found {
            // `+` keeps SQLite from starting with the ids.
            Some(_) => format!(
                "{plus}{column} IN (SELECT value FROM json_each(:found))",
                plus = if self.is_few { "" } else { "+" }
            ),
            None => ":found IS NULL".to_owned(),
        }
    }
}

/// Which rows a hit of the index belongs to. A hit in a contact's name or number is one in each of the contact's threads.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) enum HitsOf {
    Calls,
    Contacts,
    Threads,
}

impl ReadTx<'_> {
    /// What a list searches for; `of` are its rows.
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

    /// The query on the index; none while the index is not complete, and for a text without anything that is indexed.
    fn indexed(&self, typed: &str) -> Result<Option<Query>> {
        if self.search_is_complete()? { Ok(Query::parse(typed)) } else { Ok(None) }
    }

    /// The rows with hits, those with the newest hits if there are very many.
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

/// The digits to search for in numbers: `050-123` finds `+97250123…`.
pub(in crate::store) fn digits(words: &str) -> Option<String> {
    let plain = words.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | ' ' | '(' | ')'));
    let digits: String = words.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    (plain && digits.len() >= 2).then(|| digits.to_owned())
}

/// Lists are filtered by at most this many hits.
const MAX_LIST_HITS: i64 = 2000;

/// So many rows are sorted as fast as a page is read in the order of the list.
const FEW: usize = 500;
