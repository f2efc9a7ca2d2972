//! Which path leads where, for each door.

use super::auth::authenticate;
use super::{ApiError, AppState, api, envelope, health, hooks, media, version};
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};

/// What Twilio, the bridge and monitors need; `with_crm` where page and API have no door of their own.
pub(super) fn public(state: &AppState, with_crm: bool) -> Router {
    let routes = Router::new().merge(health::routes()).merge(version::routes());
    let routes = routes.merge(hooks::voice::routes()).merge(hooks::whatsapp::routes()).merge(media::routes());
    let routes = if with_crm { routes.merge(crm_routes(state)) } else { routes };
    finish(routes, state)
}

/// Page and API, and what monitors need.
pub(super) fn crm(state: &AppState) -> Router {
    finish(Router::new().merge(health::routes()).merge(version::routes()).merge(crm_routes(state)), state)
}

fn crm_routes(state: &AppState) -> Router<AppState> {
    Router::new().merge(api::routes(state))
}

fn finish(routes: Router<AppState>, state: &AppState) -> Router {
    routes
        .fallback(not_found)
        .layer(DefaultBodyLimit::max(state.config.http.max_body_bytes))
        .layer(from_fn_with_state(state.clone(), envelope::wrap))
        .with_state(state.clone())
}

async fn not_found(State(state): State<AppState>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if !is_api(uri.path()) {
        return (StatusCode::NOT_FOUND, "not found\n").into_response();
    }
    // Whoever is not logged in does not even learn which paths there are.
    match authenticate(&state, &method, &headers).await {
        Ok(_) => ApiError::not_found("there is no such path").into_response(),
        Err(error) => error.into_response(),
    }
}

/// Whether a path belongs to the API, whose errors are JSON.
pub(super) fn is_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}
