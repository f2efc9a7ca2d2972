//! A WebSocket for calls: small buffers, many messages per write, and a peer that does not read never blocks the call.

mod dial;

use bytes::Bytes;
pub use dial::{DialError, KeyHeader, dial};
use futures_util::{FutureExt, SinkExt, StreamExt};
use std::borrow::Cow;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

/// A peer with this much unsent data does not read any more.
const MAX_UNSENT: usize = 1 << 20;

/// The limits of a socket whose messages are mostly shorter than `read_buffer` bytes (longer ones are read in pieces);
/// messages longer than `longest` are rejected.
///
/// Each of hundreds of calls has two sockets: the library's default of 128 KiB would take most of the memory, and a
/// whole buffer is zeroed for each read.
pub fn limits(read_buffer: usize, longest: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(read_buffer)
        .write_buffer_size(MAX_UNSENT)
        .max_write_buffer_size(2 * MAX_UNSENT)
        .max_message_size(Some(longest))
        .max_frame_size(Some(longest))
}

/// A WebSocket that sends when it is flushed, not with each message.
#[derive(Debug)]
pub struct Socket<S> {
    inner: WebSocketStream<S>,
    is_unsent: bool,
    /// The peer violated the protocol: its further messages cannot be parsed.
    has_failed: bool,
}

/// What was received.
#[derive(Debug)]
pub enum Received {
    /// A text message.
    Text(Utf8Bytes),
    /// A binary message.
    Binary(Bytes),
    /// A control frame, which only shows that the peer is alive.
    Activity,
    /// The peer closed the socket, with its reason if it gave one.
    Closed(Option<CloseFrame>),
    /// The connection is lost.
    Lost(Error),
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    /// Wraps a socket whose handshake is complete.
    pub fn new(inner: WebSocketStream<S>) -> Self {
        Self { inner, is_unsent: false, has_failed: false }
    }

    /// The next message; queued messages are sent meanwhile. Cancel-safe: nothing is lost if the future is dropped.
    pub async fn receive(&mut self) -> Received {
        let next = poll_fn(|context| {
            if self.is_unsent
                && let Poll::Ready(sent) = self.inner.poll_flush_unpin(context)
            {
                self.is_unsent = false;
                if let Err(error) = sent {
                    return Poll::Ready(Some(Err(error)));
                }
            }
            self.inner.poll_next_unpin(context)
        });
        match next.await {
            Some(Ok(Message::Text(text))) => Received::Text(text),
            Some(Ok(Message::Binary(bytes))) => Received::Binary(bytes),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Received::Activity,
            Some(Ok(Message::Close(frame))) => {
                // The reply to it would otherwise wait for the next write, which may not come.
                let _ = self.inner.flush().now_or_never();
                Received::Closed(frame)
            }
            Some(Err(Error::ConnectionClosed)) | None => Received::Closed(None),
            Some(Err(error)) => {
                self.has_failed = true;
                self.close_with_error_code(&error);
                Received::Lost(error)
            }
        }
    }

    /// Sends the close code for a malformed frame (RFC 6455, section 7.4.1). A later close with another code has no
    /// effect.
    fn close_with_error_code(&mut self, error: &Error) {
        let code = match error {
            Error::Protocol(_) => CloseCode::Protocol,
            Error::Utf8(_) => CloseCode::Invalid,
            Error::Capacity(_) => CloseCode::Size,
            _ => return,
        };
        let frame = CloseFrame { code, reason: Utf8Bytes::default() };
        let _ = self.put(Message::Close(Some(frame))).and_then(|()| self.try_flush());
    }

    /// Queues a message for the next flush. An error means that the peer has not read the earlier data.
    pub fn queue(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        self.put(message.into())
    }

    /// Sends a ping.
    pub fn ping(&mut self) -> Result<(), Error> {
        self.put(Message::Ping(Bytes::new()))
    }

    fn put(&mut self, message: Message) -> Result<(), Error> {
        self.is_unsent = true;
        // Queueing only grows the buffer. If it would wait, the buffer is full and the message is not queued.
        let queued = self.inner.feed(message).now_or_never();
        queued.unwrap_or_else(|| Err(Error::Io(std::io::ErrorKind::WouldBlock.into())))
    }

    /// Sends what the peer accepts at once; the rest is sent while [`Socket::receive`] is awaited.
    pub fn try_flush(&mut self) -> Result<(), Error> {
        if self.is_unsent {
            let Some(sent) = self.inner.flush().now_or_never() else { return Ok(()) };
            self.is_unsent = false;
            return sent;
        }
        Ok(())
    }

    /// Sends everything. Cancel-safe: nothing is lost if the future is dropped.
    pub async fn flush(&mut self) -> Result<(), Error> {
        let done = self.inner.flush().await;
        self.is_unsent = false;
        done
    }

    /// Sends a close frame and waits for the peer's reply, up to a timeout.
    pub async fn close(mut self, code: CloseCode, reason: &'static str) {
        let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
        let closing = async {
            if self.has_failed {
                // A close frame with a reason was sent already.
                self.inner.flush().await?;
                return Ok(discard(self.inner.get_mut()).await?);
            }
            self.inner.close(Some(frame)).await?;
            while self.inner.next().await.is_some_and(|message| message.is_ok()) {}
            Ok::<_, Error>(())
        };
        // A peer that is gone needs no close frame.
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, closing).await;
    }
}

/// Reads what a peer is still sending: closing a connection with unread bytes resets it, and the peer would lose the
/// close frame with the reason.
async fn discard(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> std::io::Result<()> {
    stream.shutdown().await?;
    tokio::io::copy(stream, &mut tokio::io::sink()).await.map(drop)
}

/// A part of a message; not copied if it is a slice of it.
pub fn slice(text: &Utf8Bytes, part: Cow<'_, str>) -> Bytes {
    match part {
        Cow::Borrowed(part) => AsRef::<Bytes>::as_ref(text).slice_ref(part.as_bytes()),
        Cow::Owned(part) => part.into(),
    }
}

const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;
    use tokio_tungstenite::tungstenite::protocol::Role;

    #[tokio::test]
    async fn a_peer_that_does_not_read_costs_little_and_is_found_out() {
        let (ours, _theirs) = tokio::io::duplex(4096);
        let inner = WebSocketStream::from_raw_socket(ours, Role::Server, Some(limits(2 << 10, 64 << 10))).await;
        let mut socket = Socket::new(inner);
        let message = "x".repeat(1000);
        let queued =
            (0..10_000).take_while(|_| socket.queue(message.clone()).and_then(|()| socket.try_flush()).is_ok());
        assert!((1000..1100).contains(&queued.count()), "a mebibyte, and not a message more");
    }
}
