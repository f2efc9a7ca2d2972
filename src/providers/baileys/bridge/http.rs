//! HTTP requests to the bridge.

use super::authentication::ask_health;
use super::{AuthenticationHeader, Bridge, LinkState};
use reqwest::{Body, Method, Request, Response, StatusCode};
use serde_json::Value;
use std::time::Duration;
use tokio::time::timeout;
use url::Position;

#[derive(Debug)]
pub(super) enum RequestFailure {
    /// The request could not be authenticated, so it was not sent.
    NotSent(LinkState),
    Failed(reqwest::Error),
}

impl RequestFailure {
    pub(super) fn state(&self) -> LinkState {
        match self {
            Self::NotSent(state) => *state,
            Self::Failed(error) => LinkState::after(error),
        }
    }
}

/// A response of any status. `body` is null if the body is not JSON, or is too long.
pub(super) struct BridgeResponse {
    pub(super) status: StatusCode,
    pub(super) body: Value,
}

impl Bridge {
    /// Sends an authenticated request. `limit` applies to the time until the response begins, including the
    /// authentication, and again to the request with its response.
    pub(super) async fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        limit: Duration,
    ) -> Result<BridgeResponse, LinkState> {
        let mut request = self.client.request(method, format!("{}{path}", self.origin)).timeout(limit);
        if let Some(body) = body {
            request = request.json(body);
        }
        let request = request.build().map_err(|error| LinkState::after(&error))?;
        let executed = timeout(limit, self.execute(request)).await.map_err(|_| LinkState::Silent)?;
        read(executed.map_err(|failure| failure.state())?).await
    }

    /// Returns `None` if no secret is set. `target` is the path with its query.
    pub async fn authenticate(
        &self,
        method: &Method,
        target: &str,
        body: &[u8],
    ) -> Result<Option<AuthenticationHeader>, LinkState> {
        self.authentication.header(&self.client, method, target, body).await
    }

    /// Returns true if the request was signed, so that the caller can retry it with a new signature.
    pub async fn forget_proof(&self, header: Option<&AuthenticationHeader>) -> bool {
        self.authentication.forget_proof(header).await
    }

    /// Retries the request once if the bridge rejects the signature.
    pub(super) async fn execute(&self, request: Request) -> Result<Response, RequestFailure> {
        let (header, response) = self.execute_once(&request).await?;
        if response.status() == StatusCode::UNAUTHORIZED && self.forget_proof(header.as_ref()).await {
            return self.execute_once(&request).await.map(|(_, response)| response);
        }
        Ok(response)
    }

    async fn execute_once(
        &self,
        request: &Request,
    ) -> Result<(Option<AuthenticationHeader>, Response), RequestFailure> {
        let url = request.url();
        let target = &url[Position::BeforePath..Position::AfterQuery];
        let body = request.body().and_then(Body::as_bytes).unwrap_or_default();
        let header = self.authenticate(request.method(), target, body).await.map_err(RequestFailure::NotSent)?;
        // A request whose body is a stream cannot be cloned. All bodies of this client are bytes.
        let Some(mut request) = request.try_clone() else { return Err(RequestFailure::NotSent(LinkState::Silent)) };
        if let Some((name, value)) = &header {
            // The secret may contain characters that are not allowed in a header.
            let value = value.parse().map_err(|_| RequestFailure::NotSent(LinkState::Unauthorized))?;
            request.headers_mut().insert(*name, value);
        }
        match self.client.execute(request).await {
            Ok(response) => Ok((header, response)),
            Err(error) => {
                self.forget_proof(header.as_ref()).await;
                Err(RequestFailure::Failed(error))
            }
        }
    }

    /// Requests the health, which needs no secret, and verifies the bridge's proof, unless none is required and the
    /// bridge has never given one.
    pub(super) async fn request_health(&self, limit: Duration) -> Result<BridgeResponse, LinkState> {
        let (nonce, response) = ask_health(&self.client, &self.origin, limit).await?;
        self.authentication.verify(&nonce, response.headers()).await?;
        read(response).await
    }
}

async fn read(response: Response) -> Result<BridgeResponse, LinkState> {
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

/// The maximum size of a response. The longest one, a QR code as SVG, has some tens of kilobytes.
const MAX_BODY: usize = 512 << 10;

/// Returns a text on one line: control characters are replaced by spaces, and a long text is cut. Returns `None` if the
/// value is no text, or an empty one.
pub(super) fn line(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_LINE).collect();
    Some(line.trim().to_owned()).filter(|line| !line.is_empty())
}

const MAX_LINE: usize = 200;
