//! API tokens: bearer tokens for programs. For owners only.

mod view;

use super::operation::{Operations, operations};
use super::response::OkResponse;
use crate::clock;
use crate::crm::idempotency::Kind;
use crate::crm::token::{self, OneTimeSecret};
use crate::domain::{Role, TokenId};
use crate::http::auth::Owner;
use crate::http::extract::{Id, Json};
use crate::http::idempotency::IdempotencyKey;
use crate::http::pagination::Page;
use crate::http::{ApiError, AppState, ErrorBody};
use crate::store::WriteTx;
use axum::extract::State;
use axum::http::StatusCode;
use view::{ApiTokenPage, CreateTokenRequest, CreateTokenResponse};

pub(super) fn operations() -> Operations {
    operations![list, create, revoke]
}

/// List API tokens.
#[utoipa::path(get, path = "/api/tokens", tag = "tokens", operation_id = "list_tokens",
    responses((status = 200, body = ApiTokenPage)))]
pub(super) async fn list(State(state): State<AppState>, _owner: Owner) -> Result<axum::Json<ApiTokenPage>, ApiError> {
    let tokens = state.store.read(|tx| tx.tokens()).await?;
    Ok(axum::Json(Page::only(tokens)))
}

/// Create an API token.
///
/// A token with the role of an owner has all rights of an owner, so the session that requests it must be confirmed with
/// the password first. A request with an API token needs no confirmation.
#[utoipa::path(post, path = "/api/tokens", tag = "tokens", operation_id = "create_token", request_body = CreateTokenRequest,
    responses((status = 201, body = CreateTokenResponse),
    (status = 403, description = "Only an owner may do this (`forbidden`), a session must be confirmed with the password before \
        (`POST /api/session/confirm`) for a token of an owner (`confirmation_required`), or X-CSRF-Token is wrong (`csrf`)",
        body = ErrorBody)))]
pub(super) async fn create(
    State(state): State<AppState>,
    Owner(actor): Owner,
    key: IdempotencyKey,
    Json(new): Json<CreateTokenRequest>,
) -> Result<(StatusCode, axum::Json<CreateTokenResponse>), ApiError> {
    let (secret, now) = (OneTimeSecret::token(), clock::now());
    let hash = secret.hash();
    let role = new.role.map_or(Role::Staff, |role| role.0);
    if role == Role::Owner {
        state.auth.confirmations.require(actor.login.as_ref())?;
    }
    let (by, keyed) = (actor.id, key.of(Kind::TOKEN, actor.id));
    let work = move |tx: &WriteTx<'_>| {
        token::create_keyed(tx, keyed, |tx| token::create(tx, by, &new.name, role, &hash, new.expires_at, now), now)
    };
    let details = actor.transact(&state.store, work).await?;
    let response = CreateTokenResponse { details: details.into(), token: secret.expose().to_owned() };
    Ok((StatusCode::CREATED, axum::Json(response)))
}

/// Revoke an API token.
#[utoipa::path(delete, path = "/api/tokens/{id}", tag = "tokens", operation_id = "revoke_token", params(("id" = i64, Path)),
    responses((status = 200, description = "The token is no longer valid.", body = OkResponse)))]
pub(super) async fn revoke(
    State(state): State<AppState>,
    Owner(actor): Owner,
    Id(id): Id,
) -> Result<axum::Json<OkResponse>, ApiError> {
    let now = clock::now();
    actor.transact(&state.store, move |tx| token::revoke(tx, actor.id, TokenId(id), now)).await?;
    Ok(OkResponse::OK)
}
