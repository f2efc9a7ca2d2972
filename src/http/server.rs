//! The accept loop: connections in, requests to the router, and an end without cutting anybody off.
//!
//! It is our own, because the media socket takes its `TcpStream` back out of the upgraded connection, which is only
//! possible where the type of the connection is known.

use super::crowd::Crowd;
use super::{AppState, Listeners, Peer, router};
use crate::clock;
use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tower::Service;

/// The connection of an upgraded request: `hyper::upgrade::Upgraded::downcast::<Connection>()` gives it back.
pub type Connection = TokioIo<TcpStream>;

/// Answers on every door until `stopping` turns true; ends when the last running request has ended.
pub async fn serve(listeners: Listeners, state: AppState, stopping: watch::Receiver<bool>) {
    let both_in_one = listeners.crm.is_none();
    let patience = Duration::from_secs(state.config.http.request_timeout_s);
    for listener in listeners.public.iter().chain(&listeners.crm) {
        drop_those_who_do_not_read(listener, patience);
    }
    let room = Arc::new(Semaphore::new(state.config.http.max_connections));
    let public = router::public(&state, both_in_one);
    let mut doors = JoinSet::new();
    for listener in listeners.public {
        doors.spawn(Door::new(listener, public.clone(), room.clone(), stopping.clone()).run("public"));
    }
    if let Some(listener) = listeners.crm {
        // Room of its own: a flood at the public door must not lock the owner out.
        let room = Arc::new(Semaphore::new(state.config.http.max_connections));
        doors.spawn(Door::new(listener, router::crm(&state), room, stopping).run("crm"));
    }
    while doors.join_next().await.is_some() {}
}

/// Whoever asks for much and reads nothing would keep a place for ever: no limit of a request covers its answer's way. The
/// kernel drops those who have not taken a byte for so long. Connections have it from their listener.
fn drop_those_who_do_not_read(listener: &TcpListener, patience: Duration) {
    let ms = u32::try_from(patience.as_millis()).unwrap_or(u32::MAX);
    if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(listener, ms) {
        tracing::warn!(event = "SOCKET_OPTION_FAILED", %error, "Those who do not read are not dropped");
    }
}

struct Door {
    listener: TcpListener,
    router: Router,
    room: Arc<Semaphore>,
    crowd: Arc<Crowd>,
    stopping: watch::Receiver<bool>,
}

impl Door {
    fn new(listener: TcpListener, router: Router, room: Arc<Semaphore>, stopping: watch::Receiver<bool>) -> Self {
        let crowd = Crowd::new(room.available_permits());
        Self { listener, router, room, crowd, stopping }
    }

    async fn run(mut self, door: &'static str) {
        if let Ok(address) = self.listener.local_addr() {
            let (ip, port) = (address.ip().to_string(), address.port());
            tracing::info!(event = "LISTENING", door, address = ip, port, "Listening on {address}");
        }
        let mut connections = JoinSet::new();
        let mut next_complaint = clock::instant();
        loop {
            let accepted = tokio::select! {
                accepted = accept(&self.listener, &self.room) => accepted,
                () = stop(&mut self.stopping) => break,
            };
            while connections.try_join_next().is_some() {}
            match accepted {
                Ok((stream, peer, turn)) => {
                    let Some(place) = self.crowd.enter(peer.ip()) else {
                        tracing::debug!(event = "CONNECTION_REFUSED", address = %peer.ip(), "One network has half the house");
                        continue;
                    };
                    let (router, stopping) = (self.router.clone(), self.stopping.clone());
                    connections.spawn(async move {
                        converse(stream, peer, router, stopping).await;
                        drop((turn, place));
                    });
                }
                Err(error) => {
                    // Mostly: no file descriptors left. Connections that end give some back.
                    if next_complaint <= clock::instant() {
                        next_complaint = clock::instant() + COMPLAIN_EVERY;
                        tracing::warn!(event = "ACCEPT_FAILED", error = %error, "Cannot take connections");
                    }
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(self.listener);
        while connections.join_next().await.is_some() {}
    }
}

/// Waits for room first: whoever comes when the house is full waits in the kernel's queue.
async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, Peer, tokio::sync::OwnedSemaphorePermit)> {
    let turn = room.clone().acquire_owned().await.map_err(std::io::Error::other)?;
    let (stream, address) = listener.accept().await?;
    Ok((stream, Peer(address), turn))
}

/// One connection, request by request.
async fn converse(stream: TcpStream, peer: Peer, router: Router, mut stopping: watch::Receiver<bool>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        router.clone().call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop(&mut stopping) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(event = "CONNECTION_FAILED", error = %error, "A connection ended badly");
    }
}

/// Waits for the order to stop.
async fn stop(stopping: &mut watch::Receiver<bool>) {
    // Whoever gives the order being gone is an order too.
    let _ = stopping.wait_for(|stop| *stop).await;
}

/// How long the head of a request may take to arrive, and how long a connection may wait for its next one.
const HEADER_TIME: Duration = Duration::from_secs(20);

/// The longest head; Twilio's are about 1 KiB.
const MAX_HEAD_BYTES: usize = 64 << 10;

/// The wait after a connection could not be taken.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How often the log says that connections cannot be taken.
const COMPLAIN_EVERY: Duration = Duration::from_secs(10);
