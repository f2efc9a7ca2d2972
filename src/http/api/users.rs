//! People who may log in. For owners.

use super::Done;
use crate::clock;
use crate::crm::{self, user};
use crate::domain::{Role, User, UserId};
use crate::http::extract::{Id, Json};
use crate::http::{Actor, ApiError, AppState, Confidential, ErrorBody};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{delete, get, post};
use serde::{Deserialize, Serialize};

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/users", get(list).post(add))
        .route("/api/users/{id}", delete(remove))
        .route("/api/users/{id}/password", post(reset_password))
}

/// Everybody who may log in.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct UserList {
    users: Vec<User>,
}

/// Somebody new.
#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct NewUser {
    name: String,
    role: Role,
    /// At least 8 characters.
    password: String,
}

/// A password that an owner gives somebody.
#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct NewPassword {
    /// At least 8 characters.
    password: String,
}

/// Everybody who may log in.
#[utoipa::path(get, path = "/api/users", tag = "users", responses((status = 200, body = UserList)))]
pub(super) async fn list(State(state): State<AppState>, actor: Actor) -> Result<axum::Json<UserList>, ApiError> {
    actor.require_owner()?;
    let users = state.store.read(|tx| tx.users()).await?;
    Ok(axum::Json(UserList { users }))
}

/// Add somebody.
#[utoipa::path(post, path = "/api/users", tag = "users", request_body = NewUser, responses(
    (status = 201, body = User), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn add(
    State(state): State<AppState>,
    actor: Actor,
    _: Confidential,
    Json(new): Json<NewUser>,
) -> Result<(StatusCode, axum::Json<User>), ApiError> {
    actor.require_owner()?;
    user::check_name(&new.name)?;
    let (hash, now) = (state.auth.hash(new.password).await?, clock::now());
    let user = crm::transact(&state.store, move |tx| user::add(tx, actor.id, &new.name, new.role, &hash, now)).await?;
    Ok((StatusCode::CREATED, axum::Json(user)))
}

/// Give somebody a new password; it ends their sessions.
#[utoipa::path(post, path = "/api/users/{id}/password", tag = "users", params(("id" = i64, Path)),
    request_body = NewPassword, responses((status = 200, body = Done), (status = 404, body = ErrorBody)))]
pub(super) async fn reset_password(
    State(state): State<AppState>,
    actor: Actor,
    _: Confidential,
    Id(id): Id,
    Json(new): Json<NewPassword>,
) -> Result<axum::Json<Done>, ApiError> {
    actor.require_owner()?;
    let (hash, now) = (state.auth.hash(new.password).await?, clock::now());
    crm::transact(&state.store, move |tx| user::set_password(tx, actor.id, UserId(id), &hash, None, now)).await?;
    Ok(Done::YES)
}

/// Take somebody's right to log in away.
#[utoipa::path(delete, path = "/api/users/{id}", tag = "users", params(("id" = i64, Path)), responses(
    (status = 200, body = Done), (status = 404, body = ErrorBody),
    (status = 409, description = "The last owner stays", body = ErrorBody)))]
pub(super) async fn remove(
    State(state): State<AppState>,
    actor: Actor,
    Id(id): Id,
) -> Result<axum::Json<Done>, ApiError> {
    actor.require_owner()?;
    let now = clock::now();
    crm::transact(&state.store, move |tx| user::remove(tx, actor.id, UserId(id), now)).await?;
    Ok(Done::YES)
}
