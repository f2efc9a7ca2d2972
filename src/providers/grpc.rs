//! gRPC over HTTP/2 ("gRPC over HTTP2", protocol specification): streaming calls on one connection. A message is a prefix
//! of five bytes and its content; the trailers contain the status.

use super::http_client::built_in_roots;
use super::tls_crypto::install_crypto;
use super::websocket::{DialError, connect_tcp};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use h2::client::{ResponseFuture, SendRequest};
use h2::{Ping, PingPong, RecvStream, SendStream};
use percent_encoding::percent_decode_str;
use prost::Message;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::http::{HeaderMap, HeaderValue, Request, Uri, header};
use tokio_util::sync::{CancellationToken, DropGuard};

/// The interval of pings. They keep the connection open while the caller listens, and detect a lost connection.
const PING_EVERY: Duration = Duration::from_secs(30);
/// The maximum time until the answer to a ping.
const PING_LIMIT: Duration = Duration::from_secs(5);
/// The maximum amount of unread data, in bytes, that the server may send.
const WINDOW: u32 = 1 << 20;
const MAX_MESSAGE: usize = 4 << 20;
/// The length of the prefix of a message: a byte that states whether the message is compressed, and the length of the
/// message.
const PREFIX: usize = 5;

/// The status codes that have a meaning here (gRPC, "Status codes and their use").
pub mod code {
    pub const OK: u32 = 0;
    pub const CANCELLED: u32 = 1;
    pub const UNKNOWN: u32 = 2;
    pub const INVALID_ARGUMENT: u32 = 3;
    pub const DEADLINE_EXCEEDED: u32 = 4;
    pub const NOT_FOUND: u32 = 5;
    pub const PERMISSION_DENIED: u32 = 7;
    pub const RESOURCE_EXHAUSTED: u32 = 8;
    pub const FAILED_PRECONDITION: u32 = 9;
    pub const ABORTED: u32 = 10;
    pub const OUT_OF_RANGE: u32 = 11;
    pub const UNIMPLEMENTED: u32 = 12;
    pub const INTERNAL: u32 = 13;
    pub const UNAVAILABLE: u32 = 14;
    pub const UNAUTHENTICATED: u32 = 16;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The gRPC status code; [`code`] has names for some of them.
    pub code: u32,
    /// The server's explanation, or the error of the connection.
    pub message: String,
}

impl Status {
    fn unavailable(error: &dyn fmt::Display) -> Self {
        Self { code: code::UNAVAILABLE, message: error.to_string() }
    }

    pub fn late(limit: Duration) -> Self {
        Self { code: code::DEADLINE_EXCEEDED, message: format!("no answer within {} s", limit.as_secs()) }
    }

    fn malformed(what: &str) -> Self {
        Self { code: code::INTERNAL, message: what.to_owned() }
    }

    /// Returns the status of a server that does not answer with gRPC, from its HTTP status ("HTTP to gRPC Status Code
    /// Mapping").
    fn of_http(status: u16) -> Self {
        let code = match status {
            400 => code::INTERNAL,
            401 => code::UNAUTHENTICATED,
            403 => code::PERMISSION_DENIED,
            404 => code::UNIMPLEMENTED,
            429 | 502..=504 => code::UNAVAILABLE,
            _ => code::UNKNOWN,
        };
        Self { code, message: format!("HTTP {status}") }
    }

    /// Reads the status from trailers, or from the headers of an answer without messages.
    fn of_trailers(trailers: &HeaderMap) -> Option<Self> {
        let code = trailers.get("grpc-status")?.to_str().ok().and_then(|code| code.parse().ok());
        let message = trailers.get("grpc-message").and_then(|message| message.to_str().ok()).unwrap_or_default();
        let message = percent_decode_str(message).decode_utf8_lossy().into_owned();
        Some(Self { code: code.unwrap_or(code::UNKNOWN), message })
    }
}

/// A connection to a server. Dropping the channel closes the connection.
pub struct Channel {
    sender: SendRequest<Bytes>,
    origin: String,
    authorization: HeaderValue,
    closed: CancellationToken,
    _task: DropGuard,
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl Channel {
    /// `authorization` is sent with each call.
    pub async fn connect(base_url: &str, authorization: HeaderValue) -> Result<Self, DialError> {
        let lost = |error: &dyn fmt::Display| DialError { retry: true, reason: error.to_string() };
        let url: Uri = base_url.parse().map_err(|error| lost(&error))?;
        let tcp = connect_tcp(&url).await.map_err(|error| lost(&error))?;
        let stream: Box<dyn Io> = if url.scheme_str() == Some("https") {
            Box::new(encrypt(&url, tcp).await.map_err(|error| lost(&error))?)
        } else {
            Box::new(tcp)
        };
        let mut builder = h2::client::Builder::new();
        builder.initial_window_size(WINDOW).initial_connection_window_size(WINDOW).enable_push(false);
        let (sender, mut connection) = builder.handshake(stream).await.map_err(|error| lost(&error))?;
        let (closed, dropped) = (CancellationToken::new(), CancellationToken::new());
        let (is_closed, is_dropped, pings) = (closed.clone(), dropped.clone(), connection.ping_pong());
        tokio::spawn(async move {
            tokio::select! {
                _ = connection => {}
                () = keep_alive(pings) => {}
                () = is_dropped.cancelled() => {}
            }
            is_closed.cancel();
        });
        let origin = base_url.to_owned();
        Ok(Self { sender, origin, authorization, closed, _task: dropped.drop_guard() })
    }

    /// `path` is the path of the method, such as `/package.Service/Method`.
    pub fn call(&self, path: &str) -> Result<Call, Status> {
        let request = Request::post(format!("{}{path}", self.origin))
            .header(header::CONTENT_TYPE, "application/grpc")
            .header(header::TE, "trailers")
            .header(header::USER_AGENT, concat!("AgentLocator/", env!("CARGO_PKG_VERSION")))
            .header(header::AUTHORIZATION, self.authorization.clone());
        let request = request.body(()).map_err(|error| Status::malformed(&error.to_string()))?;
        // A clone has no pending stream, so it can send a request without waiting.
        let started = self.sender.clone().send_request(request, false);
        let (response, sending) = started.map_err(|error| Status::unavailable(&error))?;
        Ok(Call { sending, receiving: Receiving::Headers(response), received: BytesMut::new() })
    }

    pub async fn closed(&self) {
        self.closed.cancelled().await;
    }
}

/// Sends pings. Returns when one of them is not answered; without `pings`, never.
async fn keep_alive(pings: Option<PingPong>) {
    let Some(mut pings) = pings else { return std::future::pending().await };
    loop {
        tokio::time::sleep(PING_EVERY).await;
        let Ok(Ok(_)) = tokio::time::timeout(PING_LIMIT, pings.ping(Ping::opaque())).await else { return };
    }
}

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Io for S {}

async fn encrypt(url: &Uri, tcp: TcpStream) -> io::Result<TlsStream<TcpStream>> {
    install_crypto();
    let mut config = ClientConfig::builder().with_root_certificates(built_in_roots()).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let name = ServerName::try_from(url.host().unwrap_or_default().to_owned()).map_err(io::Error::other)?;
    TlsConnector::from(Arc::new(config)).connect(name, tcp).await
}

/// Dropping the call cancels it.
pub struct Call {
    sending: SendStream<Bytes>,
    receiving: Receiving,
    /// Received data that is not a whole message yet.
    received: BytesMut,
}

enum Receiving {
    Headers(ResponseFuture),
    Messages(RecvStream),
    Trailers(RecvStream),
    Over(Result<(), Status>),
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").finish_non_exhaustive()
    }
}

impl Call {
    /// Sends a message. An error is not returned here, but by [`Call::next`], which knows its reason.
    pub fn send(&mut self, message: &impl Message) {
        let length = message.encoded_len();
        let mut frame = BytesMut::with_capacity(PREFIX + length);
        frame.put_u8(0);
        frame.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
        // The buffer grows, so there is always enough space.
        let _ = message.encode(&mut frame);
        let _ = self.sending.send_data(frame.freeze(), false);
    }

    /// Tells the server that no further messages follow.
    pub fn finish(&mut self) {
        let _ = self.sending.send_data(Bytes::new(), true);
    }

    /// Returns the next message; `None` if the server has completed the call. Cancel safe: no data is lost if the future
    /// is dropped.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Status> {
        loop {
            if let Some(message) = self.take_message()? {
                return Ok(Some(message));
            }
            self.receiving = match &mut self.receiving {
                Receiving::Headers(response) => {
                    let response = response.await.map_err(|error| Status::unavailable(&error))?;
                    let (head, body) = response.into_parts();
                    match (head.status.as_u16(), Status::of_trailers(&head.headers)) {
                        (_, Some(status)) => over(status),
                        (200, None) => Receiving::Messages(body),
                        (status, None) => over(Status::of_http(status)),
                    }
                }
                Receiving::Messages(body) => match body.data().await {
                    Some(data) => {
                        let data = data.map_err(|error| Status::unavailable(&error))?;
                        let _ = body.flow_control().release_capacity(data.len());
                        self.received.extend_from_slice(&data);
                        continue;
                    }
                    None => match std::mem::replace(&mut self.receiving, Receiving::Over(Ok(()))) {
                        Receiving::Messages(body) => Receiving::Trailers(body),
                        other => other,
                    },
                },
                Receiving::Trailers(body) => {
                    let trailers = body.trailers().await.map_err(|error| Status::unavailable(&error))?;
                    let status = trailers.as_ref().and_then(Status::of_trailers);
                    over(status.unwrap_or_else(|| Status::malformed("the answer has no status")))
                }
                Receiving::Over(result) => return result.clone().map(|()| None),
            };
        }
    }

    fn take_message(&mut self) -> Result<Option<Bytes>, Status> {
        let Some(prefix) = self.received.get(..PREFIX) else { return Ok(None) };
        let length = u32::from_be_bytes([prefix[1], prefix[2], prefix[3], prefix[4]]) as usize;
        if prefix[0] != 0 {
            return Err(Status::malformed("a message is compressed"));
        }
        if length > MAX_MESSAGE {
            return Err(Status::malformed("a message is too long"));
        }
        if self.received.len() < PREFIX + length {
            return Ok(None);
        }
        self.received.advance(PREFIX);
        Ok(Some(self.received.split_to(length).freeze()))
    }
}

fn over(status: Status) -> Receiving {
    Receiving::Over(if status.code == code::OK { Ok(()) } else { Err(status) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_of_an_answer_is_read() {
        let trailers = |pairs: &[(&'static str, &'static str)]| {
            let pairs = pairs.iter().map(|(name, value)| {
                (tokio_tungstenite::tungstenite::http::HeaderName::from_static(name), HeaderValue::from_static(value))
            });
            Status::of_trailers(&pairs.collect())
        };
        let denied = trailers(&[("grpc-status", "7"), ("grpc-message", "no %22access%22 %D7%A9")]);
        assert_eq!(denied, Some(Status { code: code::PERMISSION_DENIED, message: "no \"access\" ש".into() }));
        assert_eq!(trailers(&[("grpc-status", "?")]).map(|status| status.code), Some(code::UNKNOWN));
        assert_eq!(trailers(&[("content-type", "application/grpc")]), None);
        assert_eq!(Status::of_http(503), Status { code: code::UNAVAILABLE, message: "HTTP 503".into() });
    }
}
