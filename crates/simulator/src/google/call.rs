//! The server side of a gRPC call: its messages and its status.

use crate::fault::Fault;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, Response, header};
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use prost::Message;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio_util::sync::CancellationToken;

/// The gRPC status codes that the fake uses.
pub(super) const INVALID_ARGUMENT: u32 = 3;
const PERMISSION_DENIED: u32 = 7;
const RESOURCE_EXHAUSTED: u32 = 8;
pub(super) const ABORTED: u32 = 10;
pub(super) const UNIMPLEMENTED: u32 = 12;
pub(super) const UNAVAILABLE: u32 = 14;
pub(super) const UNAUTHENTICATED: u32 = 16;

/// A gRPC call whose response headers have been sent.
pub(super) struct Call {
    body: RecvStream,
    sending: Sending,
    received: Vec<u8>,
    is_cancelled: bool,
    fault: Option<Fault>,
    /// The number of sent messages.
    sent: usize,
    /// Closes the connection.
    closing: CancellationToken,
}

enum Sending {
    Direct(SendStream<Bytes>),
    /// A task sends each frame this much later.
    Delayed(UnboundedSender<(Instant, Frame)>, Duration),
}

enum Frame {
    Message(Bytes),
    Trailers(HeaderMap),
}

impl Call {
    /// Sends the response headers of a call. Returns `None` if they cannot be sent. `closing` closes the connection.
    pub(super) fn accept(
        body: RecvStream,
        mut respond: SendResponse<Bytes>,
        fault: Option<Fault>,
        closing: CancellationToken,
    ) -> Option<Self> {
        let stream = respond.send_response(head()?, false).ok()?;
        let sending = match fault {
            Some(Fault::Delay(delay)) => {
                let (sender, frames) = mpsc::unbounded_channel();
                tokio::spawn(deliver(stream, frames));
                Sending::Delayed(sender, delay)
            }
            _ => Sending::Direct(stream),
        };
        Some(Self { body, sending, received: Vec::new(), is_cancelled: false, fault, sent: 0, closing })
    }

    /// Rejects a call with the status code that means the same as an HTTP status.
    pub(super) fn refuse_as(respond: SendResponse<Bytes>, status: u16) {
        let code = match status {
            401 => UNAUTHENTICATED,
            403 => PERMISSION_DENIED,
            429 => RESOURCE_EXHAUSTED,
            400..500 => INVALID_ARGUMENT,
            _ => UNAVAILABLE,
        };
        Self::refuse(respond, code, "rejected as planned");
    }

    pub(super) fn is_deaf(&self) -> bool {
        self.fault == Some(Fault::Deaf)
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
        let content = match self.fault {
            Some(Fault::Mute) => return true,
            Some(Fault::CloseAfter(messages)) if self.sent >= messages => {
                self.closing.cancel();
                return false;
            }
            Some(Fault::Malformed) => &[0xff; 4][..],
            _ => content,
        };
        self.sent += 1;
        let mut frame = vec![0];
        frame.extend_from_slice(&u32::try_from(content.len()).unwrap_or(u32::MAX).to_be_bytes());
        frame.extend_from_slice(content);
        match &mut self.sending {
            Sending::Direct(stream) => stream.send_data(frame.into(), false).is_ok(),
            Sending::Delayed(frames, delay) => {
                frames.send((crate::clock::instant() + *delay, Frame::Message(frame.into()))).is_ok()
            }
        }
    }

    /// Returns when the client cancels the call or closes the connection.
    pub(super) async fn cancelled(&mut self) {
        match &mut self.sending {
            Sending::Direct(stream) => reset(stream).await,
            Sending::Delayed(frames, _) => frames.closed().await,
        }
    }

    /// 0 means success.
    pub(super) fn end(mut self, code: u32, message: &str) {
        let trailers = status(code, message);
        match &mut self.sending {
            Sending::Direct(_) if self.fault == Some(Fault::Mute) => {
                // Dropping the call would end it.
                tokio::spawn(async move { self.cancelled().await });
            }
            Sending::Direct(stream) => drop(stream.send_trailers(trailers)),
            Sending::Delayed(frames, delay) => {
                drop(frames.send((crate::clock::instant() + *delay, Frame::Trailers(trailers))));
            }
        }
    }
}

async fn reset(stream: &mut SendStream<Bytes>) {
    let _: Result<Reason, _> = std::future::poll_fn(|context| stream.poll_reset(context)).await;
}

/// Sends frames when they are due, until the call has ended.
async fn deliver(mut stream: SendStream<Bytes>, mut frames: UnboundedReceiver<(Instant, Frame)>) {
    loop {
        let next = tokio::select! {
            next = frames.recv() => next,
            () = reset(&mut stream) => return,
        };
        let Some((at, frame)) = next else { return };
        tokio::time::sleep_until(at.into()).await;
        match frame {
            Frame::Message(content) => drop(stream.send_data(content, false)),
            Frame::Trailers(trailers) => return drop(stream.send_trailers(trailers)),
        }
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
