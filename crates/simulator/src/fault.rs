//! Faults that every fake service of speech and AI can have, whatever its protocol: HTTP, WebSocket or gRPC.
//!
//! The faults of a fake are chosen by the path of the request. They are independent of what the fake answers, so they
//! need no code in it: [`FaultTable::layer`] applies them to requests over HTTP, [`relay`] to the messages of
//! WebSockets. Faults that depend on the content of an answer, such as an unknown voice, are options of each fake.

use crate::websocket::RawSocket;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header;
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt, StreamExt, stream};
use serde_json::Value;
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::DuplexStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// The maximum length of a piece of an answer over HTTP, in bytes. 100 ms of mu-law have 800 bytes.
const PIECE: usize = 800;
/// Silence in mu-law, and nearly silence in 16-bit PCM.
const SILENCE: u8 = 0xff;
/// A message that is neither JSON nor an event of a stream.
pub(crate) const MALFORMED: &str = "{\"type\": ";
/// The page that a proxy shows instead of an answer.
const PAGE: &str = "<!doctype html><title>Proxy</title><p>The service cannot be displayed.</p>";

/// A fault of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection is closed after this number of messages, or of pieces of an answer over HTTP.
    CloseAfter(usize),
    /// The service receives silence instead of the caller's audio.
    Deaf,
    /// Each message, and each answer over HTTP, is sent this much later.
    Delay(Duration),
    /// Each message, and the content of each answer over HTTP, is replaced by one that cannot be parsed.
    Malformed,
    /// Connections and requests are accepted, and nothing is sent.
    Mute,
    /// Connections and requests are rejected with this HTTP status, or with the gRPC status that means the same.
    Reject(u16),
}

/// The faults of a fake, for the requests whose method and path, such as `GET /v1/responses`, or whose path begin with
/// a text.
#[derive(Clone, Debug, Default)]
pub(crate) struct FaultTable(Arc<Mutex<Vec<(String, Fault)>>>);

impl FaultTable {
    pub(crate) fn set(&self, requests: &str, fault: Fault) {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        faults.retain(|(known, _)| known != requests);
        faults.push((requests.to_owned(), fault));
    }

    pub(crate) fn of(&self, method: &str, path: &str) -> Option<Fault> {
        let line = format!("{method} {path}");
        let faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = faults.iter().find(|(requests, _)| line.starts_with(requests) || path.starts_with(requests));
        found.map(|(_, fault)| *fault)
    }

    /// Applies the faults to the requests of a router. `refuse` creates the vendor's error response with a status and a
    /// message.
    pub(crate) fn layer(&self, router: Router, refuse: fn(u16, &str) -> Response) -> Router {
        let faults = self.clone();
        router.layer(middleware::from_fn(move |request: Request, next: Next| {
            let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
            let fault = faults.of(request.method().as_str(), path);
            answer(request, next, fault, refuse)
        }))
    }
}

async fn answer(mut request: Request, next: Next, fault: Option<Fault>, refuse: fn(u16, &str) -> Response) -> Response {
    let Some(fault) = fault else { return next.run(request).await };
    if let Fault::Reject(status) = fault {
        return refuse(status, "rejected as planned");
    }
    // A WebSocket and a request with the caller's audio apply the fault themselves.
    request.extensions_mut().insert(fault);
    if request.headers().contains_key(header::SEC_WEBSOCKET_KEY) {
        return next.run(request).await;
    }
    match fault {
        Fault::Mute => std::future::pending().await,
        Fault::Delay(delay) => tokio::time::sleep(delay).await,
        Fault::CloseAfter(_) | Fault::Deaf | Fault::Malformed | Fault::Reject(_) => {}
    }
    let response = next.run(request).await;
    match fault {
        Fault::CloseAfter(pieces) => response.map(|body| cut(body, pieces)),
        Fault::Malformed => Html(PAGE).into_response(),
        Fault::Deaf | Fault::Delay(_) | Fault::Mute | Fault::Reject(_) => response,
    }
}

/// Returns the first pieces of a body, after which the connection is reset.
fn cut(body: Body, pieces: usize) -> Body {
    let pieces_of = |chunk: Result<Bytes, axum::Error>| {
        let chunk = chunk.unwrap_or_default();
        stream::iter(
            (0..chunk.len())
                .step_by(PIECE)
                .map(move |from| Ok::<_, io::Error>(chunk.slice(from..(from + PIECE).min(chunk.len())))),
        )
    };
    let reset = stream::once(async { Err(io::ErrorKind::ConnectionReset.into()) });
    Body::from_stream(body.into_data_stream().flat_map(pieces_of).take(pieces).chain(reset))
}

/// Passes the messages between a client and a fake, with a fault, until one of them closes the connection.
pub(crate) async fn relay<S>(mut client: RawSocket<S>, mut fake: WebSocketStream<DuplexStream>, fault: Fault)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let delay = if let Fault::Delay(delay) = fault { delay } else { Duration::ZERO };
    let (mut due, mut sent) = (VecDeque::<(Instant, Message)>::new(), 0);
    loop {
        let next = due.front().map_or(Duration::MAX, |(at, _)| at.saturating_duration_since(crate::clock::instant()));
        tokio::select! {
            message = client.next() => {
                let Some(Ok(message)) = message else { break };
                let message = if fault == Fault::Deaf { silenced(message) } else { message };
                if fake.send(message).await.is_err() {
                    break;
                }
            }
            message = fake.next() => {
                let Some(Ok(message)) = message else { break };
                let is_content = message.is_text() || message.is_binary();
                match fault {
                    Fault::Mute if is_content => {}
                    Fault::CloseAfter(messages) if is_content && sent >= messages => {
                        let frame = CloseFrame { code: CloseCode::Error, reason: "closed as planned".into() };
                        let _ = client.close(Some(frame)).await;
                        break;
                    }
                    Fault::Malformed if is_content => due.push_back((crate::clock::instant(), Message::text(MALFORMED))),
                    _ => due.push_back((crate::clock::instant() + delay, message)),
                }
                sent += usize::from(is_content);
            }
            () = tokio::time::sleep(next) => {
                let Some((_, message)) = due.pop_front() else { continue };
                if client.send(message).await.is_err() {
                    break;
                }
            }
        }
    }
    for (_, message) in due {
        let _ = client.feed(message).await;
    }
    let _ = client.flush().await;
    let _ = fake.close(None).await;
}

/// Replaces the caller's audio in a message by silence.
fn silenced(message: Message) -> Message {
    let text = match message {
        Message::Binary(audio) => return Message::binary(silence(&audio)),
        Message::Text(text) => text,
        other => return other,
    };
    let Ok(mut content) = serde_json::from_str::<Value>(&text) else { return Message::Text(text) };
    for name in ["audio", "audio_base_64"] {
        if let Some(audio) = content[name].as_str().and_then(|audio| STANDARD.decode(audio).ok()) {
            content[name] = STANDARD.encode(silence(&audio)).into();
            return Message::text(content.to_string());
        }
    }
    Message::Text(text)
}

pub(crate) fn silence(audio: &[u8]) -> Vec<u8> {
    vec![SILENCE; audio.len()]
}
