//! The accept loop: accepts connections, passes requests to the router, and shuts down gracefully.
//!
//! It is not axum's, because the media socket takes its stream back out of the upgraded connection, which is only
//! possible if the type of the connection is known.

use super::connection_limit::{Admission, Admitted, Client, Connections};
use super::peer::is_among;
use super::tls_accept::{Protocol, accept};
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

/// The connection of an upgraded request: `hyper::upgrade::Upgraded::downcast::<HyperConnection>()` returns it.
pub type HyperConnection = TokioIo<Connection>;

/// Cancelled when the server stops: an endless response must end then. A request extension.
#[derive(Clone, Debug)]
pub(super) struct Stopping(pub(super) CancellationToken);

/// Serves all listeners until `stopping` is cancelled; returns when the last request in progress has ended.
pub async fn serve(listeners: Listeners, state: AppState, stopping: CancellationToken) {
    let Listeners { public, crm, http, https, bridge } = listeners;
    // Decided by the settings: if the CRM listener could not be opened, the public one still does not get page and API.
    let public_router = router::public(&state, state.config().http.crm_listen.is_none());
    let max_connections = state.config().http.max_connections.unwrap_or_else(default_connections);
    let slots = || Connections::new(max_connections);
    let port_80_slots = Connections::new((max_connections / PORT_80_SHARE).max(1));
    // Separate connection limits: a flood on the public listener must not lock the owner out, nor one over plain HTTP
    // the users of TLS.
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

/// The kind of listening socket.
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
                tracing::info!(event = "LISTENING", listener = name, address = ip, port, "Listening on {address}");
            }
            Self::Unix(listener) => {
                let Ok(address) = listener.local_addr() else { return };
                let path = address.as_pathname().unwrap_or(Path::new("a socket without a path")).display();
                tracing::info!(event = "LISTENING", listener = name, path = %path, "Listening on {path}");
            }
        }
    }
}

/// A client that requests much and reads nothing would hold its slot for ever, because request timeouts do not cover
/// the sending of the response. The kernel drops connections whose peer has not acknowledged a byte for this long.
/// Connections inherit the option from their listener.
fn set_user_timeout(listener: &ListenSocket, timeout: Duration) {
    let ListenSocket::Tcp(listener) = listener else { return };
    let ms = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
    if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(listener, ms) {
        tracing::warn!(event = "SOCKET_OPTION_FAILED", %error, "Cannot set TCP_USER_TIMEOUT on a listener: connections whose client does not read are not dropped");
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
        set_user_timeout(&self.socket, Duration::from_secs(config.http.request_timeout_s));
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
                    // Usually no file descriptors are left; connections that end free some.
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

    /// Admits a connection; none only if all slots have authenticated requests in progress.
    fn admit(&self, address: IpAddr, next_warning: &mut Instant) -> Option<Admitted> {
        // A trusted proxy carries many clients.
        let (admitted, is_full) = match self.connections.admit(address, is_among(&self.proxies, address)) {
            Admission::Open(admitted, evicted) => (Some(admitted), evicted),
            Admission::Full => (None, true),
        };
        if is_full && *next_warning <= clock::instant() {
            *next_warning = clock::instant() + LOG_INTERVAL;
            let name = self.name;
            tracing::warn!(event = "CONNECTION_LIMIT", listener = name, address = %address, "Too many connections at listener {name}: for each new connection, the one that has been silent for longest is closed");
        }
        admitted
    }
}

/// The client of a connection, and the protocol.
struct ConnectionContext {
    address: SocketAddr,
    proxies: Arc<[Network]>,
    protocol: Protocol,
    client: Arc<Client>,
}

impl ConnectionContext {
    /// Serves one connection from its first to its last byte.
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
                // The handshake has a timeout of its own.
                self.client.record_received();
                self.serve_requests(stream, router, stopping).await;
            }
            Ok(None) => {}
            Err(error) => {
                tracing::debug!(event = "TLS_HANDSHAKE_FAILED", %error, "TLS handshake failed");
            }
        }
    }

    /// Serves the requests of a connection.
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
            let (response, busy, client) = (router.clone().call(request), busy.clone(), self.client.clone());
            async move {
                let response = response.await;
                client.finish_request();
                busy.send_replace(false);
                response
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            // The client's own timeouts apply, which distinguish an idle connection from a slow head.
            .header_read_timeout(None)
            .max_buf_size(MAX_HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = client.close_required() => {
                return tracing::debug!(event = "CONNECTION_CLOSED", address = %client_address, "Connection from {client_address} closed: it was silent for too long, or evicted");
            }
            () = stopping.cancelled() => {
                // A client that has just connected, or reuses a kept connection, may have sent a request already;
                // closing now would reject it.
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
            tracing::debug!(event = "CONNECTION_FAILED", error = %error, "Connection from {client_address} failed");
        }
    }
}

/// One connection per MiB of memory: an unauthenticated client can make a connection hold the head of a request of
/// [`MAX_HEAD_BYTES`], and all connections together must not hold more than a small part of the memory. Three
/// listeners with this limit and port 80 with its part of it hold 52 MiB of heads.
fn default_connections() -> usize {
    let system = rustix::system::sysinfo();
    let bytes = system.totalram.saturating_mul(system.mem_unit.into());
    usize::try_from(bytes >> 20).unwrap_or(usize::MAX).clamp(MIN_CONNECTIONS, MAX_CONNECTIONS)
}

/// Without this warning, a login rate limit that applies to all clients of a proxy together would be hard to explain.
fn warn_of_untrusted_proxy(address: IpAddr) {
    let address = address.to_canonical();
    tracing::warn!(
        event = "PROXY_NOT_NAMED", %address,
        "A proxy or tunnel at {address} forwards requests, but http.trusted_proxies does not name it: all of its clients count \
         as one, and its X-Forwarded-For and X-Forwarded-Proto are ignored. If it is yours, set \
         [http] trusted_proxies = [\"{address}\"] and reload"
    );
}

/// One warning per process is enough.
static UNTRUSTED_PROXY: Once = Once::new();

/// At shutdown, how long an idle connection waits for a last request.
const SHUTDOWN_GRACE: Duration = Duration::from_millis(500);

/// The longest head, and the size of a connection's buffers. Twilio's heads have about 1 KiB, the page's with its cookies less; longer
/// search words are refused anyway.
const MAX_HEAD_BYTES: usize = 16 << 10;

/// Port 80 gets this part of the connections: it only redirects, and answers the certificate authority.
const PORT_80_SHARE: usize = 4;

/// The limits of [`default_connections`].
const MIN_CONNECTIONS: usize = 256;
const MAX_CONNECTIONS: usize = 1024;

/// The pause after a failed accept.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How often the log reports failed accepts.
const LOG_INTERVAL: Duration = Duration::from_secs(10);
