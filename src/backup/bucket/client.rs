//! HTTP requests to a bucket, with retries.

use super::Error;
use crate::domain::{Cause, Causes};
use crate::providers::http_client;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use std::time::Duration;
use url::Url;

/// An HTTP client that retries transient errors.
#[derive(Clone, Debug)]
pub(super) struct BucketClient {
    client: Client,
}

impl BucketClient {
    pub(super) fn new(client: Client) -> Self {
        Self { client }
    }

    /// Sends a request and returns the response's text.
    pub(super) async fn text(
        &self,
        request: impl Fn(&Client, Url) -> RequestBuilder,
        url: impl Fn() -> Url,
    ) -> Result<String, Error> {
        let response = self.response(request, url).await?;
        response.text().await.map_err(|error| Error::bucket(http_client::causes(&error)))
    }

    /// Sends a request and returns the response if it is successful.
    pub(super) async fn response(
        &self,
        request: impl Fn(&Client, Url) -> RequestBuilder,
        url: impl Fn() -> Url,
    ) -> Result<Response, Error> {
        let mut delays = RETRY_DELAYS.iter();
        loop {
            // The URL is signed again for each attempt, because the clock may have been corrected.
            let outcome = request(&self.client, url()).timeout(REQUEST_TIMEOUT).send().await;
            let (error, is_transient) = match outcome {
                Ok(response) if response.status().is_success() => return Ok(response),
                Ok(response) => {
                    let status = response.status();
                    let is_transient = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
                    (refusal(status, &response.text().await.unwrap_or_default()), is_transient)
                }
                Err(error) => (http_client::causes(&error), true),
            };
            match delays.next() {
                Some(delay) if is_transient => tokio::time::sleep(*delay).await,
                _ => return Err(Error::Bucket(error)),
            }
        }
    }

    /// Streams the body of the response in chunks.
    pub(super) async fn stream(
        &self,
        url: Url,
        mut on_chunk: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut response = self.response(|client, url| client.get(url), || url.clone()).await?;
        let expected = response.content_length();
        let mut received = 0;
        while let Some(chunk) = response.chunk().await.map_err(|error| Error::bucket(http_client::causes(&error)))? {
            on_chunk(&chunk)?;
            received += chunk.len() as u64;
        }
        match expected {
            Some(expected) if expected != received => Err(Error::bucket(Cause::ConnectionLost)),
            _ => Ok(()),
        }
    }
}

/// Returns the cause that a server's response names (REST error responses:
/// `<Error><Code>…</Code><Message>…</Message>`).
fn refusal(status: StatusCode, body: &str) -> Causes {
    let element = |name: &str| {
        let (_, rest) = body.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(text, _)| text.to_owned())
    };
    let answer = Cause::BucketStatus { status: status.as_u16().into() };
    match (element("Code"), element("Message")) {
        (Some(code), Some(message)) => answer.because(Cause::other(format!("{code}: {message}"))),
        (Some(code), None) => answer.because(Cause::other(code)),
        _ => answer.into(),
    }
}

/// Long enough to send a part of 16 MB over a slow connection.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(15);
const RETRY_DELAYS: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(8)];
