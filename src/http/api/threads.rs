//! Threads and their messages.

mod route;
pub(super) mod view;

use super::operation::{Operations, operations};
use super::response::OkResponse;
use crate::clock;
use crate::crm::thread::DraftOutcome;
use crate::crm::{self, outbox, thread};
use crate::domain::{self, ActorId, BusinessId, ContactId, MessageId, PeerAddress, ThreadId};
use crate::http::auth::Member;
use crate::http::extract::{Id, Json, Query, SearchWords};
use crate::http::pagination::{CursorParam, Limit};
use crate::http::{ApiError, AppState, ErrorBody};
use crate::store::{self, DeliveryPeriod, ReadTx, ThreadFilter};
use axum::extract::State;
use serde::Deserialize;
use view::list::{Draft, InboxCounts, InboxFilter, OpenThreadRequest, PutDraftRequest};
use view::{MessageDetail, MessagePage, Thread, ThreadPage, ThreadType};

pub(super) fn operations() -> Operations {
    operations![list, open, counts, show, messages, mark_read, put_draft, cancel, route::preview, route::typing]
}

/// Filters for threads.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ThreadQuery {
    /// The channel; both by default.
    #[serde(rename = "type")]
    kind: Option<ThreadType>,
    /// The id of the business; 1 by default.
    business_id: Option<i64>,
    /// The state of the listed threads; `all`, the default, leaves archived threads out.
    #[param(inline)]
    filter: Option<InboxFilter>,
    /// Text to find in names, numbers, messages, transcripts, and summaries of calls; only in names and numbers while
    /// the search index is incomplete.
    #[param(value_type = Option<String>, max_length = 500)]
    q: Option<SearchWords>,
    /// Items per page, 1 to 200; 50 by default.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the previous page.
    #[param(value_type = Option<String>)]
    cursor: Option<CursorParam>,
}

/// The page of messages to return.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct MessageQuery {
    /// Items per page, 1 to 200; 50 by default.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of another page, to get the messages that are older than that page.
    #[param(value_type = Option<String>)]
    before: Option<CursorParam>,
}

/// List threads, newest activity first.
#[utoipa::path(get, path = "/api/threads", tag = "threads", operation_id = "list_threads", params(ThreadQuery),
    responses((status = 200, body = ThreadPage)))]
pub(super) async fn list(
    State(state): State<AppState>,
    Member(actor): Member,
    Query(query): Query<ThreadQuery>,
) -> Result<axum::Json<ThreadPage>, ApiError> {
    let business = query.business_id.map_or(BusinessId::FIRST, BusinessId);
    let filter = ThreadFilter {
        business,
        kind: query.kind.map(|kind| kind.0),
        state: query.filter.map_or(domain::InboxFilter::All, |state| state.0),
        reader: actor.id,
        words: query.q.map(|words| words.0),
        due: DeliveryPeriod::at(clock::now()),
    };
    let (after, limit) = (query.cursor.map(|after| after.0), query.limit.0);
    let searches = filter.words.is_some();
    let page = move |tx: &ReadTx<'_>| {
        let (threads, next) = tx.threads(&filter, after, limit)?;
        Ok((with_drafts(tx, actor.id, threads)?, next))
    };
    let (threads, next) = if searches { state.store.read_long(page).await? } else { state.store.read(page).await? };
    Ok(axum::Json(ThreadPage { threads, next_cursor: next.map(|cursor| cursor.to_string()) }))
}

/// Open the WhatsApp thread with a contact.
///
/// If the contact has no such thread, an empty one is created, so that a draft can be stored in it, and a message
/// scheduled. Lists leave out a thread without a message, unless it has a draft of the current user, or a scheduled
/// message that was not sent. An existing thread is returned unchanged, whatever `to` is.
#[utoipa::path(post, path = "/api/threads", tag = "threads", operation_id = "open_thread", request_body = OpenThreadRequest,
    responses((status = 200, body = Thread), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody, description = "`no_address`: the contact has no number or address to which a message could be sent."),
        (status = 400, body = ErrorBody, description = "`to` is no current number or id of the contact.")))]
pub(super) async fn open(
    State(state): State<AppState>,
    Member(actor): Member,
    Json(request): Json<OpenThreadRequest>,
) -> Result<axum::Json<Thread>, ApiError> {
    let to = request.to.as_deref().filter(|to| !to.trim().is_empty());
    let to = to.map(|to| PeerAddress::parse(to, state.config().business.country)).transpose();
    let to = to.map_err(|error| ApiError::invalid(error.to_string()).with_field("to"))?;
    let (contact, opener, now) = (ContactId(request.contact_id), actor.clone(), clock::now());
    let work = actor.transact(&state.store, move |tx| {
        let thread = thread::open(tx, contact, to.as_ref(), now)?;
        opener.set_audit_subject(format!("thread:{}", thread.id));
        Ok(with_drafts(tx, opener.id, vec![thread])?.pop())
    });
    Ok(axum::Json(work.await?.ok_or_else(|| ApiError::not_found("there is no such thread"))?))
}

/// Get a thread.
#[utoipa::path(get, path = "/api/threads/{id}", tag = "threads", operation_id = "get_thread", params(("id" = i64, Path)),
    responses((status = 200, body = Thread)))]
pub(super) async fn show(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
) -> Result<axum::Json<Thread>, ApiError> {
    let found = state.store.read(move |tx| with_drafts(tx, actor.id, tx.thread(ThreadId(id))?.into_iter().collect()));
    let thread = found.await?.pop().ok_or_else(|| ApiError::not_found("there is no such thread"))?;
    Ok(axum::Json(thread))
}

/// Count the contacts who wait for an answer, were answered by the agent, or have unread messages or calls.
#[utoipa::path(get, path = "/api/threads/counts", tag = "threads", operation_id = "count_threads",
    responses((status = 200, body = InboxCounts)))]
pub(super) async fn counts(
    State(state): State<AppState>,
    _member: Member,
) -> Result<axum::Json<InboxCounts>, ApiError> {
    let counts = state.store.read(|tx| tx.inbox_counts(BusinessId::FIRST)).await?;
    Ok(axum::Json(counts.into()))
}

fn with_drafts(tx: &ReadTx<'_>, actor: ActorId, threads: Vec<domain::Thread>) -> store::Result<Vec<Thread>> {
    let ids: Vec<ThreadId> = threads.iter().map(|thread| thread.id).collect();
    let contacts: Vec<ContactId> = threads.iter().map(|thread| thread.contact_id).collect();
    let (mut drafts, tags) = (tx.drafts(actor, &ids)?, tx.tags_of_contacts(&contacts)?);
    let view = |thread: domain::Thread| {
        let draft = drafts.remove(&thread.id);
        let tags = tags.get(&thread.contact_id).cloned().unwrap_or_default();
        Thread::from(thread).with(draft, tags)
    };
    Ok(threads.into_iter().map(view).collect())
}

/// List the messages of a thread, oldest first within the page.
///
/// Without `before`, the page has the newest messages.
#[utoipa::path(get, path = "/api/threads/{id}/messages", tag = "threads", operation_id = "list_messages",
    params(("id" = i64, Path), MessageQuery), responses((status = 200, body = MessagePage)))]
pub(super) async fn messages(
    State(state): State<AppState>,
    _member: Member,
    Id(id): Id,
    Query(query): Query<MessageQuery>,
) -> Result<axum::Json<MessagePage>, ApiError> {
    let (before, limit) = (query.before.map(|before| before.0), query.limit.0);
    let found = state.store.read(move |tx| match tx.thread(ThreadId(id))? {
        Some(thread) => tx.messages(thread.id, before, limit).map(Some),
        None => Ok(None),
    });
    let language = state.config().language();
    let (messages, next) = found.await?.ok_or_else(|| ApiError::not_found("there is no such thread"))?;
    Ok(axum::Json(MessagePage {
        messages: messages.into_iter().map(|detail| MessageDetail::new(detail, language)).collect(),
        next_cursor: next.map(|cursor| cursor.to_string()),
    }))
}

/// Cancel a message that is still queued.
///
/// The message stays in its thread as failed, with the error code `cancelled`.
#[utoipa::path(post, path = "/api/messages/{id}/cancel", tag = "threads", operation_id = "cancel_message",
    params(("id" = i64, Path)),
    responses((status = 200, description = "The message will not be sent.", body = OkResponse), (status = 409, body = ErrorBody)))]
pub(super) async fn cancel(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
) -> Result<axum::Json<OkResponse>, ApiError> {
    let now = clock::now();
    actor.transact(&state.store, move |tx| outbox::cancel(tx, MessageId(id), now)).await?;
    Ok(OkResponse::OK)
}

/// Mark a thread as read.
#[utoipa::path(post, path = "/api/threads/{id}/read", tag = "threads", operation_id = "mark_thread_read",
    params(("id" = i64, Path)), responses((status = 200, body = Thread)))]
pub(super) async fn mark_read(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
) -> Result<axum::Json<Thread>, ApiError> {
    let reader = actor.id;
    let work = actor.transact(&state.store, move |tx| {
        let thread = thread::mark_read(tx, ThreadId(id))?;
        Ok(with_drafts(tx, reader, vec![thread])?.pop())
    });
    Ok(axum::Json(work.await?.ok_or_else(|| ApiError::not_found("there is no such thread"))?))
}

/// Store the current user's draft in a thread.
///
/// The user's other devices may store another text meanwhile. With `expected`, a request that is not based on that text
/// is refused, so that it does not replace it.
#[utoipa::path(put, path = "/api/threads/{id}/draft", tag = "threads", operation_id = "put_draft",
    params(("id" = i64, Path)), request_body = PutDraftRequest,
    responses((status = 200, description = "The draft was stored.", body = OkResponse),
        (status = 409, body = ErrorBody, description = "`conflict`: `expected` is the draft of a thread that was merged into another one, which has the draft now."),
        (status = 412, body = ErrorBody, description = "`changed`: the stored draft has neither the text `expected` nor the \
            new one; nothing was changed. `current` is the stored draft, null if there is none.")))]
pub(super) async fn put_draft(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    Json(PutDraftRequest { text, expected }): Json<PutDraftRequest>,
) -> Result<axum::Json<OkResponse>, ApiError> {
    // A draft is not business data, so it is not audited.
    actor.skip_audit();
    let (author, id, now) = (actor.id, ThreadId(id), clock::now());
    let put = crm::transact(&state.store, move |tx| thread::put_draft(tx, author, id, &text, expected.as_deref(), now));
    match put.await? {
        DraftOutcome::Stored => Ok(OkResponse::OK),
        DraftOutcome::Changed(current) => {
            let current = serde_json::to_value(current.map(Draft::from)).unwrap_or_default();
            Err(ApiError::changed(current, None))
        }
    }
}
