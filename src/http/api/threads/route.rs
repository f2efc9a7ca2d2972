//! The route of the next message in a thread, and typing notices.

use super::view::route::MessageRoute;
use crate::clock;
use crate::crm::outbox::{self, PreviewContext};
use crate::domain::ThreadId;
use crate::http::api::response::OkResponse;
use crate::http::auth::Member;
use crate::http::extract::Id;
use crate::http::{ApiError, AppState};
use crate::runtime::outbox::new_chats;
use crate::runtime::typing::TypingNotice;
use axum::Json;
use axum::extract::State;

/// Preview the route of a message that would be sent in a thread now.
///
/// The preview is for a text without a file, of at most 1600 characters, which Twilio accepts. It is refused as the
/// message would be, also by the limits on starting a conversation.
#[utoipa::path(get, path = "/api/threads/{id}/route", tag = "threads", operation_id = "preview_route",
    params(("id" = i64, Path)), responses((status = 200, body = MessageRoute)))]
pub(in crate::http::api) async fn preview(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
) -> Result<Json<MessageRoute>, ApiError> {
    let context = PreviewContext {
        rules: state.outbox.rules(),
        down: state.outbox.down().await,
        new_chats: new_chats(&state.config()),
        author: actor.id.to_string(),
        now: clock::now(),
    };
    let preview = state.store.read(move |tx| outbox::preview(tx, ThreadId(id), &context)).await?;
    Ok(Json(MessageRoute::new(preview, &state.config(), actor.role)))
}

/// Report that the current user is typing in a thread.
///
/// Open pages show the notice for six seconds.
#[utoipa::path(post, path = "/api/threads/{id}/typing", tag = "threads", operation_id = "report_typing",
    params(("id" = i64, Path)), responses((status = 200, description = "The report was received.", body = OkResponse)))]
pub(in crate::http::api) async fn typing(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
) -> Result<Json<OkResponse>, ApiError> {
    actor.skip_audit();
    let user = actor.login.as_ref().map(|login| (login.user.id, login.user.name.clone())).unzip();
    let notice = TypingNotice { thread: ThreadId(id), user: user.0, name: user.1.unwrap_or_default() };
    state.typing.report(notice);
    Ok(OkResponse::OK)
}
