//! Opens a WebSocket to a provider.

use super::Socket;
use crate::domain::AiFailureCause;
use crate::providers::error_code;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::GaiResolver;
use std::io;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::MaybeTlsStream;
use tokio_tungstenite::tungstenite::Error as WsError;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, Uri};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tower::ServiceExt;

/// The total timeout for name resolution, TCP, TLS and the WebSocket handshake.
const DIAL_LIMIT: Duration = Duration::from_secs(3);
/// The delay before the addresses of the other IP family are tried (RFC 8305, section 5).
const OTHER_FAMILY_AFTER: Duration = Duration::from_millis(300);
/// The connect timeout for all addresses of an IP family together. It is shorter than `DIAL_LIMIT`, so an unresponsive
/// address leaves time for the next address and for TLS.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialError {
    pub retry: bool,
    pub reason: String,
}

/// The header in which a server expects its API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyHeader {
    /// The name of the header, in lower case.
    pub name: &'static str,
    /// The text before the key, including its trailing space.
    pub scheme: &'static str,
}

impl KeyHeader {
    /// A bearer token (RFC 6750).
    pub const BEARER: Self = Self { name: "authorization", scheme: "Bearer " };
}

pub async fn dial(
    url: &str,
    key_header: KeyHeader,
    key: &str,
    limits: WebSocketConfig,
) -> Result<Socket<MaybeTlsStream<TcpStream>>, DialError> {
    let late = |_| DialError { retry: true, reason: format!("no connection within {} s", DIAL_LIMIT.as_secs()) };
    tokio::time::timeout(DIAL_LIMIT, open(url, key_header, key, limits)).await.map_err(late)?
}

async fn open(
    url: &str,
    key_header: KeyHeader,
    key: &str,
    limits: WebSocketConfig,
) -> Result<Socket<MaybeTlsStream<TcpStream>>, DialError> {
    let lost = |error: &WsError| DialError { retry: true, reason: error.to_string() };
    let mut request = url.into_client_request().map_err(|error| lost(&error))?;
    let value = HeaderValue::from_str(&format!("{}{key}", key_header.scheme))
        .map_err(|_| DialError { retry: false, reason: "the key is not ASCII".to_owned() })?;
    request.headers_mut().insert(key_header.name, value);
    let stream = connect_tcp(request.uri()).await.map_err(|error| lost(&WsError::Io(error)))?;
    match tokio_tungstenite::client_async_tls_with_config(request, stream, Some(limits), None).await {
        Ok((socket, _)) => Ok(Socket::new(socket)),
        Err(WsError::Http(response)) => {
            let status = response.status().as_u16();
            let body = response.body().as_deref().unwrap_or_default();
            let (code, reason) = (error_code::of(body), error_code::reason(status, body));
            // A retry does not help for 401, 403, 404 or an account without credit. A rate limit or a 5xx status may be
            // temporary.
            let retry = matches!(
                AiFailureCause::from_status(status, &code),
                AiFailureCause::RateLimited | AiFailureCause::Outage
            );
            Err(DialError { retry, reason })
        }
        Err(error) => Err(lost(&error)),
    }
}

pub(in crate::providers) async fn connect_tcp(url: &Uri) -> io::Result<TcpStream> {
    let port = url.port_u16().unwrap_or(if matches!(url.scheme_str(), Some("wss" | "https")) { 443 } else { 80 });
    let target = Uri::builder().scheme("http").path_and_query("/");
    let target = target.authority(format!("{}:{port}", url.host().unwrap_or_default())).build();
    let stream = connector(GaiResolver::new()).oneshot(target.map_err(io::Error::other)?).await;
    Ok(stream.map_err(io::Error::other)?.into_inner())
}

/// Returns a connector that tries several addresses of a name, so that one unreachable address does not prevent the
/// connection (RFC 8305).
fn connector<R>(resolver: R) -> HttpConnector<R> {
    let mut connector = HttpConnector::new_with_resolver(resolver);
    connector.set_nodelay(true);
    connector.set_happy_eyeballs_timeout(Some(OTHER_FAMILY_AFTER));
    connector.set_connect_timeout(Some(CONNECT_LIMIT));
    connector
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper_util::client::legacy::connect::dns::Name;
    use std::net::{Ipv6Addr, SocketAddr};
    use tokio::net::{TcpListener, TcpSocket};

    async fn connect_to(addresses: &[SocketAddr]) -> Result<SocketAddr, String> {
        let addresses = addresses.to_vec();
        let resolver = tower::service_fn(move |_: Name| {
            let addresses = addresses.clone();
            async move { Ok::<_, io::Error>(addresses.into_iter()) }
        });
        let stream =
            tokio::time::timeout(DIAL_LIMIT, connector(resolver).oneshot(Uri::from_static("http://ai.example")));
        let stream = stream.await.map_err(|_| "it took longer than a dial may".to_owned())?;
        Ok(stream.map_err(|error| error.to_string())?.into_inner().peer_addr().unwrap())
    }

    /// An address that does not respond, as if its packets were lost. The queue of its listener is full, so the
    /// kernel drops new connections.
    struct DeadAddress {
        address: SocketAddr,
        _held: (TcpListener, Vec<TcpStream>),
    }

    impl DeadAddress {
        async fn create() -> Self {
            Self::on(TcpSocket::new_v4().unwrap(), "127.0.0.1:0").await
        }

        async fn on(socket: TcpSocket, address: &str) -> Self {
            socket.bind(address.parse().unwrap()).unwrap();
            let listener = socket.listen(1).unwrap();
            let (address, mut queued) = (listener.local_addr().unwrap(), Vec::new());
            while let Ok(stream) = tokio::time::timeout(Duration::from_millis(300), TcpStream::connect(address)).await {
                queued.push(stream.unwrap());
                assert!(queued.len() < 100, "the listener's queue did not become full");
            }
            Self { address, _held: (listener, queued) }
        }
    }

    #[tokio::test]
    async fn a_dead_address_before_a_live_one_costs_no_call() {
        let dead = DeadAddress::create().await;
        let live = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let live = live.local_addr().map(|address| (address, live)).unwrap();
        assert_eq!(connect_to(&[dead.address, live.0]).await, Ok(live.0));
        assert_eq!(connect_to(&[live.0, dead.address]).await, Ok(live.0));
    }

    /// Resolvers usually return IPv6 addresses first.
    #[tokio::test]
    async fn an_ipv6_route_without_connectivity_costs_no_call() {
        let live = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let live = live.local_addr().map(|address| (address, live)).unwrap();
        let closed = SocketAddr::from((Ipv6Addr::LOCALHOST, live.0.port()));
        let in_time = |addresses: Vec<SocketAddr>| async move {
            tokio::time::timeout(Duration::from_secs(1), connect_to(&addresses)).await.unwrap()
        };
        assert_eq!(in_time(vec![closed, live.0]).await, Ok(live.0), "refused, or without a route");
        // A machine without IPv6 cannot have an unresponsive IPv6 address.
        let Ok(probe) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await else { return };
        drop(probe);
        let dead = DeadAddress::on(TcpSocket::new_v6().unwrap(), "[::1]:0").await;
        assert_eq!(in_time(vec![dead.address, live.0]).await, Ok(live.0), "without an answer");
    }

    #[tokio::test]
    async fn a_dead_address_alone_fails_while_there_is_time_for_another_engine() {
        let dead = DeadAddress::create().await;
        let reason = connect_to(&[dead.address]).await.unwrap_err();
        assert!(reason.contains("tcp connect error"), "{reason}");
    }
}
