//! The inbox: one row for each contact, and the contact's timeline.

mod timeline;
mod view;

use super::operation::{Operations, operations};
use super::threads::view::list::InboxFilter;
use crate::clock;
use crate::crm::conversation::{self, ConversationAction};
use crate::domain::{self, ActorId, BusinessId, ContactId, ThreadId};
use crate::http::auth::{Actor, Member};
use crate::http::extract::{Id, Query, SearchWords};
use crate::http::pagination::{CursorParam, Limit, Page};
use crate::http::{ApiError, AppState};
use crate::store::{self, DeliveryPeriod, InboxQuery, ReadTx};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use view::{InboxPage, InboxRow};

pub(super) fn operations() -> Operations {
    operations![list, mark_read, archive, unarchive, done, timeline::list]
}

/// Filters for the inbox.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct InboxListQuery {
    /// The state of the listed conversations; `all`, the default, leaves archived ones out.
    #[param(inline)]
    filter: Option<InboxFilter>,
    /// Text to find in names, numbers, messages, transcripts, summaries of calls, and notes; only in names and numbers
    /// while the search index is incomplete.
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

/// List the conversations with contacts, one row for each contact, newest activity first.
#[utoipa::path(get, path = "/api/inbox", tag = "threads", operation_id = "list_inbox", params(InboxListQuery),
    responses((status = 200, body = InboxPage)))]
pub(super) async fn list(
    State(state): State<AppState>,
    Member(actor): Member,
    Query(query): Query<InboxListQuery>,
) -> Result<Json<InboxPage>, ApiError> {
    let filter = query.filter.map_or(domain::InboxFilter::All, |filter| filter.0);
    let words = query.q.map(|words| words.0);
    let due = DeliveryPeriod::at(clock::now());
    let selection = InboxQuery { business: BusinessId::FIRST, state: filter, reader: actor.id, words, due };
    let (after, limit) = (query.cursor.map(|after| after.0), query.limit.0);
    let searches = selection.words.is_some();
    let page = move |tx: &ReadTx<'_>| {
        let (rows, next) = tx.inbox(&selection, after, limit)?;
        Ok((with_drafts(tx, actor.id, rows)?, next))
    };
    let (rows, next) = if searches { state.store.read_long(page).await? } else { state.store.read(page).await? };
    Ok(Json(Page::new(rows, next)))
}

/// Mark all threads of a contact as read.
#[utoipa::path(post, path = "/api/inbox/{contact_id}/read", tag = "threads", operation_id = "mark_conversation_read",
    params(("contact_id" = i64, Path)), responses((status = 200, body = InboxRow)))]
pub(super) async fn mark_read(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
) -> Result<Json<InboxRow>, ApiError> {
    change(&state, actor, id, ConversationAction::Read).await
}

/// Archive the conversation with a contact.
///
/// A message or call from the contact moves the conversation out of the archive, unless the contact is blocked, and so
/// does a message to the contact that is sent or could not be delivered.
#[utoipa::path(post, path = "/api/inbox/{contact_id}/archive", tag = "threads", operation_id = "archive_conversation",
    params(("contact_id" = i64, Path)), responses((status = 200, body = InboxRow)))]
pub(super) async fn archive(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
) -> Result<Json<InboxRow>, ApiError> {
    change(&state, actor, id, ConversationAction::Archive).await
}

/// Move the conversation with a contact out of the archive.
#[utoipa::path(post, path = "/api/inbox/{contact_id}/unarchive", tag = "threads", operation_id = "unarchive_conversation",
    params(("contact_id" = i64, Path)), responses((status = 200, body = InboxRow)))]
pub(super) async fn unarchive(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
) -> Result<Json<InboxRow>, ApiError> {
    change(&state, actor, id, ConversationAction::Unarchive).await
}

/// Mark the conversation with a contact as done.
///
/// The conversation is no longer done after the contact's next message or call, or if a message to the contact cannot
/// be delivered.
#[utoipa::path(post, path = "/api/inbox/{contact_id}/done", tag = "threads", operation_id = "finish_conversation",
    params(("contact_id" = i64, Path)), responses((status = 200, body = InboxRow)))]
pub(super) async fn done(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
) -> Result<Json<InboxRow>, ApiError> {
    change(&state, actor, id, ConversationAction::Done).await
}

async fn change(
    state: &AppState,
    actor: Actor,
    id: i64,
    change: ConversationAction,
) -> Result<Json<InboxRow>, ApiError> {
    let now = clock::now();
    let author = actor.id;
    let work = actor.transact(&state.store, move |tx| {
        let row = conversation::change(tx, ContactId(id), change, now)?;
        Ok(with_drafts(tx, author, vec![row])?.pop())
    });
    let row = work.await?.ok_or_else(|| ApiError::not_found("there is no such conversation"))?;
    Ok(Json(row))
}

fn with_drafts(tx: &ReadTx<'_>, actor: ActorId, rows: Vec<domain::InboxRow>) -> store::Result<Vec<InboxRow>> {
    let threads: Vec<ThreadId> = rows.iter().filter_map(|row| row.whatsapp_thread_id).collect();
    let mut drafts = tx.drafts(actor, &threads)?;
    let contacts: Vec<ContactId> = rows.iter().map(|row| row.contact_id).collect();
    let mut tags = tx.tags_of_contacts(&contacts)?;
    let view = |row: domain::InboxRow| {
        let tags = tags.remove(&row.contact_id).unwrap_or_default();
        let draft = row.whatsapp_thread_id.and_then(|thread| drafts.remove(&thread));
        InboxRow::new(row, draft, tags)
    };
    Ok(rows.into_iter().map(view).collect())
}
