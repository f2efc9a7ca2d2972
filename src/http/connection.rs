//! An accepted connection: plain TCP, TLS, or a Unix socket.

use super::connection_limit::Client;
use hyper_util::rt::TokioIo;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::server::TlsStream;

/// A connection that records when it last received or sent bytes.
#[derive(Debug)]
pub struct Connection {
    transport: ConnectionStream,
    client: Arc<Client>,
}

/// The type of the connection of an upgraded request, for `hyper::upgrade::Upgraded::downcast`.
pub type HyperConnection = TokioIo<Connection>;

impl Connection {
    pub(super) fn new(transport: ConnectionStream, client: Arc<Client>) -> Self {
        Self { transport, client }
    }

    pub(super) fn into_stream(self) -> ConnectionStream {
        self.transport
    }
}

#[derive(Debug)]
pub enum ConnectionStream {
    Plain(TcpStream),
    Unix(UnixStream),
    /// Boxed: the TLS state is many times larger than a plain stream, and would enlarge all connections.
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        ready!(match &mut this.transport {
            ConnectionStream::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            ConnectionStream::Unix(stream) => Pin::new(stream).poll_read(cx, buf),
            ConnectionStream::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, buf),
        })?;
        if buf.filled().len() > before {
            this.client.record_received();
        }
        Poll::Ready(Ok(()))
    }
}

impl Connection {
    fn record_write(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if matches!(written, Poll::Ready(Ok(1..))) {
            self.client.record_sent();
        }
        written
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = match &mut this.transport {
            ConnectionStream::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            ConnectionStream::Unix(stream) => Pin::new(stream).poll_write(cx, buf),
            ConnectionStream::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, buf),
        };
        this.record_write(written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = match &mut this.transport {
            ConnectionStream::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            ConnectionStream::Unix(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            ConnectionStream::Tls(stream) => Pin::new(stream.as_mut()).poll_write_vectored(cx, bufs),
        };
        this.record_write(written)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.transport {
            ConnectionStream::Plain(stream) => stream.is_write_vectored(),
            ConnectionStream::Unix(stream) => stream.is_write_vectored(),
            ConnectionStream::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().transport {
            ConnectionStream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            ConnectionStream::Unix(stream) => Pin::new(stream).poll_flush(cx),
            ConnectionStream::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().transport {
            ConnectionStream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            ConnectionStream::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
            ConnectionStream::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
        }
    }
}
