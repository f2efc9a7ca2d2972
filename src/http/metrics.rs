//! `/metrics`: numbers for Prometheus, for this machine itself or with a bearer token.

use super::auth::authenticate;
use super::{ApiError, AppState, Peer};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/metrics", get(show))
}

async fn show(State(state): State<AppState>, peer: Peer, method: Method, headers: HeaderMap) -> Response {
    if !peer.is_local(&headers) {
        let allowed = if headers.contains_key(header::AUTHORIZATION) {
            authenticate(&state, &method, &headers).await
        } else {
            Err(ApiError::unauthorized())
        };
        if let Err(error) = allowed {
            return (error.status(), [(header::WWW_AUTHENTICATE, "Bearer")], "a bearer token is needed\n")
                .into_response();
        }
    }
    measure(&state).await;
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], state.metrics.render()).into_response()
}

/// What is looked up when somebody asks, instead of being counted all the time.
async fn measure(state: &AppState) {
    #[expect(clippy::cast_precision_loss, reason = "a gauge is a float, and these numbers are small")]
    let set = |name: &'static str, value: u64| metrics::gauge!(name).set(value as f64);
    if let Ok(backlog) = state.store.read(|tx| tx.backlog()).await {
        set("agentlocator_outbox_messages", backlog.outbox);
        set("agentlocator_jobs", backlog.jobs);
        set("agentlocator_calls_open", backlog.calls);
        set("agentlocator_unread_messages", backlog.unread);
    }
    set("agentlocator_calls_live", state.calls.count() as u64);
    set("agentlocator_store_writes_waiting", state.store.waiting_writes() as u64);
    if let Some(link) = state.outbox.bridge() {
        set("agentlocator_whatsapp_bridge_up", u64::from(link.is_connected()));
    }
    let disk = state.store.health().disk;
    set("agentlocator_disk_free_bytes", disk.free_bytes);
}
