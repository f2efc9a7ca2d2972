//! Users and their passwords. For owners only.

pub(super) mod view;

use super::account::hash_password;
use super::operation::{Operations, operations};
use super::response::OkResponse;
use crate::clock;
use crate::crm::user;
use crate::domain::{Role, UserId};
use crate::http::auth::Owner;
use crate::http::etag::{IfMatch, Tagged};
use crate::http::extract::{Id, Json};
use crate::http::pagination::Page;
use crate::http::{ApiError, AppState, Confidential, ErrorBody};
use crate::store::WriteTx;
use axum::extract::State;
use axum::http::StatusCode;
use view::{CreateUserRequest, ResetPasswordRequest, UpdateUserRequest, User, UserPage};

pub(super) fn operations() -> Operations {
    operations![list, add, change, remove, reset_password]
}

/// List users.
#[utoipa::path(get, path = "/api/users", tag = "users", operation_id = "list_users",
    responses((status = 200, body = UserPage)))]
pub(super) async fn list(State(state): State<AppState>, _owner: Owner) -> Result<axum::Json<UserPage>, ApiError> {
    let users = state.store.read(|tx| tx.users()).await?;
    Ok(axum::Json(Page::only(users)))
}

/// Create a user.
///
/// To create an owner, the session must be confirmed with the password first. A request with an API token needs no
/// confirmation.
#[utoipa::path(post, path = "/api/users", tag = "users", operation_id = "create_user", request_body = CreateUserRequest,
    responses((status = 201, body = User), (status = 409, body = ErrorBody),
    (status = 403, description = "Only an owner may do this (`forbidden`), a session must be confirmed with the password before \
        (`POST /api/session/confirm`) for an owner (`confirmation_required`), passwords are not accepted on this connection \
        (`https_required`), or X-CSRF-Token is wrong (`csrf`)", body = ErrorBody)))]
pub(super) async fn add(
    State(state): State<AppState>,
    Owner(actor): Owner,
    _: Confidential,
    Json(new): Json<CreateUserRequest>,
) -> Result<(StatusCode, axum::Json<User>), ApiError> {
    if new.role.0 == Role::Owner {
        state.auth.confirmations.require(actor.login.as_ref())?;
    }
    user::check_name(&new.name)?;
    let hash = hash_password(&state, "password", new.password, &new.name).await?;
    let now = clock::now();
    let user =
        actor.transact(&state.store, move |tx| user::add(tx, actor.id, &new.name, new.role.0, &hash, now)).await?;
    Ok((StatusCode::CREATED, axum::Json(user.into())))
}

/// Change the role of a user.
///
/// The user's sessions continue with the new role. API tokens with the rights of an owner for which the user is
/// responsible are accepted only while the user is an owner. Users cannot change their own role, and the last owner
/// stays an owner.
///
/// To make a user an owner, the session must be confirmed with the password first. A request with an API token needs no
/// confirmation.
#[utoipa::path(patch, path = "/api/users/{id}", tag = "users", operation_id = "update_user", params(("id" = i64, Path)),
    request_body = UpdateUserRequest, responses((status = 200, body = User),
    (status = 403, description = "Only an owner may do this (`forbidden`), a session must be confirmed with the password before \
        (`POST /api/session/confirm`) to make a user an owner (`confirmation_required`), or X-CSRF-Token is wrong (`csrf`)", body = ErrorBody),
    (status = 409, description = "Neither the own role nor that of the last owner can be changed: `conflict`", body = ErrorBody)))]
pub(super) async fn change(
    State(state): State<AppState>,
    Owner(actor): Owner,
    Id(id): Id,
    if_match: IfMatch,
    Json(change): Json<UpdateUserRequest>,
) -> Result<Tagged<User>, ApiError> {
    let role = change.role.0;
    if role == Role::Owner {
        state.auth.confirmations.require(actor.login.as_ref())?;
    }
    let (by, id, now) = (actor.id, UserId(id), clock::now());
    let change = move |tx: &WriteTx<'_>| user::set_role(tx, by, id, role, now);
    if_match.edit(&actor, &state.store, move |tx| Ok(user::by_id(tx, id)?.into()), change).await
}

/// Set a new password for a user.
///
/// The user's sessions end. The session of the request must be confirmed with the password first. A request with an API
/// token needs no confirmation.
#[utoipa::path(post, path = "/api/users/{id}/password", tag = "users", operation_id = "reset_user_password",
    params(("id" = i64, Path)), request_body = ResetPasswordRequest,
    responses((status = 200, description = "The password was set.", body = OkResponse),
    (status = 403, description = "Only an owner may do this (`forbidden`), a session must be confirmed with the password before \
        (`POST /api/session/confirm`; `confirmation_required`), passwords are not accepted on this connection (`https_required`), \
        or X-CSRF-Token is wrong (`csrf`)", body = ErrorBody)))]
pub(super) async fn reset_password(
    State(state): State<AppState>,
    Owner(actor): Owner,
    _: Confidential,
    Id(id): Id,
    Json(new): Json<ResetPasswordRequest>,
) -> Result<axum::Json<OkResponse>, ApiError> {
    state.auth.confirmations.require(actor.login.as_ref())?;
    let user = state.store.read(move |tx| tx.user(UserId(id))).await?;
    let user = user.ok_or_else(|| ApiError::not_found("there is no such user"))?;
    let hash = hash_password(&state, "password", new.password, &user.name).await?;
    let now = clock::now();
    actor.transact(&state.store, move |tx| user::set_password(tx, actor.id, UserId(id), &hash, None, now)).await?;
    Ok(OkResponse::OK)
}

/// Remove a user.
///
/// The user's sessions end, and the API tokens for which the user is responsible are revoked.
#[utoipa::path(delete, path = "/api/users/{id}", tag = "users", operation_id = "delete_user", params(("id" = i64, Path)),
    responses((status = 200, description = "The user was removed.", body = OkResponse),
        (status = 409, description = "The last owner cannot be removed: `conflict`", body = ErrorBody)))]
pub(super) async fn remove(
    State(state): State<AppState>,
    Owner(actor): Owner,
    Id(id): Id,
) -> Result<axum::Json<OkResponse>, ApiError> {
    let now = clock::now();
    actor.transact(&state.store, move |tx| user::remove(tx, actor.id, UserId(id), now)).await?;
    Ok(OkResponse::OK)
}
