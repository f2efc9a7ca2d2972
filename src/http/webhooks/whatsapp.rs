//! The WhatsApp webhooks of both providers. A webhook is acknowledged after it is stored, and never rejected for its
//! content: malformed webhooks, and those whose processing fails, are stored unprocessed. If nothing can be stored, the
//! response is 503; the bridge then retries, and the daemon later reads Twilio's messages from Twilio's list.

mod baileys;
mod ingest;
mod twilio;

use super::super::AppState;
use axum::Router;
use axum::routing::post;

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route(twilio::MESSAGE_PATH, post(twilio::message))
        .route(twilio::STATUS_PATH, post(twilio::status))
        .merge(bridge_routes())
}

pub(crate) fn bridge_routes() -> Router<AppState> {
    Router::new().route(baileys::PATH, post(baileys::event).get(baileys::proof))
}
