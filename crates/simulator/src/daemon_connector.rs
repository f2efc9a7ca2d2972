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

/// A media stream's socket, as Twilio opens it.
pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Connects to the daemon by its URLs, or always to one address. Without TLS ([`DaemonConnector::new`] with an
/// address), the connection ignores the host and the scheme of the URLs. A test can then reach a daemon at
/// `127.0.0.1:8080` whose public URL is `https://shop.example`.
#[derive(Clone, Debug)]
pub struct DaemonConnector {
    connect_to: Option<SocketAddr>,
    http: reqwest::Client,
    tls: Option<Arc<rustls::ClientConfig>>,
}

impl DaemonConnector {
    /// Creates a connector that uses the URLs or, if `connect_to` is set, always this address without TLS.
    ///
    /// # Errors
    /// If the HTTP client cannot be created.
    pub fn new(connect_to: Option<SocketAddr>) -> Result<Self, reqwest::Error> {
        Ok(Self { connect_to, http: client().build()?, tls: None })
    }

    /// Creates a connector that uses TLS to `address`. The daemon's URLs have `host`, and `tls` accepts the daemon's
    /// certificate.
    ///
    /// # Errors
    /// If the HTTP client cannot be created.
    pub fn by_tls(host: &str, address: SocketAddr, tls: rustls::ClientConfig) -> Result<Self, reqwest::Error> {
        let http = client().resolve(host, address).tls_backend_preconfigured(tls.clone()).build()?;
        Ok(Self { connect_to: Some(address), http, tls: Some(Arc::new(tls)) })
    }

    /// Creates a request to `url`. The `Host` header is that of the URL even if the connection goes to another address.
    pub(super) fn request(&self, method: reqwest::Method, url: &Url) -> reqwest::RequestBuilder {
        match self.connect_to {
            None => self.http.request(method, url.clone()),
            Some(_) if self.tls.is_some() => self.http.request(method, url.clone()),
            Some(address) => {
                let mut direct = url.clone();
                // These methods succeed for http and https URLs.
                let _ = direct.set_scheme("http");
                let _ = direct.set_ip_host(address.ip());
                let _ = direct.set_port(Some(address.port()));
                self.http.request(method, direct).header(reqwest::header::HOST, authority(url))
            }
        }
    }

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
    // An error means that a provider is already installed, which is sufficient.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(5))
        .timeout(WEBHOOK_LIMIT)
        .tcp_nodelay(true)
}

/// Returns the host, and the port if it is not the default port of the scheme.
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// Returns the text of the last source of an error. The text of a `reqwest` error alone does not say what failed.
pub(crate) fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

/// Twilio's timeout for the response of a webhook.
pub(super) const WEBHOOK_LIMIT: Duration = Duration::from_secs(15);
