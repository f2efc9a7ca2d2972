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

/// Connects to the daemon: by its URLs, or to one address without TLS, whatever host and scheme the URLs name. The
/// second form tests a daemon whose public URL is `https://shop.example` at `127.0.0.1:8080`.
#[derive(Clone, Debug)]
pub struct DaemonConnector {
    connect_to: Option<SocketAddr>,
    http: reqwest::Client,
    /// The TLS settings, if they are not the default ones.
    tls: Option<Arc<rustls::ClientConfig>>,
}

impl DaemonConnector {
    /// Connects by the URLs, or to `connect_to`.
    ///
    /// # Errors
    /// If the HTTP client cannot be created.
    pub fn new(connect_to: Option<SocketAddr>) -> Result<Self, reqwest::Error> {
        Ok(Self { connect_to, http: client().build()?, tls: None })
    }

    /// Connects with TLS to the daemon at this address, whose URL has `host` and whose certificate `tls` accepts.
    ///
    /// # Errors
    /// If the HTTP client cannot be created.
    pub fn by_tls(host: &str, address: SocketAddr, tls: rustls::ClientConfig) -> Result<Self, reqwest::Error> {
        let http = client().resolve(host, address).tls_backend_preconfigured(tls.clone()).build()?;
        Ok(Self { connect_to: Some(address), http, tls: Some(Arc::new(tls)) })
    }

    /// A request to `url`. Its `Host` is that of the URL, also if the connection goes to another address.
    pub(super) fn request(&self, method: reqwest::Method, url: &Url) -> reqwest::RequestBuilder {
        match self.connect_to {
            None => self.http.request(method, url.clone()),
            Some(_) if self.tls.is_some() => self.http.request(method, url.clone()),
            Some(address) => {
                let mut direct = url.clone();
                // Both calls succeed for any http and https URL.
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
    // Fails if a provider is already installed, which also works.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(5))
        .timeout(WEBHOOK_LIMIT)
        .tcp_nodelay(true)
}

/// The host and, if it is not the default of the scheme, the port.
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// The root cause of an error.
pub(crate) fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

/// Twilio waits 15 s for the response of a webhook.
pub(super) const WEBHOOK_LIMIT: Duration = Duration::from_secs(15);
