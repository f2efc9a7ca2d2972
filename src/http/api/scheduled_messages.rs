//! Messages that are sent later.

pub(super) mod view;

use super::operation::{Operations, operations};
use super::response::OkResponse;
use crate::clock;
use crate::crm::idempotency::Kind;
use crate::crm::{self, scheduled_message};
use crate::domain::ThreadId;
use crate::http::auth::Member;
use crate::http::etag::{IfMatch, Tagged};
use crate::http::extract::{Id, Json, Query};
use crate::http::idempotency::IdempotencyKey;
use crate::http::pagination::{CursorParam, Limit, Page};
use crate::http::{ApiError, AppState, ErrorBody, actor_idempotency_key};
use crate::store::{ReadTx, WriteTx};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use view::{
    ScheduleMessageRequest, ScheduledMessage, ScheduledMessagePage, ScheduledState, UpdateScheduledMessageRequest,
};

pub(super) fn operations() -> Operations {
    operations![list, create, show, change, cancel]
}

/// Filters for scheduled messages.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ScheduledQuery {
    /// Only messages of this thread.
    thread_id: Option<i64>,
    /// Only messages in this state.
    state: Option<ScheduledState>,
    /// Items per page, 1 to 200; 50 by default.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the previous page.
    #[param(value_type = Option<String>)]
    cursor: Option<CursorParam>,
}

/// List scheduled messages, earliest first.
#[utoipa::path(get, path = "/api/scheduled-messages", tag = "threads", operation_id = "list_scheduled_messages",
    params(ScheduledQuery), responses((status = 200, body = ScheduledMessagePage)))]
pub(super) async fn list(
    State(state): State<AppState>,
    _member: Member,
    Query(query): Query<ScheduledQuery>,
) -> Result<axum::Json<ScheduledMessagePage>, ApiError> {
    let (thread, wanted) = (query.thread_id.map(ThreadId), query.state.map(|state| state.0));
    let (after, limit) = (query.cursor.map(|after| after.0), query.limit.0);
    let (found, next) = state.store.read(move |tx| tx.scheduled_messages(thread, wanted, after, limit)).await?;
    Ok(axum::Json(Page::new(found, next)))
}

/// Schedule a message in a WhatsApp thread.
///
/// Limits and the route are checked only when the message is due. If it cannot be sent then, its state becomes `failed`,
/// and the conversation waits for an answer (`turn` is `us`). A message that can only be refused is not scheduled.
#[utoipa::path(post, path = "/api/scheduled-messages", tag = "threads", operation_id = "schedule_message",
    params(("Idempotency-Key" = Option<String>, Header,
        description = "The same key and request again give the message that the first request scheduled.")),
    request_body = ScheduleMessageRequest,
    responses((status = 201, body = ScheduledMessage), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody, description = "The message of the first request with this key was cancelled."),
        (status = 422, body = ErrorBody, description = "A field is refused; `key_reused`: the key was used for another request; \
            `contact_opted_out`; `text_too_long`: too long for the named provider.")))]
pub(super) async fn create(
    State(state): State<AppState>,
    Member(actor): Member,
    headers: HeaderMap,
    Json(new): Json<ScheduleMessageRequest>,
) -> Result<(StatusCode, Tagged<ScheduledMessage>), ApiError> {
    let key = actor_idempotency_key(&headers, actor.id)?;
    let (request, now) = (new.into_request(actor.id), clock::now());
    let create = move |tx: &WriteTx<'_>| scheduled_message::create(tx, &request, key.as_deref(), now);
    let created = actor.create(&state.store, Kind::SCHEDULED_MESSAGE, &IdempotencyKey::NONE, create, show_one).await?;
    state.schedule_changed.wake();
    Ok(created)
}

/// Get a scheduled message.
#[utoipa::path(get, path = "/api/scheduled-messages/{id}", tag = "threads", operation_id = "get_scheduled_message",
    params(("id" = i64, Path)), responses((status = 200, body = ScheduledMessage)))]
pub(super) async fn show(
    State(state): State<AppState>,
    _member: Member,
    Id(id): Id,
) -> Result<Tagged<ScheduledMessage>, ApiError> {
    Ok(Tagged(crm::read(&state.store, move |tx| show_one(tx, id)).await?))
}

/// Change a scheduled message that has not been sent or cancelled, and has not failed.
#[utoipa::path(patch, path = "/api/scheduled-messages/{id}", tag = "threads", operation_id = "update_scheduled_message",
    params(("id" = i64, Path)), request_body = UpdateScheduledMessageRequest,
    responses((status = 200, body = ScheduledMessage), (status = 409, body = ErrorBody)))]
pub(super) async fn change(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    if_match: IfMatch,
    Json(new): Json<UpdateScheduledMessageRequest>,
) -> Result<Tagged<ScheduledMessage>, ApiError> {
    let now = clock::now();
    let change = move |tx: &WriteTx<'_>| scheduled_message::change(tx, id, new.into(), now);
    let changed = if_match.edit(&actor, &state.store, move |tx| show_one(tx, id), change).await?;
    state.schedule_changed.wake();
    Ok(changed)
}

/// Cancel a scheduled message, or discard one that has failed.
#[utoipa::path(delete, path = "/api/scheduled-messages/{id}", tag = "threads", operation_id = "cancel_scheduled_message",
    params(("id" = i64, Path)),
    responses((status = 200, description = "The message will not be sent.", body = OkResponse), (status = 409, body = ErrorBody)))]
pub(super) async fn cancel(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    if_match: IfMatch,
) -> Result<axum::Json<OkResponse>, ApiError> {
    let now = clock::now();
    let cancel = move |tx: &WriteTx<'_>| scheduled_message::cancel(tx, id, now);
    if_match.delete(&actor, &state.store, move |tx| show_one(tx, id), cancel).await?;
    Ok(OkResponse::OK)
}

fn show_one(tx: &ReadTx<'_>, id: i64) -> Result<ScheduledMessage, crm::Error> {
    Ok(scheduled_message::find(tx, id)?.into())
}
