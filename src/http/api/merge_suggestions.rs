//! Suggestions to merge contacts that may be the same person.

mod view;

use super::contacts::view::MergeResponse;
use super::operation::{Operations, operations};
use super::response::OkResponse;
use crate::clock;
use crate::crm::contact;
use crate::domain::BusinessId;
use crate::http::auth::Member;
use crate::http::extract::{Id, Query};
use crate::http::pagination::{CursorParam, Limit, Page};
use crate::http::{ApiError, AppState};
use axum::extract::State;
use serde::Deserialize;
use view::MergeSuggestionPage;

pub(super) fn operations() -> Operations {
    operations![list, confirm, dismiss, reopen]
}

/// The page of suggestions to return.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SuggestionQuery {
    /// The id of the business; 1 by default.
    business_id: Option<i64>,
    /// Items per page, 1 to 200; 50 by default.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the previous page.
    #[param(value_type = Option<String>)]
    cursor: Option<CursorParam>,
}

/// List pairs of contacts that may be the same person, newest first.
#[utoipa::path(get, path = "/api/merge-suggestions", tag = "contacts", operation_id = "list_merge_suggestions",
    params(SuggestionQuery), responses((status = 200, body = MergeSuggestionPage)))]
pub(super) async fn list(
    State(state): State<AppState>,
    _member: Member,
    Query(query): Query<SuggestionQuery>,
) -> Result<axum::Json<MergeSuggestionPage>, ApiError> {
    let business = query.business_id.map_or(BusinessId::FIRST, BusinessId);
    let (after, limit) = (query.cursor.map(|after| after.0), query.limit.0);
    let (suggestions, next) = state.store.read(move |tx| tx.merge_suggestions(business, after, limit)).await?;
    Ok(axum::Json(Page::new(suggestions, next)))
}

/// Merge the two contacts of a suggestion.
#[utoipa::path(post, path = "/api/merge-suggestions/{id}/confirm", tag = "contacts", operation_id = "confirm_merge_suggestion",
    params(("id" = i64, Path)), responses((status = 200, body = MergeResponse)))]
pub(super) async fn confirm(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
) -> Result<axum::Json<MergeResponse>, ApiError> {
    let now = clock::now();
    let work = actor.transact(&state.store, move |tx| contact::confirm_suggestion(tx, actor.id, id, now));
    Ok(axum::Json(MergeResponse::new(work.await?)))
}

/// Dismiss a suggestion.
///
/// The two contacts are not merged, and the merge is not suggested again.
#[utoipa::path(post, path = "/api/merge-suggestions/{id}/dismiss", tag = "contacts", operation_id = "dismiss_merge_suggestion",
    params(("id" = i64, Path)), responses((status = 200, description = "The suggestion was dismissed.", body = OkResponse)))]
pub(super) async fn dismiss(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
) -> Result<axum::Json<OkResponse>, ApiError> {
    let now = clock::now();
    actor.transact(&state.store, move |tx| contact::dismiss_suggestion(tx, actor.id, id, now)).await?;
    Ok(OkResponse::OK)
}

/// Show a dismissed suggestion again.
#[utoipa::path(post, path = "/api/merge-suggestions/{id}/reopen", tag = "contacts", operation_id = "reopen_merge_suggestion",
    params(("id" = i64, Path)), responses((status = 200, description = "The suggestion is listed again.", body = OkResponse)))]
pub(super) async fn reopen(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
) -> Result<axum::Json<OkResponse>, ApiError> {
    let now = clock::now();
    actor.transact(&state.store, move |tx| contact::reopen_suggestion(tx, actor.id, id, now)).await?;
    Ok(OkResponse::OK)
}
