//! The server side of a gRPC call: its messages and its status.

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, Response, header};
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use prost::Message;

/// The gRPC status codes that the fake uses.
pub(super) const INVALID_ARGUMENT: u32 = 3;
pub(super) const ABORTED: u32 = 10;
pub(super) const UNIMPLEMENTED: u32 = 12;
pub(super) const UNAVAILABLE: u32 = 14;
pub(super) const UNAUTHENTICATED: u32 = 16;

/// A gRPC call whose response headers have been sent.
pub(super) struct Call {
    body: RecvStream,
    sending: SendStream<Bytes>,
    received: Vec<u8>,
    is_cancelled: bool,
}

impl Call {
    /// Sends the response headers of a call. Returns `None` if they cannot be sent.
    pub(super) fn accept(body: RecvStream, mut respond: SendResponse<Bytes>) -> Option<Self> {
        let sending = respond.send_response(head()?, false).ok()?;
        Some(Self { body, sending, received: Vec::new(), is_cancelled: false })
    }

    /// Rejects a call: sends response headers that contain the status, and no messages.
    pub(super) fn refuse(mut respond: SendResponse<Bytes>, code: u32, message: &str) {
        let Some(mut head) = head() else { return };
        head.headers_mut().extend(status(code, message));
        let _ = respond.send_response(head, true);
    }

    /// Returns the next message; `None` after the client's last message, or if the call was cancelled. Cancel safe.
    pub(super) async fn receive<M: Message + Default>(&mut self) -> Option<Result<M, String>> {
        loop {
            if let Some(content) = self.take() {
                return Some(
                    content.and_then(|content| M::decode(content.as_slice()).map_err(|error| error.to_string())),
                );
            }
            let Ok(data) = self.body.data().await? else {
                self.is_cancelled = true;
                return None;
            };
            let _ = self.body.flow_control().release_capacity(data.len());
            self.received.extend_from_slice(&data);
        }
    }

    /// Returns true if `receive` found that the client has cancelled the call or closed the connection.
    pub(super) fn is_cancelled(&self) -> bool {
        self.is_cancelled
    }

    fn take(&mut self) -> Option<Result<Vec<u8>, String>> {
        let prefix: [u8; 5] = self.received.get(..5)?.try_into().ok()?;
        if prefix[0] != 0 {
            return Some(Err("a compressed message".to_owned()));
        }
        let length = u32::from_be_bytes([prefix[1], prefix[2], prefix[3], prefix[4]]) as usize;
        let content = self.received.get(5..5 + length)?.to_vec();
        self.received.drain(..5 + length);
        Some(Ok(content))
    }

    /// Returns false if the client has cancelled the call or closed the connection.
    pub(super) fn send(&mut self, message: &impl Message) -> bool {
        self.send_raw(&message.encode_to_vec())
    }

    /// The content need not be valid protobuf.
    pub(super) fn send_raw(&mut self, content: &[u8]) -> bool {
        let mut frame = vec![0];
        frame.extend_from_slice(&u32::try_from(content.len()).unwrap_or(u32::MAX).to_be_bytes());
        frame.extend_from_slice(content);
        self.sending.send_data(frame.into(), false).is_ok()
    }

    /// Returns when the client cancels the call or closes the connection.
    pub(super) async fn cancelled(&mut self) {
        let _: Result<Reason, _> = std::future::poll_fn(|context| self.sending.poll_reset(context)).await;
    }

    /// 0 means success.
    pub(super) fn end(mut self, code: u32, message: &str) {
        let _ = self.sending.send_trailers(status(code, message));
    }
}

fn head() -> Option<Response<()>> {
    Response::builder().header(header::CONTENT_TYPE, "application/grpc").body(()).ok()
}

fn status(code: u32, message: &str) -> HeaderMap {
    let mut trailers = HeaderMap::from_iter([(header::HeaderName::from_static("grpc-status"), code.into())]);
    let encoded: String = message
        .bytes()
        .map(|byte| match byte {
            b' '..=b'~' if byte != b'%' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect();
    if let Ok(message) = HeaderValue::from_str(&encoded) {
        trailers.insert("grpc-message", message);
    }
    trailers
}
