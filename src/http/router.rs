//! The routes of each listener.

use super::auth::authenticate;
use super::error::is_api;
use super::request_middleware::{Limits, MiddlewareState, handle_request};
use super::{
    ApiError, AppState, api, health, https_redirect, media_stream, metrics, page, ready, sent_media, static_audio,
    version, webhooks, well_known,
};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};

/// Returns the routes for Twilio, the bridge and monitoring; with `with_crm`, also those of the web page and the API,
/// if they have no separate listener.
pub(super) fn public(state: &AppState, with_crm: bool) -> Router {
    let routes = monitoring(with_crm).merge(static_audio::routes()).merge(sent_media::routes());
    let routes =
        routes.merge(webhooks::voice::routes()).merge(webhooks::whatsapp::routes()).merge(media_stream::routes());
    let routes = routes.merge(well_known::acme_routes());
    let routes = if with_crm { routes.merge(crm_routes(state)) } else { routes.fallback(not_found) };
    with_middleware(routes, state)
}

pub(super) fn crm(state: &AppState) -> Router {
    with_middleware(monitoring(true).merge(crm_routes(state)), state)
}

pub(super) fn bridge(state: &AppState) -> Router {
    with_middleware(
        monitoring(false).merge(webhooks::whatsapp::bridge_routes()).merge(sent_media::routes()).fallback(not_found),
        state,
    )
}

/// Returns the routes of port 80, which redirects to https once browsers accept the certificate. Until then, it serves
/// monitoring requests, and tells other clients what is missing. ACME and instance challenges are always served.
pub(super) fn port_80(state: &AppState) -> Router {
    let health = health::probes().merge(ready::routes()).merge(version::routes()).merge(metrics::local_routes());
    let redirected = health.fallback(https_redirect::unavailable);
    let redirected = redirected.layer(from_fn_with_state(state.clone(), https_redirect::redirect));
    with_middleware(redirected.merge(well_known::acme_routes()).merge(well_known::instance_routes()), state)
}

pub(super) fn with_hsts(routes: Router, state: &AppState) -> Router {
    routes.layer(from_fn_with_state(state.clone(), https_redirect::hsts))
}

fn monitoring(with_page: bool) -> Router<AppState> {
    Router::new()
        .merge(health::routes(with_page))
        .merge(metrics::routes())
        .merge(ready::routes())
        .merge(version::routes())
        .merge(well_known::instance_routes())
}

fn crm_routes(state: &AppState) -> Router<AppState> {
    let routes = Router::new().merge(api::routes(state)).merge(page::routes());
    routes.merge(media_stream::browser_routes()).fallback(not_found_or_unauthorized)
}

fn with_middleware(routes: Router<AppState>, state: &AppState) -> Router {
    let middleware = MiddlewareState::new({
        let settings = state.settings.clone();
        move || Limits::of(&settings.current().config.http)
    });
    routes.layer(from_fn_with_state(middleware, handle_request)).with_state(state.clone())
}

async fn not_found(uri: Uri) -> Response {
    if is_api(uri.path()) {
        return ApiError::not_found("there is no such path").into_response();
    }
    (StatusCode::NOT_FOUND, "not found\n").into_response()
}

/// An unauthenticated client gets 401, so that it cannot find out which API paths exist.
async fn not_found_or_unauthorized(
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
    not_found(uri).await
}
