//! The server of the fake Soniox.

use super::options::SonioxOptions;
use super::state::{Shared, SonioxState, refuse};
use super::{stt, tts};
use crate::EventLog;
use crate::fault::{Fault, FaultTable};
use crate::server::Server;
use crate::websocket;
use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::get;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// A running fake Soniox. Dropping this value stops the server.
pub struct Soniox {
    server: Server,
    shared: Arc<Shared>,
    faults: FaultTable,
}

impl Soniox {
    /// Serves both services on `listener`. An invalid request is recorded as a violation in `log`; a wrong API key is
    /// not.
    pub fn start(listener: TcpListener, options: SonioxOptions, log: EventLog) -> std::io::Result<Self> {
        let state = |_, stopping| Shared { log, stopping, options: Mutex::new(options), state: Mutex::default() };
        let faults = FaultTable::default();
        let router = |shared| faults.layer(routes().with_state(shared), refuse);
        let (server, shared) = Server::start(listener, state, router)?;
        Ok(Self { server, shared, faults })
    }

    /// Returns the address of the listener.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Returns the value for `SONIOX_STT_BASE_URL` and `SONIOX_TTS_BASE_URL`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Returns the requests that the server has received.
    pub fn state(&self) -> SonioxState {
        self.shared.state().clone()
    }

    /// Changes the options of the running server.
    pub fn change(&self, change: impl FnOnce(&mut SonioxOptions)) {
        self.shared.change(change);
    }

    /// Gives a fault to the requests whose path, or whose method and path, begin with `requests`. It replaces an earlier
    /// fault of the same requests.
    pub fn set_fault(&self, requests: &str, fault: Fault) {
        self.faults.set(requests, fault);
    }
}

fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/transcribe-websocket", get(transcribe)).route("/tts-websocket", get(speak)).fallback(unknown)
}

async fn transcribe(State(shared): State<Arc<Shared>>, mut request: Request) -> Response {
    if let Some(refusal) = shared.refusal(&request) {
        return refusal;
    }
    let upgraded = websocket::upgrade(&mut request, |socket| async move { stt::serve(&shared, socket).await });
    upgraded.unwrap_or_else(|| refuse(400, "expected a WebSocket upgrade"))
}

async fn speak(State(shared): State<Arc<Shared>>, mut request: Request) -> Response {
    if let Some(refusal) = shared.refusal(&request) {
        return refusal;
    }
    let upgraded = websocket::upgrade(&mut request, |socket| async move { tts::serve(&shared, socket).await });
    upgraded.unwrap_or_else(|| refuse(400, "expected a WebSocket upgrade"))
}

async fn unknown(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    shared.violation(format!("there is no {}", request.uri().path()));
    refuse(404, "not found")
}
