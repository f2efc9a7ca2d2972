//! Self-checks of the installation: the results of the last ones, and the start of another one. For owners only.

mod view;

use super::operation::{Operations, operations};
use super::response::OkResponse;
use crate::domain::Language;
use crate::http::accept_language::preferred;
use crate::http::auth::Owner;
use crate::http::{ApiError, AppState};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use view::{SelfCheck, SelfChecksResponse};

pub(super) fn operations() -> Operations {
    operations![show, start]
}

/// List the results of the last 31 self-checks.
#[utoipa::path(get, path = "/api/self-check", tag = "system", operation_id = "get_self_checks",
    params(("Accept-Language" = Option<String>, Header, description = "The language of the findings: `he` or `en`")),
    responses((status = 200, body = SelfChecksResponse)))]
pub(super) async fn show(
    State(state): State<AppState>,
    _owner: Owner,
    headers: HeaderMap,
) -> Result<Json<SelfChecksResponse>, ApiError> {
    let language = preferred(&headers).unwrap_or(Language::English);
    let history = state.store.read(|tx| tx.self_checks(31)).await?;
    let last = state.self_check.last().map(|check| SelfCheck::new(&check, language));
    let history = history.iter().map(|check| SelfCheck::new(check, language)).collect();
    Ok(Json(SelfChecksResponse { last, history }))
}

/// Start a self-check.
///
/// If a self-check is running, the new one starts after its end.
#[utoipa::path(post, path = "/api/self-check", tag = "system", operation_id = "start_self_check",
    responses((status = 202, description = "The self-check has started.", body = OkResponse)))]
pub(super) async fn start(
    State(state): State<AppState>,
    _owner: Owner,
) -> Result<(StatusCode, Json<OkResponse>), ApiError> {
    let checker = state.self_check.clone();
    tokio::spawn(async move { checker.check().await });
    Ok((StatusCode::ACCEPTED, OkResponse::OK))
}
