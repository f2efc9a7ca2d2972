//! Sends a request that the owner defined, and reads its short response.

mod decode;

use super::{FetchError, SafeFetcher};
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use url::Url;

#[derive(Clone, Debug)]
pub struct OwnRequest {
    pub method: Method,
    pub address: String,
    /// The headers. If a GET request is redirected to another server, that server receives no headers, because they may
    /// contain secrets.
    pub headers: HeaderMap,
    /// The body as JSON; null for no body. Not sent with a GET request.
    pub body: Value,
}

/// The response to a request, of any status.
#[derive(Debug)]
pub struct OwnResponse {
    pub status: u16,
    /// The body as text; empty if the status is not a success. An error if it is too long or was not received completely.
    pub body: Result<String, FetchError>,
}

#[derive(Debug)]
pub struct SendError {
    pub error: FetchError,
    /// True if a server may have received the request; also true if the connection failed.
    pub may_be_received: bool,
}

impl SafeFetcher {
    pub async fn send(&self, request: &OwnRequest) -> Result<OwnResponse, SendError> {
        let origin = Url::parse(&request.address).ok().map(|url| url.origin());
        let is_begun = AtomicBool::new(false);
        let prepare = |builder: RequestBuilder, url: &Url, method: &Method| {
            is_begun.store(true, Ordering::Relaxed);
            if origin.as_ref() != Some(&url.origin()) {
                return builder;
            }
            let builder = builder.headers(request.headers.clone());
            if *method == Method::GET || request.body.is_null() { builder } else { builder.json(&request.body) }
        };
        let response = self.follow(request.method.clone(), &request.address, prepare).await;
        let response =
            response.map_err(|error| SendError { error, may_be_received: is_begun.load(Ordering::Relaxed) })?;
        let status = response.status();
        let body = if status.is_success() {
            self.read(response).await.and_then(|file| self.text(file))
        } else {
            Ok(String::new())
        };
        Ok(OwnResponse { status: status.as_u16(), body })
    }
}

#[cfg(test)]
mod tests;
