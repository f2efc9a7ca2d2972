//! The accept loop: accepts connections, passes requests to the router, and shuts down gracefully.
//!
//! axum's own accept loop is not used, because the media WebSocket recovers its stream from the upgraded connection. To
//! recover the stream, the WebSocket must know the type of the connection.

use super::connection_limit::{Admission, Admitted, Client, Connections, Limit};
use super::peer::is_among;
use super::stopping::Stopping;
use super::tls_accept::{Protocol, accept};
use super::unread_body::UnreadBody;
use super::{AppState, Connection, ConnectionStream, Listeners, Peer, router};
use crate::clock;
use crate::config::Network;
use crate::runtime::ActiveSettings;
use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Once};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::Service;

/// Serves all listeners until `stopping` is cancelled; returns when all requests in progress have ended.
pub async fn serve(listeners: Listeners, state: AppState, stopping: CancellationToken) {
    let Listeners { public, crm, http, https, bridge } = listeners;
    // The settings decide: even if the CRM listener could not be opened, the public listener does not serve the web
    // page and the API.
    let public_router = router::public(&state, state.config().http.crm_listen.is_none());
    let max_connections = state.config().http.max_connections.unwrap_or_else(default_connections);
    let slots = || Connections::new(max_connections);
    let port_80_slots = Connections::new((max_connections / PORT_80_SHARE).max(1));
    // Each listener has a separate connection limit, so a flood of connections on one listener does not lock out the
    // clients of the others.
    let mut tasks = JoinSet::new();
    let mut open = |name, listeners: Vec<TcpListener>, router: Router, slots: Arc<Connections>, protocol: Protocol| {
        for listener in listeners.into_iter().map(ListenSocket::Tcp) {
            let listener = Listener::new(name, listener, router.clone(), slots.clone(), &state, stopping.clone());
            tasks.spawn(Listener { protocol: protocol.clone(), ..listener }.run());
        }
    };
    let tls = state.tls.server_config();
    let crm_protocol = tls.clone().map_or(Protocol::Plain, Protocol::PlainOrTls);
    open("public", public, public_router.clone(), slots(), Protocol::Plain);
    if !crm.is_empty() {
        open("crm", crm, router::with_hsts(router::crm(&state), &state), slots(), crm_protocol);
    }
    open("http", http, router::port_80(&state), port_80_slots, Protocol::Plain);
    if let Some(tls) = tls {
        open("https", https, router::with_hsts(public_router, &state), slots(), Protocol::Tls(tls));
    }
    for listener in bridge.into_iter().map(ListenSocket::Unix) {
        tasks.spawn(Listener::new("bridge", listener, router::bridge(&state), slots(), &state, stopping.clone()).run());
    }
    while tasks.join_next().await.is_some() {}
}

enum ListenSocket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl ListenSocket {
    async fn accept(&self) -> io::Result<(ConnectionStream, SocketAddr)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                let _ = stream.set_nodelay(true);
                Ok((ConnectionStream::Plain(stream), address))
            }
            Self::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                Ok((ConnectionStream::Unix(stream), SocketAddr::from((Ipv4Addr::LOCALHOST, 0))))
            }
        }
    }

    fn log_listening(&self, name: &'static str) {
        match self {
            Self::Tcp(listener) => {
                let Ok(address) = listener.local_addr() else { return };
                let (ip, port) = (address.ip().to_string(), address.port());
                tracing::info!(
                    event = "LISTENING",
                    listener = name,
                    address = ip,
                    port,
                    "Listening on {address} (listener {name})"
                );
            }
            Self::Unix(listener) => {
                let Ok(address) = listener.local_addr() else { return };
                let path = address.as_pathname().unwrap_or(Path::new("a socket without a path")).display();
                tracing::info!(event = "LISTENING", listener = name, path = %path, "Listening on {path} (listener {name})");
            }
        }
    }
}

/// Sets `TCP_USER_TIMEOUT`: the kernel closes a connection whose peer has not acknowledged sent data for this long.
/// Request timeouts do not cover the sending of a response, so without this option, a client that never reads its
/// responses would occupy a connection slot forever. Connections inherit the option from their listener.
fn set_user_timeout(name: &str, listener: &ListenSocket, timeout: Duration) {
    let ListenSocket::Tcp(listener) = listener else { return };
    let ms = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
    if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(listener, ms) {
        tracing::warn!(event = "SOCKET_OPTION_FAILED", listener = name, %error, "Cannot set TCP_USER_TIMEOUT on listener {name}; a connection whose client never reads its responses stays open");
    }
}

struct Listener {
    name: &'static str,
    socket: ListenSocket,
    router: Router,
    connections: Arc<Connections>,
    proxies: Arc<[Network]>,
    protocol: Protocol,
    settings: watch::Receiver<Arc<ActiveSettings>>,
    stopping: CancellationToken,
}

impl Listener {
    fn new(
        name: &'static str,
        socket: ListenSocket,
        router: Router,
        connections: Arc<Connections>,
        state: &AppState,
        stopping: CancellationToken,
    ) -> Self {
        let settings = state.settings.changes();
        let protocol = Protocol::Plain;
        let mut listener = Self { name, socket, router, connections, proxies: [].into(), protocol, settings, stopping };
        listener.apply_settings();
        listener
    }

    /// Applies the current settings to new connections.
    fn apply_settings(&mut self) {
        let config = self.settings.borrow_and_update().config.clone();
        set_user_timeout(self.name, &self.socket, Duration::from_secs(config.http.request_timeout_s));
        self.proxies = config.http.trusted_proxies.clone().into();
    }

    async fn run(mut self) {
        let name = self.name;
        self.socket.log_listening(name);
        let mut connections = JoinSet::new();
        let (mut next_error_log, mut next_warning) = (clock::instant(), clock::instant());
        loop {
            let accepted = tokio::select! {
                accepted = self.socket.accept() => accepted,
                () = self.stopping.cancelled() => break,
                Ok(()) = self.settings.changed() => {
                    self.apply_settings();
                    continue;
                }
            };
            while connections.try_join_next().is_some() {}
            match accepted {
                Ok((stream, address)) => {
                    let Some(admitted) = self.admit(address.ip(), &mut next_warning) else { continue };
                    let client = admitted.client.clone();
                    let (proxies, protocol) = (self.proxies.clone(), self.protocol.clone());
                    let context = ConnectionContext { address, proxies, protocol, client };
                    let (router, stopping) = (self.router.clone(), self.stopping.clone());
                    connections.spawn(async move {
                        context.serve(stream, router, stopping).await;
                        drop(admitted);
                    });
                }
                Err(error) => {
                    // The usual reason is a lack of file descriptors, which become available when connections end.
                    if next_error_log <= clock::instant() {
                        next_error_log = clock::instant() + LOG_INTERVAL;
                        let name = self.name;
                        tracing::warn!(event = "ACCEPT_FAILED", listener = name, error = %error, "Cannot accept connections on listener {name}; retrying");
                    }
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(self.socket);
        while connections.join_next().await.is_some() {}
    }

    fn admit(&self, address: IpAddr, next_warning: &mut Instant) -> Option<Admitted> {
        // A trusted proxy forwards the requests of many clients, so the limit per network does not apply.
        let (admitted, limit) = match self.connections.admit(address, is_among(&self.proxies, address)) {
            Admission::Open(admitted, limit) => (Some(admitted), limit),
            Admission::Full => (None, Some(Limit::Listener)),
        };
        if let Some(limit) = limit.filter(|_| *next_warning <= clock::instant()) {
            *next_warning = clock::instant() + LOG_INTERVAL;
            log_limit(self.name, limit, address);
        }
        admitted
    }
}

fn log_limit(name: &'static str, limit: Limit, address: IpAddr) {
    match limit {
        Limit::Network => tracing::warn!(event = "CONNECTION_LIMIT", listener = name, address = %address,
            "Listener {name}: too many connections from the network of {address} have not completed a request; each new connection from this network evicts the longest inactive of them"),
        Limit::Listener => tracing::warn!(event = "CONNECTION_LIMIT", listener = name, address = %address,
            "Listener {name} has reached its connection limit; the latest new connection is from {address}. Each new connection evicts the longest inactive unauthenticated connection, or, if there is none, the longest inactive one that has no request in progress. If there is none either, the new connection is refused"),
    }
}

struct ConnectionContext {
    address: SocketAddr,
    proxies: Arc<[Network]>,
    protocol: Protocol,
    client: Arc<Client>,
}

impl ConnectionContext {
    async fn serve(self, transport: ConnectionStream, router: Router, stopping: CancellationToken) {
        let stream = match (transport, &self.protocol) {
            (ConnectionStream::Plain(stream), Protocol::Tls(_) | Protocol::PlainOrTls(_)) => stream,
            (transport, _) => return self.serve_requests(transport, router, stopping).await,
        };
        let in_time = async {
            stopping.cancelled().await;
            tokio::time::sleep(SHUTDOWN_GRACE).await;
        };
        let outcome = tokio::select! {
            outcome = accept(stream, self.protocol.clone()) => outcome,
            () = self.client.evicted() => return,
            () = in_time => return,
        };
        match outcome {
            Ok(Some(stream)) => {
                // The handshake has a separate timeout, so its duration does not count as silence of the client.
                self.client.record_received();
                self.serve_requests(stream, router, stopping).await;
            }
            Ok(None) => {}
            Err(error) => {
                tracing::debug!(event = "TLS_HANDSHAKE_FAILED", address = %self.address.ip(), %error, "TLS handshake with {} failed; the connection is closed", self.address.ip());
            }
        }
    }

    async fn serve_requests(self, transport: ConnectionStream, router: Router, stopping: CancellationToken) {
        let tls = matches!(transport, ConnectionStream::Tls(_));
        let (busy, mut busy_changes) = watch::channel(false);
        let ends = Stopping(stopping.clone());
        let (client, client_address) = (self.client.clone(), self.address.ip());
        let stream = Connection::new(transport, self.client.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            busy.send_replace(true);
            self.client.begin_request();
            request.extensions_mut().insert(self.client.clone());
            let peer = Peer::new(self.address, tls, request.headers(), &self.proxies);
            if peer.is_untrusted_proxy() {
                UNTRUSTED_PROXY.call_once(|| warn_of_untrusted_proxy(self.address.ip()));
            }
            request.extensions_mut().insert(peer);
            request.extensions_mut().insert(ends.clone());
            let (request, unread) = UnreadBody::track(request);
            let (response, busy, client) = (router.clone().call(request), busy.clone(), self.client.clone());
            async move {
                let mut response = response.await;
                if let Ok(response) = &mut response {
                    unread.settle(response).await;
                }
                client.finish_request();
                busy.send_replace(false);
                response
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            // The timeouts of `Client` apply instead: they distinguish an idle connection from an incomplete request
            // head.
            .header_read_timeout(None)
            .max_buf_size(MAX_HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = client.close_required() => {
                return tracing::debug!(event = "CONNECTION_CLOSED", address = %client_address, "Connection from {client_address} closed: it was idle, did not complete a request head in time, or was evicted");
            }
            () = stopping.cancelled() => {
                // A client that has just connected, or that reuses an idle connection, may already have sent a request;
                // closing the connection now would lose it.
                let last_request = tokio::time::timeout(SHUTDOWN_GRACE, async { busy_changes.wait_for(|busy| *busy).await.is_ok() });
                tokio::select! {
                    ended = connection.as_mut() => ended,
                    _ = last_request => {
                        connection.as_mut().graceful_shutdown();
                        connection.await
                    }
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(event = "CONNECTION_FAILED", error = %error, "Connection from {client_address} failed and is closed");
        }
    }
}

/// Returns the default connection limit: one connection per MiB of memory, but at least [`MIN_CONNECTIONS`] and at most
/// [`MAX_CONNECTIONS`]. An unauthenticated client can make a connection hold a request head of [`MAX_HEAD_BYTES`], and
/// all heads together must use only a small part of the memory. Three TCP listeners with this limit, and port 80 with
/// its share of the limit, hold at most 52 MiB of heads.
fn default_connections() -> usize {
    let system = rustix::system::sysinfo();
    let bytes = system.totalram.saturating_mul(system.mem_unit.into());
    usize::try_from(bytes >> 20).unwrap_or(usize::MAX).clamp(MIN_CONNECTIONS, MAX_CONNECTIONS)
}

/// Logs a warning about a proxy that is missing in `http.trusted_proxies`. All clients of such a proxy share one login
/// rate limit, so users could be locked out without an explanation.
fn warn_of_untrusted_proxy(address: IpAddr) {
    let address = address.to_canonical();
    tracing::warn!(
        event = "PROXY_NOT_TRUSTED", %address,
        "A proxy or tunnel at {address} forwards requests, but http.trusted_proxies does not name it: all of its clients count \
         as one, and its X-Forwarded-For and X-Forwarded-Proto are ignored. If it is yours, set \
         [http] trusted_proxies = [\"{address}\"] and reload"
    );
}

static UNTRUSTED_PROXY: Once = Once::new();

/// The time at shutdown in which an idle connection can still send a last request.
const SHUTDOWN_GRACE: Duration = Duration::from_millis(500);

/// The maximum length of a request head, and the size of a connection's buffers. Twilio's heads have about 1 KiB; the
/// longest accepted search words also fit.
const MAX_HEAD_BYTES: usize = 16 << 10;

/// The divisor of the connection limit for port 80, which mainly redirects and answers the certificate authority.
const PORT_80_SHARE: usize = 4;

/// The bounds of [`default_connections`].
const MIN_CONNECTIONS: usize = 256;
const MAX_CONNECTIONS: usize = 1024;

const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The minimum interval between log messages about failed accepts, and between those about the connection limit.
const LOG_INTERVAL: Duration = Duration::from_secs(10);
