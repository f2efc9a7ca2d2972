//! HTTP requests to a bucket, with retries.

use super::Error;
use crate::domain::{Cause, Causes};
use crate::providers::http_client;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use std::time::Duration;
use url::Url;

#[derive(Clone, Debug)]
pub(super) struct BucketClient {
    client: Client,
}

impl BucketClient {
    pub(super) fn new(client: Client) -> Self {
        Self { client }
    }

    pub(super) async fn text(
        &self,
        request: impl Fn(&Client, Url) -> RequestBuilder,
        url: impl Fn() -> Url,
    ) -> Result<String, Error> {
        let response = self.response(request, url, REQUEST_TIMEOUT).await?;
        response.text().await.map_err(|error| Error::bucket(http_client::causes(&error)))
    }

    /// Fails unless the response's status is successful. `timeout` includes the body of the response.
    pub(super) async fn response(
        &self,
        request: impl Fn(&Client, Url) -> RequestBuilder,
        url: impl Fn() -> Url,
        timeout: Duration,
    ) -> Result<Response, Error> {
        let mut delays = RETRY_DELAYS.iter();
        loop {
            // The URL is signed again for each attempt, because the clock may have been corrected.
            let sent = request(&self.client, url()).timeout(timeout).send();
            let (error, is_transient) = match tokio::time::timeout(REQUEST_TIMEOUT, sent).await {
                Err(_elapsed) => (Cause::ConnectionLost.into(), true),
                Ok(Ok(response)) if response.status().is_success() => return Ok(response),
                Ok(Ok(response)) => {
                    let status = response.status();
                    let is_transient = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
                    (refusal(status, &response.text().await.unwrap_or_default()), is_transient)
                }
                Ok(Err(error)) => (http_client::causes(&error), true),
            };
            match delays.next() {
                Some(delay) if is_transient => tokio::time::sleep(*delay).await,
                _ => return Err(Error::Bucket(error)),
            }
        }
    }

    /// Fails if the body is incomplete.
    pub(super) async fn stream(
        &self,
        url: Url,
        mut on_chunk: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut response = self.response(|client, url| client.get(url), || url.clone(), DOWNLOAD_TIMEOUT).await?;
        let expected = response.content_length();
        let mut received = 0;
        let late = |_elapsed| Error::bucket(Cause::ConnectionLost);
        while let Some(chunk) = tokio::time::timeout(CHUNK_TIMEOUT, response.chunk())
            .await
            .map_err(late)?
            .map_err(|error| Error::bucket(http_client::causes(&error)))?
        {
            on_chunk(&chunk)?;
            received += chunk.len() as u64;
        }
        match expected {
            Some(expected) if expected != received => Err(Error::bucket(Cause::ConnectionLost)),
            _ => Ok(()),
        }
    }
}

/// An error response has the form `<Error><Code>…</Code><Message>…</Message></Error>`.
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

/// Long enough to send a part of an upload, usually 16 MiB, over a slow connection.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_mins(15);
/// A snapshot may be several gigabytes long, and the connection may be slow.
const DOWNLOAD_TIMEOUT: Duration = Duration::from_hours(24);
/// How long a download waits for its next bytes.
const CHUNK_TIMEOUT: Duration = Duration::from_mins(2);
const RETRY_DELAYS: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(8)];
