//! An HTTP client that keeps no cookies, follows no redirects, and returns the reply whatever its status.

use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Once;
use std::time::Duration;

/// A client of one listener, with or without a login.
#[derive(Clone)]
pub struct Client {
    base: String,
    http: reqwest::Client,
    headers: Vec<(&'static str, String)>,
}

/// A response that was read completely.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Vec<u8>,
}

impl Client {
    pub fn new(base: impl Into<String>) -> Self {
        let http = builder().build().unwrap();
        Self { base: base.into(), http, headers: Vec::new() }
    }

    /// Creates a client that resolves `host` to this address, with the TLS configuration `tls`.
    pub fn by_tls(base: impl Into<String>, host: &str, address: SocketAddr, tls: rustls::ClientConfig) -> Self {
        let http = builder().resolve(host, address).tls_backend_preconfigured(tls).build().unwrap();
        Self { base: base.into(), http, headers: Vec::new() }
    }

    /// Creates a request without sending it; see [`send`].
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        self.headers.iter().fold(request, |request, (name, value)| request.header(*name, value))
    }

    /// Sets a header of all later requests, and replaces an earlier header of that name.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }

    /// Adds a bearer token.
    #[must_use]
    pub fn with_token(self, token: &str) -> Self {
        self.with_header("authorization", format!("Bearer {token}"))
    }

    /// Adds the session in the response to a login or a set-up.
    #[must_use]
    pub fn with_login(self, reply: &Reply) -> Self {
        assert_eq!(reply.status, 200, "{}", reply.text());
        let csrf = reply.json()["csrf_token"].as_str().unwrap().to_owned();
        let cookie = reply.header("set-cookie").split(';').next().unwrap().to_owned();
        self.with_header("cookie", cookie).with_header("x-csrf-token", csrf)
    }

    pub async fn get(&self, path: &str) -> Reply {
        send(self.request(Method::GET, path)).await
    }

    pub async fn head(&self, path: &str) -> Reply {
        send(self.request(Method::HEAD, path)).await
    }

    pub async fn post_json(&self, path: &str, body: &Value) -> Reply {
        send(self.request(Method::POST, path).json(body)).await
    }

    pub async fn post_form(&self, path: &str, pairs: &[(&str, &str)]) -> Reply {
        send(self.request(Method::POST, path).form(pairs)).await
    }
}

fn builder() -> reqwest::ClientBuilder {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(30))
        // A pooled connection to a daemon that has been killed must not be used again.
        .pool_max_idle_per_host(0)
}

/// Sends a request and reads the complete response. For an event stream, which does not end, only the head is read.
pub async fn send(request: RequestBuilder) -> Reply {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let is_stream = headers.get("content-type").is_some_and(|mime| mime == "text/event-stream");
    let body = if is_stream { Vec::new() } else { response.bytes().await.unwrap().to_vec() };
    Reply { status, headers, body }
}

impl Reply {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON, {}: {}", self.status, self.text()))
    }

    /// Returns a header; empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}
