//! Detects the protocol of a new connection, and performs the TLS handshake.

use super::ConnectionStream;
use crate::tls::ACME_TLS;
use rustls::ServerConfig;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

#[derive(Clone)]
pub(super) enum Protocol {
    Plain,
    Tls(Arc<ServerConfig>),
    /// HTTP with or without TLS, as the first byte of a connection shows.
    PlainOrTls(Arc<ServerConfig>),
}

/// Returns none if no request can follow on the connection.
pub(super) async fn accept(stream: TcpStream, protocol: Protocol) -> io::Result<Option<ConnectionStream>> {
    match tokio::time::timeout(ACCEPT_TIMEOUT, detect_protocol(stream, protocol)).await {
        Ok(outcome) => outcome,
        Err(_elapsed) => Err(io::ErrorKind::TimedOut.into()),
    }
}

async fn detect_protocol(stream: TcpStream, protocol: Protocol) -> io::Result<Option<ConnectionStream>> {
    let (config, allow_plain) = match protocol {
        Protocol::Plain => return Ok(Some(ConnectionStream::Plain(stream))),
        Protocol::Tls(config) => (config, false),
        Protocol::PlainOrTls(config) => (config, true),
    };
    let mut first = [0];
    if tokio::time::timeout(FIRST_BYTE_TIMEOUT, stream.peek(&mut first)).await?? == 0 {
        return Ok(None);
    }
    match first[0] {
        // A TLS record never starts with a letter; an HTTP request starts with the letters of its method.
        letter if letter.is_ascii_alphabetic() => {
            if allow_plain {
                return Ok(Some(ConnectionStream::Plain(stream)));
            }
            reject_plain_http(stream).await?;
            Ok(None)
        }
        _ => tls_handshake(stream, config).await,
    }
}

async fn reject_plain_http(mut stream: TcpStream) -> io::Result<()> {
    // The request must be read: closing a socket with unread bytes resets the connection, and the response would be
    // lost.
    let _ = stream.try_read(&mut [0; 4096]);
    stream.write_all(PLAIN_HTTP_RESPONSE).await?;
    stream.shutdown().await
}

async fn tls_handshake(stream: TcpStream, config: Arc<ServerConfig>) -> io::Result<Option<ConnectionStream>> {
    let mut stream = TlsAcceptor::from(config).accept(stream).await?;
    if stream.get_ref().1.alpn_protocol() == Some(ACME_TLS) {
        // The handshake itself answers the ACME challenge with its certificate (RFC 8737, section 3).
        stream.shutdown().await?;
        return Ok(None);
    }
    Ok(Some(ConnectionStream::Tls(Box::new(stream))))
}

/// The timeout of protocol detection and handshake. A phone with a slow connection needs two or three seconds.
const ACCEPT_TIMEOUT: Duration = Duration::from_secs(10);

/// The timeout of the first byte, which a client sends immediately after it connects.
const FIRST_BYTE_TIMEOUT: Duration = Duration::from_secs(5);

const PLAIN_HTTP_RESPONSE: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n\
Content-Length: 59\r\nConnection: close\r\n\r\nThis port speaks HTTPS: begin the address with https://...\n";
