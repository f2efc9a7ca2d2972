//! The server side of WebSockets, for the fakes.

use crate::fault::{self, Fault};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

pub(crate) type RawSocket<S> = WebSocketStream<S>;
/// A WebSocket to a client, directly or over a relay with a [`Fault`].
pub(crate) type Socket = RawSocket<Box<dyn Connection>>;

pub(crate) trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Connection for S {}

/// The amount of data between a fake and its relay, in bytes.
const RELAY_BUFFER: usize = 64 << 10;

/// Returns the response that upgrades the connection, and runs `serve` on the WebSocket afterwards. Returns `None` if
/// the request asks for no upgrade.
pub(crate) fn upgrade<F: Future<Output = ()> + Send + 'static>(
    request: &mut Request,
    serve: impl FnOnce(Socket) -> F + Send + 'static,
) -> Option<Response> {
    let accept = derive_accept_key(request.headers().get(header::SEC_WEBSOCKET_KEY)?.as_bytes());
    let fault = request.extensions().get::<Fault>().copied();
    let upgrade = hyper::upgrade::on(request);
    tokio::spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let connection = TokioIo::new(upgraded);
        let Some(fault) = fault else { return serve(accepted(connection).await).await };
        let (near, far) = tokio::io::duplex(RELAY_BUFFER);
        let client = WebSocketStream::from_raw_socket(connection, Role::Server, None).await;
        let fake = WebSocketStream::from_raw_socket(near, Role::Client, None).await;
        let served = async { serve(accepted(far).await).await };
        tokio::join!(served, fault::relay(client, fake, fault));
    });
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, HeaderValue::from_str(&accept).ok()?);
    Some(response)
}

async fn accepted(connection: impl Connection + 'static) -> Socket {
    let connection: Box<dyn Connection> = Box::new(connection);
    WebSocketStream::from_raw_socket(connection, Role::Server, None).await
}
