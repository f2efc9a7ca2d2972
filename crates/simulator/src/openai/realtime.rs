//! The WebSocket of realtime sessions.

use super::record::SessionRecord;
use super::session::{Output, Session};
use super::state::{Shared, error};
use crate::Party;
use crate::websocket::{self, Socket};
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use futures_util::{SinkExt, StreamExt};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// `GET /v1/realtime?model=…`, or `?intent=transcription` for a transcription session, with a WebSocket upgrade.
pub(super) async fn open(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<HashMap<String, String>>,
    mut request: Request,
) -> Response {
    let options = shared.options();
    if let Some(refusal) = refusal(&shared, request.headers(), &query) {
        return refusal;
    }
    tokio::time::sleep(options.connect).await;
    let model = query.get("model").cloned().unwrap_or_default();
    let upgraded = websocket::upgrade(&mut request, move |socket| async move { serve(&shared, socket, &model).await });
    upgraded.unwrap_or_else(|| error(StatusCode::BAD_REQUEST, "invalid_request_error", "expected a WebSocket upgrade"))
}

fn refusal(shared: &Shared, headers: &HeaderMap, query: &HashMap<String, String>) -> Option<Response> {
    let options = shared.options();
    if let Some(status) = options.faults.refuse_sockets {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        return Some(error(status, "server_error", "refused as planned"));
    }
    if let Some(refusal) = shared.check_key(headers) {
        return Some(refusal);
    }
    if headers.contains_key("openai-beta") {
        let message = "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API.";
        shared.log.violation(Party::OpenAi, message);
        return Some(error(StatusCode::BAD_REQUEST, "beta_api_shape_disabled", message));
    }
    let is_transcription = query.get("intent").is_some_and(|intent| intent == "transcription");
    if is_transcription && query.contains_key("model") {
        shared.log.violation(Party::OpenAi, "a transcription socket with a model");
        return Some(error(
            StatusCode::BAD_REQUEST,
            "invalid_model",
            "A transcription session takes no model parameter.",
        ));
    }
    if !is_transcription && query.get("model").is_none_or(String::is_empty) {
        shared.log.violation(Party::OpenAi, "a realtime socket without a model");
        return Some(error(StatusCode::BAD_REQUEST, "missing_model", "You must provide a model parameter."));
    }
    None
}

async fn serve(shared: &Shared, socket: Socket, model: &str) {
    let (record, number) = shared.new_session();
    shared.log.note(Party::OpenAi, format!("a session with {model} starts"));
    let session = Session::new(Arc::new(shared.options()), record.clone(), model, number, shared.now_us());
    run(shared, socket, session, &record).await;
}

/// The server's side of a session without socket and clock.
pub(super) trait SocketSession {
    fn handle_text(&mut self, text: &str, now_us: u64);
    fn handle_time(&mut self, now_us: u64);
    fn poll_output(&mut self) -> Option<Output>;
    fn next_us(&self) -> Option<u64>;
    fn take_complaints(&mut self) -> Vec<String>;
}

impl SocketSession for Session {
    fn handle_text(&mut self, text: &str, now_us: u64) {
        Self::handle_text(self, text, now_us);
    }

    fn handle_time(&mut self, now_us: u64) {
        Self::handle_time(self, now_us);
    }

    fn poll_output(&mut self) -> Option<Output> {
        Self::poll_output(self)
    }

    fn next_us(&self) -> Option<u64> {
        Self::next_us(self)
    }

    fn take_complaints(&mut self) -> Vec<String> {
        Self::take_complaints(self)
    }
}

/// Connects a session with its socket and the clock until one of them ends.
pub(super) async fn run(
    shared: &Shared,
    mut socket: Socket,
    mut session: impl SocketSession,
    record: &Mutex<SessionRecord>,
) {
    let stopping = shared.stopping.clone();
    let ended = loop {
        while let Some(output) = session.poll_output() {
            let sent = match output {
                Output::Event(event) => socket.feed(Message::text(event.to_string())).await,
                Output::Close { code, reason } => {
                    let frame = CloseFrame { code: CloseCode::from(code), reason: reason.into() };
                    socket.send(Message::Close(Some(frame))).await
                }
                Output::BreakOff => return,
            };
            if sent.is_err() {
                break;
            }
        }
        if socket.flush().await.is_err() {
            break "the connection was lost";
        }
        for complaint in session.take_complaints() {
            shared.log.violation(Party::OpenAi, complaint);
        }
        let wait = session.next_us().map(|next_us| Duration::from_micros(next_us.saturating_sub(shared.now_us())));
        tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => session.handle_text(text.as_str(), shared.now_us()),
                Some(Ok(Message::Binary(_))) => session.handle_text("binary", shared.now_us()),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Close(_))) => break "the client closed it",
                Some(Err(_)) | None => break "the connection was lost",
            },
            () = tokio::time::sleep(wait.unwrap_or(Duration::MAX)) => session.handle_time(shared.now_us()),
            () = stopping.cancelled() => break "the fake AI stops",
        }
    };
    record.lock().unwrap_or_else(PoisonError::into_inner).ended.get_or_insert_with(|| ended.to_owned());
    shared.log.note(Party::OpenAi, format!("a session ended: {ended}"));
}
