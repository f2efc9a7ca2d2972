//! `/.well-known/`: ACME challenges, with which a certificate authority verifies a domain, and the challenge with which
//! `agentlocator doctor` and the settings page verify that an address leads to this daemon
//! (`host::instance_challenge`).

use super::AppState;
use crate::host::instance_challenge::CHALLENGE_PATH;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// Returns the route of ACME challenges, which are requested over plain HTTP (RFC 8555, section 8.3).
pub(super) fn acme_routes() -> Router<AppState> {
    Router::new().route("/.well-known/acme-challenge/{token}", get(acme_answer))
}

pub(super) fn instance_routes() -> Router<AppState> {
    Router::new().route(&format!("{CHALLENGE_PATH}{{challenge}}"), get(instance_answer))
}

async fn acme_answer(State(state): State<AppState>, Path(token): Path<String>) -> Response {
    respond(state.tls.challenge_answer(&token), (header::CONTENT_TYPE, "application/octet-stream"))
}

async fn instance_answer(State(state): State<AppState>, Path(challenge): Path<String>) -> Response {
    respond(state.identity.answer(&challenge), (header::CACHE_CONTROL, "no-store"))
}

fn respond(answer: Option<String>, header: (HeaderName, &'static str)) -> Response {
    match answer {
        Some(answer) => ([header], answer).into_response(),
        None => (StatusCode::NOT_FOUND, "not found\n").into_response(),
    }
}
