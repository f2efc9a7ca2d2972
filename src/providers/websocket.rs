//! A WebSocket for calls. It uses small buffers, sends several messages with one write, and never blocks the call when
//! the peer does not read.

mod dial;

use bytes::Bytes;
pub(super) use dial::connect_tcp;
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

/// The maximum amount of unsent data. A peer with more unsent data has stopped reading.
const MAX_UNSENT: usize = 1 << 20;

/// Returns the limits of a socket. Most messages should be shorter than `read_buffer` bytes; longer messages are read
/// in pieces. Messages longer than `longest` bytes are rejected.
///
/// The default read buffer of the library, 128 KiB, is too large: there are hundreds of calls with two sockets each,
/// and every read zeroes the whole buffer.
pub fn limits(read_buffer: usize, longest: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(read_buffer)
        .write_buffer_size(MAX_UNSENT)
        .max_write_buffer_size(2 * MAX_UNSENT)
        .max_message_size(Some(longest))
        .max_frame_size(Some(longest))
}

/// A WebSocket that queues messages until it is flushed.
#[derive(Debug)]
pub struct Socket<S> {
    inner: WebSocketStream<S>,
    is_unsent: bool,
    /// Whether a receive failed, for example because the peer violated the protocol. No further message can be
    /// received.
    has_failed: bool,
}

#[derive(Debug)]
pub enum Received {
    Text(Utf8Bytes),
    Binary(Bytes),
    /// A control frame. It contains no message, but shows that the peer is connected.
    Activity,
    /// The peer closed the socket. Contains the peer's close frame, if it sent one.
    Closed(Option<CloseFrame>),
    /// The connection was lost, or the peer violated the protocol.
    Lost(Error),
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    pub fn new(inner: WebSocketStream<S>) -> Self {
        Self { inner, is_unsent: false, has_failed: false }
    }

    /// Returns the next message. Sends queued messages while it waits. Cancel-safe: no data is lost if the future is
    /// dropped.
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
                // Send the reply to the close frame now. Otherwise it would wait for the next write, which may never
                // happen.
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

    /// Sends the close code for a malformed frame (RFC 6455, section 7.4.1). A second close frame with another code has
    /// no effect.
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

    /// Fails if the peer has not read the earlier data, or if the connection is closed.
    pub fn queue(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        self.put(message.into())
    }

    pub fn ping(&mut self) -> Result<(), Error> {
        self.put(Message::Ping(Bytes::new()))
    }

    fn put(&mut self, message: Message) -> Result<(), Error> {
        self.is_unsent = true;
        // The call to `feed` only adds to the buffer. If it is pending, the buffer is full and the message is not
        // queued.
        let queued = self.inner.feed(message).now_or_never();
        queued.unwrap_or_else(|| Err(Error::Io(std::io::ErrorKind::WouldBlock.into())))
    }

    pub fn has_unsent(&self) -> bool {
        self.is_unsent
    }

    /// Sends as much data as the connection accepts immediately. [`Socket::receive`] sends the remaining data.
    pub fn try_flush(&mut self) -> Result<(), Error> {
        if self.is_unsent {
            let Some(sent) = self.inner.flush().now_or_never() else { return Ok(()) };
            self.is_unsent = false;
            return sent;
        }
        Ok(())
    }

    /// Cancel-safe: no data is lost if the future is dropped.
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
                // A close frame with an error code was already sent, or the connection is lost.
                self.inner.flush().await?;
                return Ok(discard(self.inner.get_mut()).await?);
            }
            self.inner.close(Some(frame)).await?;
            while self.inner.next().await.is_some_and(|message| message.is_ok()) {}
            Ok::<_, Error>(())
        };
        // A timeout is ignored: a disconnected peer needs no close frame.
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, closing).await;
    }
}

/// Reads and discards the data that the peer is still sending. Closing a connection with unread data resets the
/// connection, and the peer would not receive the close frame.
async fn discard(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> std::io::Result<()> {
    stream.shutdown().await?;
    tokio::io::copy(stream, &mut tokio::io::sink()).await.map(drop)
}

/// Does not copy the part if it is a slice of `text`.
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
