//! Bearer tokens for programs. For owners.

use super::Done;
use crate::clock;
use crate::crm;
use crate::crm::token::{self, OneTimeSecret};
use crate::domain::{ApiToken, Role, TokenId};
use crate::http::extract::{Id, Json};
use crate::http::{Actor, ApiError, AppState, ErrorBody};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{delete, get};
use serde::{Deserialize, Serialize};

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/api/tokens", get(list).post(create)).route("/api/tokens/{id}", delete(revoke))
}

/// All tokens, without their secrets.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct TokenList {
    tokens: Vec<ApiToken>,
}

/// A new token.
#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct NewToken {
    /// What it is for.
    name: String,
    /// What it may do; staff unless said otherwise.
    role: Option<Role>,
}

/// A new token with its secret, which is not shown again.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct CreatedToken {
    #[serde(flatten)]
    details: ApiToken,
    /// Goes into `Authorization: Bearer …`.
    token: String,
}

/// All tokens.
#[utoipa::path(get, path = "/api/tokens", tag = "tokens", responses((status = 200, body = TokenList)))]
pub(super) async fn list(State(state): State<AppState>, actor: Actor) -> Result<axum::Json<TokenList>, ApiError> {
    actor.require_owner()?;
    let tokens = state.store.read(|tx| tx.tokens()).await?;
    Ok(axum::Json(TokenList { tokens }))
}

/// Make a token for a program.
#[utoipa::path(post, path = "/api/tokens", tag = "tokens", request_body = NewToken, responses(
    (status = 201, body = CreatedToken), (status = 400, body = ErrorBody)))]
pub(super) async fn create(
    State(state): State<AppState>,
    actor: Actor,
    Json(new): Json<NewToken>,
) -> Result<(StatusCode, axum::Json<CreatedToken>), ApiError> {
    actor.require_owner()?;
    let (secret, now) = (OneTimeSecret::token(), clock::now());
    let hash = secret.hash();
    let role = new.role.unwrap_or(Role::Staff);
    let details =
        crm::transact(&state.store, move |tx| token::create(tx, actor.id, &new.name, role, &hash, now)).await?;
    Ok((StatusCode::CREATED, axum::Json(CreatedToken { details, token: secret.expose().to_owned() })))
}

/// Make a token good for nothing.
#[utoipa::path(delete, path = "/api/tokens/{id}", tag = "tokens", params(("id" = i64, Path)), responses(
    (status = 200, body = Done), (status = 404, body = ErrorBody)))]
pub(super) async fn revoke(
    State(state): State<AppState>,
    actor: Actor,
    Id(id): Id,
) -> Result<axum::Json<Done>, ApiError> {
    actor.require_owner()?;
    let now = clock::now();
    crm::transact(&state.store, move |tx| token::revoke(tx, actor.id, TokenId(id), now)).await?;
    Ok(Done::YES)
}
