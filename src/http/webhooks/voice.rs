//! Twilio's voice webhooks. Even if the database fails, an incoming call is answered.

mod answer_call;
mod conversation;
mod outbound;
mod record;
pub(super) mod response;
mod ring;
mod status;
mod stream;
mod transfer;
mod webhook;

use super::super::AppState;
use crate::runtime::outbound_calls::{ANSWERED_PATH, MACHINE_PATH};
use axum::Router;
use axum::routing::{get, post};

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/webhook/incoming_call", get(answer_call::preview).post(answer_call::call))
        .route("/webhook/stream_ended", post(stream::ended))
        .route(transfer::PATH, post(transfer::handle))
        .route(ring::PATH, post(ring::ended))
        .route("/webhook/stream_status", post(stream::status))
        .route(response::RECORDER, post(record::handle))
        .route("/webhook/recording_status", post(status::recording))
        .route("/webhook/call_status", post(status::call))
        .route(ANSWERED_PATH, post(outbound::answered))
        .route(MACHINE_PATH, post(outbound::machine))
        .route(outbound::MESSAGE_PATH, post(outbound::message))
}
