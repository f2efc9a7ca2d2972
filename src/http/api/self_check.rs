//! The results of the self-checks. For owners.

mod view;

use super::OkResponse;
use super::operation::{Operations, operations};
use super::views;
use crate::http::auth::Owner;
use crate::http::{ApiError, AppState};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use view::SelfChecksResponse;

pub(super) fn operations() -> Operations {
    operations![show, start]
}

/// List the results of the self-checks.
#[utoipa::path(get, path = "/api/self-check", tag = "system", operation_id = "list_self_checks",
    responses((status = 200, body = SelfChecksResponse)))]
pub(super) async fn show(State(state): State<AppState>, _owner: Owner) -> Result<Json<SelfChecksResponse>, ApiError> {
    let history = state.store.read(|tx| tx.self_checks(31)).await?;
    let (last, history) = (state.self_check.last().map(Into::into), views(history));
    Ok(Json(SelfChecksResponse { last, history }))
}

/// Start a self-check.
#[utoipa::path(post, path = "/api/self-check", tag = "system", operation_id = "start_self_check",
    responses((status = 202, body = OkResponse)))]
pub(super) async fn start(
    State(state): State<AppState>,
    _owner: Owner,
) -> Result<(StatusCode, Json<OkResponse>), ApiError> {
    let checker = state.self_check.clone();
    tokio::spawn(async move { checker.check().await });
    Ok((StatusCode::ACCEPTED, OkResponse::OK))
}
