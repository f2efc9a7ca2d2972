//! The server's side of a WebSocket handshake (RFC 6455, section 4.2), and the resulting socket.

use super::{ConnectionStream, HyperConnection};
use crate::providers::websocket::{self, Socket};
use crate::runtime::calls::MediaTransport;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::upgrade::{OnUpgrade, Parts, Upgraded};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

/// The maximum length of a message and of a frame in bytes. Twilio's messages have about 300 bytes, or 1 KiB at the
/// start of a stream. Any client may open a WebSocket, so the buffers must be small.
const MAX_MESSAGE: usize = 64 << 10;
/// The size of the read buffer in bytes. A message with 20 ms of audio has about 0.3 KiB.
const READ_BUFFER: usize = 2 << 10;

/// An accepted handshake, whose WebSocket opens as soon as the response has been sent.
#[derive(Debug)]
pub struct PendingUpgrade(OnUpgrade);

impl PendingUpgrade {
    /// Waits until the response has been sent.
    pub async fn open(self) -> Result<Socket<MediaTransport>, hyper::Error> {
        Ok(Socket::new(into_websocket(self.0.await?).await))
    }
}

/// Handles a handshake: returns the response, and the pending WebSocket if the status is 101.
pub fn upgrade(request: &mut Request) -> (Response, Option<PendingUpgrade>) {
    let Some(accept) = accept_key(request.headers()) else {
        let refusal = (StatusCode::UPGRADE_REQUIRED, [(header::UPGRADE, "websocket")], "this is a WebSocket\n");
        return (refusal.into_response(), None);
    };
    let Some(upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
        return ((StatusCode::BAD_REQUEST, "this connection cannot be upgraded\n").into_response(), None);
    };
    let headers = [
        (header::CONNECTION, HeaderValue::from_static("upgrade")),
        (header::UPGRADE, HeaderValue::from_static("websocket")),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
    ];
    ((StatusCode::SWITCHING_PROTOCOLS, headers).into_response(), Some(PendingUpgrade(upgrade)))
}

/// Returns none if the request is not a WebSocket handshake of version 13.
fn accept_key(headers: &HeaderMap) -> Option<HeaderValue> {
    let has = |name: header::HeaderName, token: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        value.split(',').any(|part| part.trim().eq_ignore_ascii_case(token))
    };
    let is_socket = has(header::UPGRADE, "websocket")
        && has(header::CONNECTION, "upgrade")
        && has(header::SEC_WEBSOCKET_VERSION, "13");
    let key = headers.get(header::SEC_WEBSOCKET_KEY).filter(|_| is_socket)?;
    HeaderValue::from_str(&derive_accept_key(key.as_bytes())).ok()
}

/// Converts the upgraded connection into a WebSocket on the bare stream, so that frames do not pass through hyper's
/// layers.
async fn into_websocket(upgraded: Upgraded) -> WebSocketStream<MediaTransport> {
    let limits = Some(websocket::limits(READ_BUFFER, MAX_MESSAGE));
    match upgraded.downcast::<HyperConnection>() {
        Ok(Parts { io, read_buf, .. }) => {
            let transport = match io.into_inner().into_stream() {
                ConnectionStream::Plain(stream) => MediaTransport::Tcp(stream),
                ConnectionStream::Tls(stream) => MediaTransport::Tls(stream),
                // Not reachable: the Unix socket has no WebSocket routes.
                ConnectionStream::Unix(stream) => MediaTransport::Other(Box::pin(stream)),
            };
            if read_buf.is_empty() {
                // With this constructor, tungstenite allocates each read buffer with its full size, so a message takes
                // one read instead of two.
                WebSocketStream::from_raw_socket(transport, Role::Server, limits).await
            } else {
                WebSocketStream::from_partially_read(transport, read_buf.to_vec(), Role::Server, limits).await
            }
        }
        Err(upgraded) => {
            let transport = MediaTransport::Other(Box::pin(TokioIo::new(upgraded)));
            WebSocketStream::from_raw_socket(transport, Role::Server, limits).await
        }
    }
}
