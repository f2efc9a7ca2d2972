//! Calls with their turns and recordings.

mod answer;
mod control;
mod listen;
mod peaks;
mod recording;
pub(super) mod view;

use super::operation::{Operations, operations};
use super::response::views;
use crate::domain::{BusinessId, CallId, ContactId, ThreadId};
use crate::http::auth::Member;
use crate::http::extract::{Id, Query, SearchWords};
use crate::http::pagination::{CursorParam, Limit};
use crate::http::{ApiError, AppState};
use crate::store::{CallFilter, ReadTx};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use view::{CallDetail, CallItem, CallOutcome, CallPage, Turn};

pub(super) fn operations() -> Operations {
    operations![
        list,
        show,
        recording::play,
        peaks::show,
        control::hang_up,
        control::hint,
        control::transfer,
        answer::answer,
        listen::listen
    ]
}

/// Filters for calls.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct CallQuery {
    /// The id of the business; 1 by default.
    business_id: Option<i64>,
    /// Only calls of this thread.
    thread_id: Option<i64>,
    /// Only calls of this contact.
    contact_id: Option<i64>,
    /// The text to find in names, numbers, transcripts, summaries, and messages that callers left. No call is found
    /// while the search index is incomplete.
    #[param(value_type = Option<String>, max_length = 500)]
    q: Option<SearchWords>,
    /// Only calls with this outcome.
    outcome: Option<CallOutcome>,
    /// Items per page, 1 to 200; 50 by default.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the previous page.
    #[param(value_type = Option<String>)]
    cursor: Option<CursorParam>,
}

/// List calls, newest first.
#[utoipa::path(get, path = "/api/calls", tag = "calls", operation_id = "list_calls", params(CallQuery),
    responses((status = 200, body = CallPage)))]
pub(super) async fn list(
    State(state): State<AppState>,
    Member(actor): Member,
    Query(query): Query<CallQuery>,
) -> Result<Json<CallPage>, ApiError> {
    let business = query.business_id.map_or(BusinessId::FIRST, BusinessId);
    let filter = CallFilter {
        business,
        thread: query.thread_id.map(ThreadId),
        contact: query.contact_id.map(ContactId),
        outcome: query.outcome.map(|outcome| outcome.0),
        words: query.q.map(|words| words.0),
    };
    let (after, limit) = (query.cursor.map(|after| after.0), query.limit.0);
    let searches = filter.words.is_some();
    let page = move |tx: &ReadTx<'_>| {
        let contact = filter.contact.map(|id| tx.kept_contact(id)).transpose()?;
        tx.calls(&CallFilter { contact, ..filter }, after, limit)
    };
    let (calls, next) = if searches { state.store.read_long(page).await? } else { state.store.read(page).await? };
    let calls = calls.into_iter().map(|call| CallItem::new(call, actor.role)).collect();
    Ok(Json(CallPage { calls, next_cursor: next.map(|cursor| cursor.to_string()) }))
}

/// Get a call with its turns.
#[utoipa::path(get, path = "/api/calls/{id}", tag = "calls", operation_id = "get_call", params(("id" = i64, Path)),
    responses((status = 200, body = CallDetail)))]
pub(super) async fn show(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
) -> Result<Json<CallDetail>, ApiError> {
    let reader = actor.role;
    let found = state.store.read(move |tx| {
        let Some(item) = tx.call_item(CallId(id))? else { return Ok(None) };
        let (turns, recordings) = (tx.turns(item.call.id)?, tx.recordings(item.call.id)?);
        let (hung_up_by, bookings) = (tx.hung_up_by(item.call.id)?, tx.call_bookings(&item.call)?);
        let transferring = tx.is_transferring(&item.call)?;
        let transcript_pruned = tx.is_transcript_pruned(item.call.id)?;
        let findings = tx.call_findings(&item.call)?.into();
        Ok(Some(CallDetail {
            call: CallItem::new(item, reader),
            turns: turns.into_iter().map(|turn| Turn::new(turn, reader)).collect(),
            transcript_pruned,
            recordings: views(recordings),
            transferring,
            hung_up_by,
            bookings: views(bookings),
            findings,
        }))
    });
    Ok(Json(found.await?.ok_or_else(|| ApiError::not_found("there is no such call"))?))
}
