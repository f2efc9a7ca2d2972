//! `/.well-known/agentlocator/CHALLENGE`: shows whether an address leads to this daemon (`host::instance_challenge`).

use super::AppState;
use crate::host::instance_challenge::CHALLENGE_PATH;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route(&format!("{CHALLENGE_PATH}{{challenge}}"), get(answer))
}

async fn answer(State(state): State<AppState>, Path(challenge): Path<String>) -> Response {
    match state.identity.answer(&challenge) {
        Some(answer) => ([(header::CACHE_CONTROL, "no-store")], answer).into_response(),
        None => (StatusCode::NOT_FOUND, "not found\n").into_response(),
    }
}
