//! The login sessions of the current user, and, for owners, those of other users.

mod view;

use super::operation::{Operations, operations};
use super::response::OkResponse;
use crate::clock;
use crate::crm::{self, session};
use crate::domain::{Role, SessionSummary, UserId};
use crate::http::auth::{Actor, LoggedIn, LoggedInOrOwner, Owner};
use crate::http::extract::{Id, Name};
use crate::http::pagination::Page;
use crate::http::{ApiError, AppState};
use axum::Json;
use axum::extract::State;
use view::{SessionItem, SessionItemPage};

pub(super) fn operations() -> Operations {
    operations![list, end_others, end, list_of_user, end_of_user]
}

/// List the sessions of the current user, last used first.
#[utoipa::path(get, path = "/api/sessions", tag = "account", operation_id = "list_sessions",
    responses((status = 200, body = SessionItemPage)))]
pub(super) async fn list(
    State(state): State<AppState>,
    LoggedIn(actor, login): LoggedIn,
) -> Result<Json<SessionItemPage>, ApiError> {
    sessions_of(&state, &actor, login.user.id).await
}

/// End all sessions of the current user except the one of this request.
#[utoipa::path(delete, path = "/api/sessions", tag = "account", operation_id = "end_other_sessions",
    responses((status = 200, description = "The other sessions have ended.", body = OkResponse)))]
pub(super) async fn end_others(
    State(state): State<AppState>,
    LoggedIn(actor, login): LoggedIn,
) -> Result<Json<OkResponse>, ApiError> {
    let (by, now) = (actor.id, clock::now());
    let work =
        actor.transact(&state.store, move |tx| session::end_all(tx, by, login.user.id, Some(&login.id_hash), now));
    work.await?;
    Ok(OkResponse::OK)
}

/// End a session of the current user, or, as an owner, a session of any user.
#[utoipa::path(delete, path = "/api/sessions/{id}", tag = "account", operation_id = "end_session",
    params(("id" = String, Path)), responses((status = 200, description = "The session has ended.", body = OkResponse)))]
pub(super) async fn end(
    State(state): State<AppState>,
    LoggedInOrOwner(actor): LoggedInOrOwner,
    Name(id): Name,
) -> Result<Json<OkResponse>, ApiError> {
    let only_of = match actor.role {
        Role::Owner => None,
        Role::Staff => Some(actor.require_login()?.user.id),
    };
    let (by, now) = (actor.id, clock::now());
    actor.transact(&state.store, move |tx| session::end_by_id(tx, by, &id, only_of, now)).await?;
    Ok(OkResponse::OK)
}

/// List the sessions of a user, last used first.
#[utoipa::path(get, path = "/api/users/{id}/sessions", tag = "users", operation_id = "list_user_sessions",
    params(("id" = i64, Path)), responses((status = 200, body = SessionItemPage)))]
pub(super) async fn list_of_user(
    State(state): State<AppState>,
    Owner(actor): Owner,
    Id(id): Id,
) -> Result<Json<SessionItemPage>, ApiError> {
    sessions_of(&state, &actor, UserId(id)).await
}

/// End all sessions of a user.
#[utoipa::path(delete, path = "/api/users/{id}/sessions", tag = "users", operation_id = "end_user_sessions",
    params(("id" = i64, Path)), responses((status = 200, description = "The sessions of the user have ended.", body = OkResponse)))]
pub(super) async fn end_of_user(
    State(state): State<AppState>,
    Owner(actor): Owner,
    Id(id): Id,
) -> Result<Json<OkResponse>, ApiError> {
    let (by, now) = (actor.id, clock::now());
    actor.transact(&state.store, move |tx| session::end_all(tx, by, UserId(id), None, now)).await?;
    Ok(OkResponse::OK)
}

async fn sessions_of(state: &AppState, actor: &Actor, user: UserId) -> Result<Json<SessionItemPage>, ApiError> {
    let now = clock::now();
    let found = crm::read(&state.store, move |tx| session::list(tx, user, now)).await?;
    let current = actor.login.as_ref().map(|login| SessionSummary::id_of(&login.id_hash));
    let view = |SessionSummary { id, user_agent, created_at, last_seen_at, expires_at }| SessionItem {
        is_current: current == Some(id.as_str()),
        id,
        user_agent,
        created_at,
        last_seen_at,
        expires_at,
    };
    Ok(Json(Page::only(found.into_iter().map(view).collect())))
}
