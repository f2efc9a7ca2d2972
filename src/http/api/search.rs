//! Search over contacts, messages, calls and notes.

mod view;

use super::operation::{Operations, operations};
use crate::domain::{self, BusinessId};
use crate::http::auth::Member;
use crate::http::extract::{CommaSeparated, Query, SearchWords};
use crate::http::pagination::Limit;
use crate::http::{ApiError, AppState};
use crate::search;
use crate::store::{ReadTx, SearchRequest};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use view::{SearchHit, SearchPage};

pub(super) fn operations() -> Operations {
    operations![search_all]
}

/// The words to search for, and the page of hits to return.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct SearchQuery {
    /// Words, all of which must match, or a part of a number. A word of two letters matches only the beginning of a
    /// word, and a single letter is ignored.
    #[param(value_type = String, max_length = 500)]
    q: SearchWords,
    /// The kinds of hits, separated by commas: `contact`, `message`, `turn`, `call`, `note`; all by default.
    #[param(value_type = Option<String>)]
    #[serde(default)]
    kinds: CommaSeparated<domain::SearchKind>,
    /// Items per page, 1 to 200; 50 by default.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the previous page.
    cursor: Option<i64>,
}

/// Search contacts, messages, calls and notes.
///
/// Contacts are first; all other hits follow, newest first. If nothing is found, also among contacts, `similar_name` is
/// the name of a contact that differs by a letter in each misspelled word.
#[utoipa::path(get, path = "/api/search", tag = "threads", operation_id = "search", params(SearchQuery),
    responses((status = 200, body = SearchPage)))]
async fn search_all(
    State(state): State<AppState>,
    _member: Member,
    Query(asked): Query<SearchQuery>,
) -> Result<Json<SearchPage>, ApiError> {
    let Some(query) = search::Query::parse(&asked.q.0) else {
        return Ok(Json(SearchPage::new(Vec::new(), None, None)));
    };
    let kinds = &asked.kinds.0;
    let has_contacts = asked.cursor.is_none() && (kinds.is_empty() || kinds.contains(&domain::SearchKind::Contact));
    let misspelled = search::Misspelled::new(&asked.q.0);
    let request = SearchRequest { query, kinds: asked.kinds.0, before: asked.cursor, limit: asked.limit.0 };
    let read = move |tx: &ReadTx<'_>| {
        let (hits, next) = tx.search(&request, |hit| SearchHit::new(hit, &request.query))?;
        let is_unknown = hits.is_empty() && has_contacts;
        let similar = if is_unknown { tx.similar_name(BusinessId::FIRST, &misspelled)? } else { None };
        Ok(SearchPage::new(hits, next, similar))
    };
    Ok(Json(state.store.read_long(read).await?))
}
