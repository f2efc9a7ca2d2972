//! The search index and its queries.

mod document;
mod hit;
mod index;
mod list;

pub use index::IndexStep;
pub(in crate::store) use list::{HitsOf, ListSearch, digits, like};

use super::page::page;
use crate::domain::{SearchHit, SearchKind};
use crate::search::Query;
use crate::store::{ReadTx, Result};

#[derive(Clone, Debug)]
pub struct SearchRequest {
    pub query: Query,
    /// Empty for all kinds.
    pub kinds: Vec<SearchKind>,
    /// Only hits before this position; `None` for the first page.
    pub before: Option<i64>,
    pub limit: usize,
}

impl ReadTx<'_> {
    /// Contacts first, then all other hits, newest first; with the position of the next page. `show`, which converts a
    /// hit for display, runs during the read, because the texts of a page can be megabytes long.
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

    /// Returns true if all rows that are older than the index have been indexed.
    pub fn search_is_complete(&self) -> Result<bool> {
        let mut query = self.conn.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM search_progress) AND NOT EXISTS (SELECT 1 FROM search_backlog)",
        )?;
        Ok(query.query_row([], |row| row.get(0))?)
    }
}
