//! The search index and the queries on it.

mod document;
mod hit;
mod index;
mod list;

pub use index::IndexStep;
pub(in crate::store) use list::{HitsOf, ListSearch, digits, like};

use super::page::page;
use super::{ReadTx, Result};
use crate::domain::{SearchHit, SearchKind};
use crate::search::Query;

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
    /// Hits of a search: contacts first, then all others, newest first. Also returns the position of the next page. `show` makes of
    /// a hit what is shown of it; it runs within the read, because the texts of a page can be megabytes.
    pub fn search<T>(&self, request: &SearchRequest, show: impl Fn(SearchHit) -> T) -> Result<(Vec<T>, Option<i64>)> {
        let found = self.found_documents(request, request.limit.saturating_add(1))?;
        let (found, next) = page(found, request.limit, |last| last.id);
        let mut hits = Vec::with_capacity(found.len());
        for document in &found {
            self.check_wanted()?;
            hits.extend(self.search_hit(document)?.map(&show));
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
}
