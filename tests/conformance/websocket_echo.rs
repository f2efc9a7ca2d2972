//! A WebSocket echo server for Autobahn's fuzzing client (see `websocket.sh`). The server uses the daemon's media
//! socket code, so that Autobahn tests the handshake, limits, frames and closing of the daemon. `websocket_echo`
//! listens on a free loopback port, prints `ws://127.0.0.1:PORT`, and serves until it is stopped.

#![allow(clippy::print_stdout, reason = "the caller reads the address there")]

use agentlocator::http::upgrade_to_websocket;
use agentlocator::providers::websocket::{Received, Socket};
use agentlocator::runtime::calls::MediaTransport;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::io::Write;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("ws://{}", listener.local_addr()?);
    std::io::stdout().flush()?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(serve(stream));
    }
}

async fn serve(stream: TcpStream) {
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(open)).with_upgrades();
    if let Err(error) = connection.await {
        println!("connection failed: {error}");
    }
}

async fn open(request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let (response, pending) = upgrade_to_websocket(&mut request.map(Body::new));
    if let Some(pending) = pending {
        tokio::spawn(async move {
            if let Ok(socket) = pending.open().await {
                echo(socket).await;
            }
        });
    }
    Ok(response)
}

/// Sends every message back until the client closes the socket or violates the protocol, or the connection is lost.
async fn echo(mut socket: Socket<MediaTransport>) {
    loop {
        let sent = match socket.receive().await {
            Received::Text(text) => socket.queue(text.to_string()),
            Received::Binary(bytes) => socket.queue(bytes),
            Received::Activity => Ok(()),
            Received::Closed(_) | Received::Lost(_) => break,
        };
        if sent.and_then(|()| socket.try_flush()).is_err() {
            break;
        }
    }
    socket.close(CloseCode::Normal, "").await;
}
