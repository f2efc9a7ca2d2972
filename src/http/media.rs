//! The media socket: Twilio's side of a call's sound.

use super::crowd::Crowd;
use super::{AppState, Connection, Peer, Transport};
use crate::drive::calls::{Carrier, MediaSocket, STRANGERS};
use crate::providers::websocket;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::FutureExt;
use hyper::upgrade::{OnUpgrade, Parts, Upgraded};
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

/// Twilio's own messages have some 300 bytes, or 1 KiB at the start. Anybody may open a socket, so it must hold little.
const MAX_MESSAGE: usize = 64 << 10;
/// A message with 20 ms of sound has about 0.3 KiB.
const READ_BUFFER: usize = 2 << 10;

/// The socket's path.
pub(crate) fn routes() -> Router<AppState> {
    let strangers = Crowd::new(STRANGERS);
    let open =
        async move |State(state): State<AppState>, peer: Peer, request: Request| open(&strangers, state, peer, request);
    Router::new().route("/ws/twilio-media", get(open))
}

/// `GET /ws/twilio-media`: 101 (RFC 6455, section 4.2). Whether the socket may stay is decided by its first message.
fn open(strangers: &Arc<Crowd>, state: AppState, peer: Peer, mut request: Request) -> Response {
    let Some(accept) = accept_key(request.headers()) else {
        return (StatusCode::UPGRADE_REQUIRED, [(header::UPGRADE, "websocket")], "this is a WebSocket\n")
            .into_response();
    };
    let place = strangers.enter(peer.origin());
    let Some(upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
        return (StatusCode::BAD_REQUEST, "this connection cannot be upgraded\n").into_response();
    };
    tokio::spawn(async move {
        let socket = match upgrade.await {
            Ok(upgraded) => MediaSocket::new(socket(upgraded).await),
            Err(error) => {
                tracing::debug!(event = "WS_UPGRADE_FAILED", %error, "A media socket did not open");
                return;
            }
        };
        if place.is_some() {
            state.calls.admit(socket).await;
        } else {
            tracing::warn!(event = "WS_REFUSED", reason = "crowd", "Too many sockets of one network show no token");
            // Said, and not waited for: there may be any number of them.
            let _ = socket.refuse().now_or_never();
        }
        drop(place);
    });
    let headers = [
        (header::CONNECTION, HeaderValue::from_static("upgrade")),
        (header::UPGRADE, HeaderValue::from_static("websocket")),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

/// The answer to the client's key; none if this is no WebSocket of version 13.
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

/// The bare connection again, so that no layer lies between a call and its frames.
async fn socket(upgraded: Upgraded) -> WebSocketStream<Carrier> {
    let limits = Some(websocket::limits(READ_BUFFER, MAX_MESSAGE));
    match upgraded.downcast::<Connection>() {
        Ok(Parts { io, read_buf, .. }) => {
            let carrier = match io.into_inner().into_transport() {
                Transport::Plain(stream) => Carrier::Tcp(stream),
                Transport::Tls(stream) => Carrier::Tls(stream),
                // Nothing of Twilio's is served there; one who got here all the same is served as well.
                Transport::Unix(stream) => Carrier::Other(Box::pin(stream)),
            };
            WebSocketStream::from_partially_read(carrier, read_buf.to_vec(), Role::Server, limits).await
        }
        Err(upgraded) => {
            let carrier = Carrier::Other(Box::pin(TokioIo::new(upgraded)));
            WebSocketStream::from_raw_socket(carrier, Role::Server, limits).await
        }
    }
}
