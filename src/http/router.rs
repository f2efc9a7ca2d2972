//! The routes of each listener.

use super::auth::authenticate;
use super::envelope::{Envelope, Limits, wrap};
use super::{
    ApiError, AppState, api, challenge, health, hooks, media, metrics, page, prompts, ready, to_https, version,
    well_known,
};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};

/// The routes for Twilio, the bridge and monitoring; `with_crm` if page and API have no listener of their own.
pub(super) fn public(state: &AppState, with_crm: bool) -> Router {
    let routes = for_monitors(with_crm).merge(prompts::routes());
    let routes = routes.merge(hooks::voice::routes()).merge(hooks::whatsapp::routes()).merge(media::routes());
    let routes = routes.merge(challenge::routes());
    let routes = if with_crm { routes.merge(crm_routes(state)) } else { routes.fallback(nothing_here) };
    finish(routes, state)
}

/// Page and API, and the monitoring routes.
pub(super) fn crm(state: &AppState) -> Router {
    finish(for_monitors(true).merge(crm_routes(state)), state)
}

/// The routes for the bridge, and the monitoring routes.
pub(super) fn bridge(state: &AppState) -> Router {
    finish(for_monitors(false).merge(hooks::whatsapp::bridge_routes()).fallback(nothing_here), state)
}

/// Port 80: redirects to https once browsers accept the certificate. Until then only health checks are answered. ACME
/// challenges are always answered.
pub(super) fn port_80(state: &AppState) -> Router {
    let health = health::probes().merge(ready::routes()).merge(version::routes()).merge(metrics::local_routes());
    let redirected = health.fallback(to_https::unavailable);
    let redirected = redirected.layer(from_fn_with_state(state.clone(), to_https::redirect));
    finish(redirected.merge(challenge::routes()).merge(well_known::routes()), state)
}

/// Adds HSTS to responses over TLS.
pub(super) fn with_hsts(routes: Router, state: &AppState) -> Router {
    routes.layer(from_fn_with_state(state.clone(), to_https::hsts))
}

/// Liveness and version; on every listener.
fn for_monitors(with_page: bool) -> Router<AppState> {
    Router::new()
        .merge(health::routes(with_page))
        .merge(metrics::routes())
        .merge(ready::routes())
        .merge(version::routes())
        .merge(well_known::routes())
}

fn crm_routes(state: &AppState) -> Router<AppState> {
    Router::new().merge(api::routes(state)).merge(page::routes()).fallback(nothing_for_strangers)
}

fn finish(routes: Router<AppState>, state: &AppState) -> Router {
    let envelope = Envelope::new({
        let active_settings = state.active_settings.clone();
        move || Limits::of(&active_settings.current().config.http)
    });
    routes.layer(from_fn_with_state(envelope, wrap)).with_state(state.clone())
}

async fn nothing_here(uri: Uri) -> Response {
    if is_api(uri.path()) {
        return ApiError::not_found("there is no such path").into_response();
    }
    (StatusCode::NOT_FOUND, "not found\n").into_response()
}

/// The fallback of listeners with the API: an unauthenticated client does not learn which API paths exist.
async fn nothing_for_strangers(
    State(state): State<AppState>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if is_api(uri.path())
        && let Err(error) = authenticate(&state, &method, &headers).await
    {
        return error.into_response();
    }
    nothing_here(uri).await
}

/// Returns true if a path belongs to the API, whose errors are JSON.
pub(super) fn is_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}
