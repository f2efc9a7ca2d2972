//! Answers ACME challenges: requests over plain HTTP by which a certificate authority verifies a domain.

use super::AppState;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/.well-known/acme-challenge/{token}", get(answer))
}

/// RFC 8555, section 8.3.
async fn answer(State(state): State<AppState>, Path(token): Path<String>) -> Response {
    match state.tls.challenge_answer(&token) {
        Some(answer) => ([(header::CONTENT_TYPE, "application/octet-stream")], answer).into_response(),
        None => (StatusCode::NOT_FOUND, "not found\n").into_response(),
    }
}
