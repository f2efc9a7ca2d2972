//! The media socket of one call.

use crate::providers::twilio::media_stream::{self, Incoming, Start};
use crate::providers::websocket::{Received, Socket};
use std::fmt;
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

pub enum MediaTransport {
    /// A plain TCP connection.
    Tcp(TcpStream),
    /// A connection whose TLS this server terminates.
    Tls(Box<TlsStream<TcpStream>>),
    /// Another kind of stream, such as a Unix socket or an HTTP/2 stream.
    Other(Pin<Box<dyn Duplex>>),
}

pub trait Duplex: AsyncRead + AsyncWrite + Send {}

impl<T: AsyncRead + AsyncWrite + Send> Duplex for T {}

/// How many messages a socket may send up to and including its start message; control frames count. Twilio sends
/// "connected" before the start message; the web page sends nothing before it.
const MAX_UNAUTHENTICATED_MESSAGES: usize = 3;

/// Maximum size, in bytes, of each message up to and including the start message. The limit is small, because any
/// client may send such messages and the server parses each of them. Twilio's start message has about 1 KiB.
const MAX_UNAUTHENTICATED_BYTES: usize = 4 << 10;

pub struct MediaSocket {
    pub(in crate::runtime) socket: Socket<MediaTransport>,
    /// The address of the client, for log messages.
    pub(super) client: IpAddr,
}

impl MediaSocket {
    pub fn new(socket: Socket<MediaTransport>, client: IpAddr) -> Self {
        Self { socket, client }
    }

    /// `None` if the start message is not among the first messages, if a message that is not allowed precedes it, or
    /// if the socket is closed first.
    pub(super) async fn start(&mut self) -> Option<Start> {
        for _ in 0..MAX_UNAUTHENTICATED_MESSAGES {
            match self.socket.receive().await {
                Received::Text(text) if text.len() <= MAX_UNAUTHENTICATED_BYTES => match media_stream::parse(&text) {
                    Ok(Incoming::Start(start)) => return Some(start),
                    Ok(Incoming::Connected | Incoming::Unknown) => {}
                    Ok(_) | Err(_) => return None,
                },
                Received::Activity => {}
                Received::Text(_) | Received::Binary(_) | Received::Closed(_) | Received::Lost(_) => return None,
            }
        }
        None
    }

    /// For a socket that is not authenticated.
    pub async fn reject(self) {
        self.socket.close(CloseCode::Policy, "no token").await;
    }

    pub(in crate::runtime) async fn reject_flood(self) {
        self.socket.close(CloseCode::Policy, "faster than real time").await;
    }

    /// For a call that has ended, or a socket for which no call waits.
    pub(in crate::runtime) async fn close(self) {
        self.socket.close(CloseCode::Normal, "").await;
    }
}

impl fmt::Debug for MediaSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MediaSocket")
    }
}

impl AsyncRead for MediaTransport {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, buf),
            Self::Other(stream) => stream.as_mut().poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for MediaTransport {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<std::io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, buf),
            Self::Other(stream) => stream.as_mut().poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
            Self::Other(stream) => stream.as_mut().poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
            Self::Other(stream) => stream.as_mut().poll_shutdown(cx),
        }
    }
}
