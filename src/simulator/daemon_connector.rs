//! How the fakes connect to the daemon.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Response;
use tokio_tungstenite::tungstenite::{self, http};
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config, client_async_with_config,
};
use url::Url;

/// A media stream as Twilio opens it.
pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The way to the box: as its URLs say, or straight to one address whatever host and scheme they name, without TLS. With
/// the second a box that calls itself `https://shop.example` is tried out at `127.0.0.1:8080`.
#[derive(Clone, Debug)]
pub struct DaemonConnector {
    connect_to: Option<SocketAddr>,
    http: reqwest::Client,
    /// How hands are shaken, where not as with everybody.
    tls: Option<Arc<rustls::ClientConfig>>,
}

impl DaemonConnector {
    /// As the URLs say, or to `connect_to`.
    ///
    /// # Errors
    /// If no HTTP client can be made.
    pub fn new(connect_to: Option<SocketAddr>) -> Result<Self, reqwest::Error> {
        Ok(Self { connect_to, http: client().build()?, tls: None })
    }

    /// By TLS to the box that calls itself `host`, at this address, whose certificate `tls` accepts.
    ///
    /// # Errors
    /// If no HTTP client can be made.
    pub fn by_tls(host: &str, address: SocketAddr, tls: rustls::ClientConfig) -> Result<Self, reqwest::Error> {
        let http = client().resolve(host, address).tls_backend_preconfigured(tls.clone()).build()?;
        Ok(Self { connect_to: Some(address), http, tls: Some(Arc::new(tls)) })
    }

    /// A request to `url`, which bears the host of the URL wherever it goes.
    pub(super) fn request(&self, method: reqwest::Method, url: &Url) -> reqwest::RequestBuilder {
        match self.connect_to {
            None => self.http.request(method, url.clone()),
            Some(_) if self.tls.is_some() => self.http.request(method, url.clone()),
            Some(address) => {
                let mut direct = url.clone();
                // Both are possible for every http and https URL.
                let _ = direct.set_scheme("http");
                let _ = direct.set_ip_host(address.ip());
                let _ = direct.set_port(Some(address.port()));
                self.http.request(method, direct).header(reqwest::header::HOST, authority(url))
            }
        }
    }

    /// Opens a WebSocket to `url` with `headers`.
    pub(super) async fn open_socket(
        &self,
        url: &Url,
        headers: &[(&'static str, String)],
    ) -> Result<(Socket, Response), tungstenite::Error> {
        let mut request = url.as_str().into_client_request()?;
        for (name, value) in headers {
            let value = http::HeaderValue::from_str(value).map_err(http::Error::from)?;
            request.headers_mut().insert(*name, value);
        }
        let Some(address) = self.connect_to else {
            return Box::pin(tokio_tungstenite::connect_async_with_config(request, None, true)).await;
        };
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let Some(tls) = &self.tls else {
            return Box::pin(client_async_with_config(request, MaybeTlsStream::Plain(stream), None)).await;
        };
        let connector = Connector::Rustls(tls.clone());
        Box::pin(client_async_tls_with_config(request, stream, None, Some(connector))).await
    }
}

fn client() -> reqwest::ClientBuilder {
    // Fails where one is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(5))
        .timeout(WEBHOOK_LIMIT)
        .tcp_nodelay(true)
}

/// Host and, if it is not the scheme's own, port.
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// What lies at the bottom of an error.
pub(in crate::simulator) fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

/// Twilio waits 15 s for the answer to a webhook.
pub(super) const WEBHOOK_LIMIT: Duration = Duration::from_secs(15);
