//! Which path leads where, for each door.

use super::{ApiError, AppState, envelope, health, version};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};

/// What Twilio, the bridge and monitors need; `with_crm` where page and API have no door of their own.
pub(super) fn public(state: &AppState, with_crm: bool) -> Router {
    let routes = Router::new().merge(health::routes()).merge(version::routes());
    let routes = if with_crm { routes.merge(crm_routes()) } else { routes };
    finish(routes, state)
}

/// Page and API, and what monitors need.
pub(super) fn crm(state: &AppState) -> Router {
    finish(Router::new().merge(health::routes()).merge(version::routes()).merge(crm_routes()), state)
}

fn crm_routes() -> Router<AppState> {
    Router::new()
}

fn finish(routes: Router<AppState>, state: &AppState) -> Router {
    routes
        .fallback(not_found)
        .layer(DefaultBodyLimit::max(state.config.http.max_body_bytes))
        .layer(from_fn_with_state(state.clone(), envelope::wrap))
        .with_state(state.clone())
}

async fn not_found(uri: Uri) -> Response {
    if is_api(uri.path()) {
        return ApiError::not_found("there is no such path").into_response();
    }
    (StatusCode::NOT_FOUND, "not found\n").into_response()
}

/// Whether a path belongs to the API, whose errors are JSON.
pub(super) fn is_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}
