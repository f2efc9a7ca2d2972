//! The server of the fake AI.

use super::options::OpenAiOptions;
use super::state::{OpenAiState, Shared, error};
use super::{chat, live, realtime, response_stream, rest};
use crate::EventLog;
use crate::fault::{Fault, FaultTable};
use crate::server::{HttpRequest, Server};
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// A running fake AI. Dropping this value stops the server.
pub struct OpenAi {
    server: Server,
    shared: Arc<Shared>,
    faults: FaultTable,
}

impl OpenAi {
    /// Starts the server on `listener`. An invalid request is recorded as a violation in `log`; a wrong API key is not.
    pub fn start(listener: TcpListener, options: OpenAiOptions, log: EventLog) -> std::io::Result<Self> {
        let state = |_, stopping| Shared::new(options, log, stopping);
        let faults = FaultTable::default();
        let router = |shared| faults.layer(routes().with_state(shared), refuse);
        let (server, shared) = Server::start(listener, state, router)?;
        Ok(Self { server, shared, faults })
    }

    /// Returns the address of the listener.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Returns the value for `OPENAI_BASE_URL`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address())
    }

    /// Returns the first HTTP requests, each with its connection.
    pub fn http_requests(&self) -> Vec<HttpRequest> {
        self.server.requests()
    }

    /// Returns the requests that the server has received.
    pub fn state(&self) -> OpenAiState {
        self.shared.state()
    }

    /// Changes the options of the running server. Open sessions are not affected.
    pub fn change(&self, change: impl FnOnce(&mut OpenAiOptions)) {
        self.shared.change(change);
    }

    /// Gives a fault to the requests whose path, or whose method and path, begin with `requests`. It replaces an earlier
    /// fault of the same requests.
    pub fn set_fault(&self, requests: &str, fault: Fault) {
        self.faults.set(requests, fault);
    }

    /// Stops the server. The port is free when this function returns.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

fn refuse(status: u16, message: &str) -> Response {
    let code = if status == 429 { "rate_limit_exceeded" } else { "server_error" };
    error(StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE), code, message)
}

fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/v1/realtime", get(realtime::open))
        .route("/v1/live/sessions", get(live::open))
        .route("/v1/models", get(rest::models))
        .route("/v1/audio/transcriptions", post(rest::transcribe))
        .route("/v1/audio/speech", post(rest::speak))
        .route("/v1/chat/completions", post(chat::complete))
        .route("/v1/responses", post(rest::respond).get(response_stream::open))
        .fallback(rest::unknown)
        .layer(axum::extract::DefaultBodyLimit::max(26 << 20))
}
