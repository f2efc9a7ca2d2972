//! The search index and the queries on it.

mod document;
mod hit;
mod index;

pub use index::IndexStep;

use super::{ReadTx, Result};
use crate::domain::{ContactId, SearchHit, SearchKind, ThreadId};
use crate::search::Query;
use rusqlite::params;

/// Which hits of a search.
#[derive(Clone, Debug)]
pub struct SearchRequest {
    /// The query.
    pub query: Query,
    /// The kinds; empty means all.
    pub kinds: Vec<SearchKind>,
    /// Hits before this position.
    pub before: Option<i64>,
    /// How many at most.
    pub limit: usize,
}

impl ReadTx<'_> {
    /// Hits of a search: contacts first, then all others, newest first. Also returns the position of the next page.
    pub fn search(&self, request: &SearchRequest) -> Result<(Vec<SearchHit>, Option<i64>)> {
        let mut found = self.found_documents(request, request.limit.saturating_add(1))?;
        let more = found.len() > request.limit;
        found.truncate(request.limit);
        let next = found.last().map(|document| document.id).filter(|_| more);
        let mut hits = Vec::with_capacity(found.len());
        for document in &found {
            hits.extend(self.search_hit(document)?);
        }
        Ok((hits, next))
    }

    /// Returns true if everything that is older than the index has been indexed.
    pub fn search_is_complete(&self) -> Result<bool> {
        let mut query = self.conn.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM search_progress) AND NOT EXISTS (SELECT 1 FROM search_backlog)",
        )?;
        Ok(query.query_row([], |row| row.get(0))?)
    }

    /// The query on the index for what a user has typed into a list's search; none while the index is not complete, and for a
    /// text without anything that is indexed. Such a list is searched by comparing each text.
    pub(in crate::store) fn indexed(&self, typed: &str) -> Result<Option<Query>> {
        if self.search_is_complete()? { Ok(Query::parse(typed)) } else { Ok(None) }
    }

    /// The contacts with hits, those with the newest hits if there are very many.
    pub fn contacts_with_hits(&self, query: &Query) -> Result<Vec<ContactId>> {
        let ids = self.newest_hits(query)?;
        let mut statement = self.conn.prepare_cached(include_str!("search/contacts.sql"))?;
        let rows = statement.query_map([ids], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The threads with hits, those with the newest hits if there are very many. A hit in a contact's name or number is one
    /// in each of the contact's threads.
    pub fn threads_with_hits(&self, query: &Query) -> Result<Vec<ThreadId>> {
        let ids = self.newest_hits(query)?;
        let mut statement = self.conn.prepare_cached(include_str!("search/threads.sql"))?;
        let rows = statement.query_map([ids], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The calls with hits, those with the newest hits if there are very many.
    pub fn calls_with_hits(&self, query: &Query) -> Result<Vec<i64>> {
        let ids = self.newest_hits(query)?;
        let mut statement = self.conn.prepare_cached(include_str!("search/calls.sql"))?;
        let rows = statement.query_map([ids], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The ids of the newest documents with hits, as JSON.
    fn newest_hits(&self, query: &Query) -> Result<String> {
        let mut statement = self.conn.prepare_cached(
            "SELECT json_group_array(rowid) FROM (
                 SELECT rowid FROM search_index WHERE search_index MATCH ?1 ORDER BY rowid DESC LIMIT ?2)",
        )?;
        Ok(statement.query_row(params![query.match_expression(), MAX_LIST_HITS], |row| row.get(0))?)
    }
}

/// Lists are filtered by at most this many hits.
const MAX_LIST_HITS: i64 = 2000;

/// A JSON list, for `json_each`.
pub(in crate::store) fn json_list(ids: impl Iterator<Item = i64>) -> String {
    serde_json::Value::from(ids.collect::<Vec<i64>>()).to_string()
}
