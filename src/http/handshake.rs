//! What a new connection speaks, and the TLS handshake.

use super::Transport;
use crate::ops::tls::ACME_TLS;
use rustls::ServerConfig;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// What clients may speak on a listener.
#[derive(Clone)]
pub(super) enum Protocol {
    /// HTTP.
    Plain,
    /// HTTP by TLS.
    Tls(Arc<ServerConfig>),
    /// Either; the first byte of a connection decides.
    PlainOrTls(Arc<ServerConfig>),
}

/// The connection once it is clear what it speaks and a TLS handshake is done; none where nothing more is to be said on it.
pub(super) async fn accept(stream: TcpStream, protocol: Protocol) -> io::Result<Option<Transport>> {
    match tokio::time::timeout(LIMIT, choose(stream, protocol)).await {
        Ok(outcome) => outcome,
        Err(_elapsed) => Err(io::ErrorKind::TimedOut.into()),
    }
}

async fn choose(stream: TcpStream, protocol: Protocol) -> io::Result<Option<Transport>> {
    let (config, plain_too) = match protocol {
        Protocol::Plain => return Ok(Some(Transport::Plain(stream))),
        Protocol::Tls(config) => (config, false),
        Protocol::PlainOrTls(config) => (config, true),
    };
    let mut first = [0];
    if tokio::time::timeout(FIRST_BYTE, stream.peek(&mut first)).await?? == 0 {
        return Ok(None);
    }
    match first[0] {
        // TLS begins with a byte that is no letter; HTTP with the letters of its method.
        letter if letter.is_ascii_alphabetic() => {
            if plain_too {
                return Ok(Some(Transport::Plain(stream)));
            }
            refuse_plain_http(stream).await?;
            Ok(None)
        }
        _ => shake_hands(stream, config).await,
    }
}

async fn refuse_plain_http(mut stream: TcpStream) -> io::Result<()> {
    // What was asked is taken in, or closing would cut the answer off.
    let _ = stream.try_read(&mut [0; 4096]);
    stream.write_all(PLAIN_HTTP).await?;
    stream.shutdown().await
}

async fn shake_hands(stream: TcpStream, config: Arc<ServerConfig>) -> io::Result<Option<Transport>> {
    let mut stream = TlsAcceptor::from(config).accept(stream).await?;
    if stream.get_ref().1.alpn_protocol() == Some(ACME_TLS) {
        // The certificate was the answer (RFC 8737, section 3).
        stream.shutdown().await?;
        return Ok(None);
    }
    Ok(Some(Transport::Tls(Box::new(stream))))
}

/// A slow phone on a bad line needs two or three seconds.
const LIMIT: Duration = Duration::from_secs(10);

/// Whoever opens a connection has something to say.
const FIRST_BYTE: Duration = Duration::from_secs(5);

const PLAIN_HTTP: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n\
Content-Length: 59\r\nConnection: close\r\n\r\nThis port speaks HTTPS: begin the address with https://...\n";
