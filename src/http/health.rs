//! Whether the daemon is alive.

use super::AppState;
use axum::Router;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

/// `/`, `/healthz`, `/livez`.
pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/", get(root)).route("/healthz", get(alive)).route("/livez", get(alive))
}

async fn root(headers: HeaderMap) -> Response {
    if prefers_html(&headers) { Redirect::to("/app/").into_response() } else { "ok".into_response() }
}

async fn alive() -> &'static str {
    "ok"
}

fn prefers_html(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}
