//! One request and its response.

use super::super::signature::SECRET;
use super::{Bridge, LinkState};
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;
use std::time::Duration;

/// A response of any status. A body that is not JSON, or too long, is null.
pub(super) struct BridgeResponse {
    pub(super) status: StatusCode,
    pub(super) body: Value,
}

impl Bridge {
    /// Sends a request with the shared secret.
    pub(super) async fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        limit: Duration,
    ) -> Result<BridgeResponse, LinkState> {
        let mut request = self.client.request(method, format!("{}{path}", self.origin)).timeout(limit);
        if let Some(token) = &self.token {
            request = request.header(SECRET, token.expose());
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        read(request).await
    }

    /// Sends a request that needs no secret.
    pub(super) async fn request_unauthenticated(
        &self,
        path: &str,
        limit: Duration,
    ) -> Result<BridgeResponse, LinkState> {
        read(self.client.get(format!("{}{path}", self.origin)).timeout(limit)).await
    }
}

/// Sends a request and reads the response; an error is the state of the bridge that follows from it.
async fn read(request: reqwest::RequestBuilder) -> Result<BridgeResponse, LinkState> {
    let response = request.send().await.map_err(|error| state_after(&error))?;
    let status = response.status();
    let body = body(response).await?;
    Ok(BridgeResponse { status, body: serde_json::from_slice(&body).unwrap_or_default() })
}

async fn body(mut response: Response) -> Result<Vec<u8>, LinkState> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| LinkState::Silent)? {
        if body.len() + chunk.len() > MAX_BODY {
            return Ok(Vec::new());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn state_after(error: &reqwest::Error) -> LinkState {
    if error.is_connect() {
        LinkState::Unreachable
    } else if error.is_builder() {
        // The secret contains characters that a header cannot carry.
        LinkState::Unauthorized
    } else {
        LinkState::Silent
    }
}

/// The longest response is a QR code as SVG, of some tens of kilobytes.
const MAX_BODY: usize = 512 << 10;
