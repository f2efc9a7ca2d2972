//! The server of the fake Google: HTTP/1.1 for tokens and HTTP/2 for gRPC calls, on one port.

use super::call::{Call, UNAUTHENTICATED, UNIMPLEMENTED};
use super::options::GoogleOptions;
use super::state::{GoogleState, Shared};
use super::{recognize, synthesize, token};
use crate::EventLog;
use crate::fault::{Fault, FaultTable};
use axum::Router;
use axum::body::Bytes;
use axum::http::Request;
use axum::routing::post;
use h2::RecvStream;
use h2::server::SendResponse;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The first bytes of a connection with HTTP/2.
const PREFACE: &[u8; 3] = b"PRI";

/// A running fake Google. Dropping this value stops the server.
pub struct Google {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Google {
    /// Serves tokens and both services on `listener`. An invalid request is recorded as a violation in `log`; a wrong
    /// token or assertion and an unknown model, language or voice are not.
    pub fn start(listener: TcpListener, options: GoogleOptions, log: EventLog) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            log,
            stopping: CancellationToken::new(),
            token_url: format!("http://{address}/token"),
            options: Mutex::new(options),
            state: Mutex::default(),
            utterances: Mutex::default(),
            faults: FaultTable::default(),
        });
        let task = tokio::spawn(accept(listener, shared.clone()));
        Ok(Self { address, shared, task })
    }

    /// Returns the address of the listener.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the value for `GOOGLE_SPEECH_BASE_URL` and `GOOGLE_TTS_BASE_URL`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the value for `GOOGLE_TOKEN_URL`.
    pub fn token_url(&self) -> String {
        self.shared.token_url.clone()
    }

    /// Returns the requests that the server has received.
    pub fn state(&self) -> GoogleState {
        self.shared.state().clone()
    }

    /// Changes the options of the running server.
    pub fn change(&self, change: impl FnOnce(&mut GoogleOptions)) {
        change(&mut self.shared.options.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Gives a fault to the gRPC calls whose path begins with `method`. It replaces an earlier fault of the same calls.
    pub fn set_fault(&self, method: &str, fault: Fault) {
        self.shared.faults.set(method, fault);
    }
}

impl Drop for Google {
    fn drop(&mut self) {
        self.shared.stopping.cancel();
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = shared.clone();
        tokio::spawn(async move {
            let stopping = shared.stopping.clone();
            tokio::select! {
                () = serve(stream, shared) => {}
                () = stopping.cancelled() => {}
            }
        });
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let _ = stream.set_nodelay(true);
    let mut start = [0; PREFACE.len()];
    // Both protocols send more than these bytes at once, so the wait ends.
    while stream.peek(&mut start).await.is_ok_and(|length| (1..start.len()).contains(&length)) {
        tokio::task::yield_now().await;
    }
    if start == *PREFACE {
        return serve_calls(stream, shared).await;
    }
    let router = Router::new().route("/token", post(token::issue)).with_state(shared);
    let connection = hyper::server::conn::http1::Builder::new();
    let _ = connection.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)).await;
}

async fn serve_calls(stream: TcpStream, shared: Arc<Shared>) {
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    shared.state().connections += 1;
    let closing = CancellationToken::new();
    loop {
        let accepted = tokio::select! {
            accepted = connection.accept() => accepted,
            () = closing.cancelled() => return,
        };
        let Some(Ok((request, respond))) = accepted else { return };
        tokio::spawn(serve_call(shared.clone(), request, respond, closing.clone()));
    }
}

async fn serve_call(
    shared: Arc<Shared>,
    request: Request<RecvStream>,
    respond: SendResponse<Bytes>,
    closing: CancellationToken,
) {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if header("content-type") != "application/grpc" || header("te") != "trailers" {
        shared.violation("a call without the headers of gRPC");
    }
    if !shared.accepts(header("authorization")) {
        let message = "Request had invalid authentication credentials. Expected OAuth 2 access token.";
        return Call::refuse(respond, UNAUTHENTICATED, message);
    }
    let path = request.uri().path().to_owned();
    let fault = shared.faults.of("POST", &path);
    if let Some(Fault::Reject(status)) = fault {
        return Call::refuse_as(respond, status);
    }
    let accept = |respond| Call::accept(request.into_body(), respond, fault, closing.clone());
    match path.as_str() {
        "/google.cloud.speech.v2.Speech/StreamingRecognize" => {
            let Some(call) = accept(respond) else { return };
            recognize::serve(&shared, call, &closing).await;
        }
        "/google.cloud.texttospeech.v1.TextToSpeech/StreamingSynthesize" => {
            let Some(call) = accept(respond) else { return };
            synthesize::serve(&shared, call).await;
        }
        _ => {
            shared.violation(format!("there is no method {path}"));
            Call::refuse(respond, UNIMPLEMENTED, "The server does not implement this method.");
        }
    }
}
