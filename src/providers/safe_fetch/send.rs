//! Sends a request that the owner defined, and reads its short response.

use super::{FetchError, SafeFetcher};
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use url::Url;

/// A request that the owner defined.
#[derive(Clone, Debug)]
pub struct OwnRequest {
    pub method: Method,
    pub address: String,
    /// The headers. A redirect to another server does not get them, because they may contain secrets.
    pub headers: HeaderMap,
    /// The body as JSON; null for no body.
    pub body: Value,
}

/// The response to a request, of any status.
#[derive(Clone, Debug)]
pub struct OwnResponse {
    pub status: u16,
    /// The body; empty if the status is not a success.
    pub body: Vec<u8>,
}

impl SafeFetcher {
    /// Sends a request, and follows redirects. A successful response larger than the maximum size is an error.
    pub async fn send(&self, request: &OwnRequest) -> Result<OwnResponse, FetchError> {
        let origin = Url::parse(&request.address).ok().map(|url| url.origin());
        let prepare = |mut builder: RequestBuilder, url: &Url, method: &Method| {
            if origin.as_ref() == Some(&url.origin()) {
                builder = builder.headers(request.headers.clone());
            }
            if *method == Method::GET || request.body.is_null() { builder } else { builder.json(&request.body) }
        };
        let response = self.follow(request.method.clone(), &request.address, prepare).await?;
        let status = response.status();
        let body = if status.is_success() { self.read(response).await?.content } else { Vec::new() };
        Ok(OwnResponse { status: status.as_u16(), body })
    }
}

#[cfg(test)]
mod tests;
