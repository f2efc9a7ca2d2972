//! A WebSocket as a call needs it: small buffers, many messages to one write, and a peer that does not read never holds
//! the call up.

use bytes::Bytes;
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

/// A peer that has not taken so much does not listen any more.
const MAX_UNSENT: usize = 1 << 20;

/// The limits of a socket whose messages are mostly shorter than `read_buffer`, in bytes, longer ones being read in
/// pieces; longer messages than `longest` are not for us.
///
/// There are two sockets a call and hundreds of calls: the library's own 128 KiB would be most of our memory, and all of
/// a buffer is wiped for each read.
pub fn limits(read_buffer: usize, longest: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(read_buffer)
        .write_buffer_size(MAX_UNSENT)
        .max_write_buffer_size(2 * MAX_UNSENT)
        .max_message_size(Some(longest))
        .max_frame_size(Some(longest))
}

/// A WebSocket that sends when asked to, not with each message.
#[derive(Debug)]
pub struct Socket<S> {
    inner: WebSocketStream<S>,
    is_unsent: bool,
    /// The peer broke a rule of the protocol: nothing more that it sends is understood.
    has_failed: bool,
}

/// What came.
#[derive(Debug)]
pub enum Received {
    /// A text message.
    Text(Utf8Bytes),
    /// A binary message.
    Binary(Bytes),
    /// A sign of life.
    Alive,
    /// The other side closed, with its reason where it gave one.
    Closed(Option<CloseFrame>),
    /// The connection is lost.
    Lost(Error),
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    /// Around a socket that has shaken hands.
    pub fn new(inner: WebSocketStream<S>) -> Self {
        Self { inner, is_unsent: false, has_failed: false }
    }

    /// The next message; meanwhile what waits to be sent is sent. Nothing is lost if the future is dropped.
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
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Received::Alive,
            Some(Ok(Message::Close(frame))) => {
                // The answer to it waits for the next write, which there need not be.
                let _ = self.inner.flush().now_or_never();
                Received::Closed(frame)
            }
            Some(Err(Error::ConnectionClosed)) | None => Received::Closed(None),
            Some(Err(error)) => {
                self.has_failed = true;
                self.complain(&error);
                Received::Lost(error)
            }
        }
    }

    /// Says what was wrong with a frame (RFC 6455, section 7.4.1): whoever closes the socket afterwards with another code
    /// changes nothing.
    fn complain(&mut self, error: &Error) {
        let code = match error {
            Error::Protocol(_) => CloseCode::Protocol,
            Error::Utf8(_) => CloseCode::Invalid,
            Error::Capacity(_) => CloseCode::Size,
            _ => return,
        };
        let frame = CloseFrame { code, reason: Utf8Bytes::default() };
        let _ = self.put(Message::Close(Some(frame))).and_then(|()| self.flush_now());
    }

    /// Takes a message to be sent with the next flush. An error means that the peer has not taken what came before.
    pub fn queue(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        self.put(message.into())
    }

    /// Asks for a sign of life.
    pub fn ping(&mut self) -> Result<(), Error> {
        self.put(Message::Ping(Bytes::new()))
    }

    fn put(&mut self, message: Message) -> Result<(), Error> {
        self.is_unsent = true;
        // Taking a message in only grows the buffer. Where it would wait, the buffer is full and the message not taken.
        let taken = self.inner.feed(message).now_or_never();
        taken.unwrap_or_else(|| Err(Error::Io(std::io::ErrorKind::WouldBlock.into())))
    }

    /// Sends what the peer takes at once; the rest goes while [`Socket::receive`] is waited for.
    pub fn flush_now(&mut self) -> Result<(), Error> {
        if self.is_unsent {
            let Some(sent) = self.inner.flush().now_or_never() else { return Ok(()) };
            self.is_unsent = false;
            return sent;
        }
        Ok(())
    }

    /// Sends all. Nothing is lost if the future is dropped.
    pub async fn flush(&mut self) -> Result<(), Error> {
        let done = self.inner.flush().await;
        self.is_unsent = false;
        done
    }

    /// Says goodbye and waits, not for ever, until the other side has heard it.
    pub async fn close(mut self, code: CloseCode, reason: &'static str) {
        let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
        let goodbye = async {
            if self.has_failed {
                // The close frame that says why is on its way.
                self.inner.flush().await?;
                return Ok(discard(self.inner.get_mut()).await?);
            }
            self.inner.close(Some(frame)).await?;
            while self.inner.next().await.is_some_and(|message| message.is_ok()) {}
            Ok::<_, Error>(())
        };
        // A peer that is gone need not be told.
        let _ = tokio::time::timeout(GOODBYE, goodbye).await;
    }
}

/// Reads to the end what a peer is still sending: closing a connection with unread bytes resets it, and the peer loses the close
/// frame that says why.
async fn discard(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> std::io::Result<()> {
    stream.shutdown().await?;
    tokio::io::copy(stream, &mut tokio::io::sink()).await.map(drop)
}

/// A part of a message, without copying it where it stands there as it is.
pub fn share(text: &Utf8Bytes, part: Cow<'_, str>) -> Bytes {
    match part {
        Cow::Borrowed(part) => AsRef::<Bytes>::as_ref(text).slice_ref(part.as_bytes()),
        Cow::Owned(part) => part.into(),
    }
}

const GOODBYE: Duration = Duration::from_secs(2);

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
        let taken = (0..10_000).take_while(|_| socket.queue(message.clone()).and_then(|()| socket.flush_now()).is_ok());
        assert!((1000..1100).contains(&taken.count()), "a mebibyte, and not a message more");
    }
}
