//! HTTP requests to a bucket, with retries.

use super::Error;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use std::time::Duration;
use url::Url;

/// Sends requests; transient errors are retried.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    client: Client,
}

impl Exchange {
    pub(super) fn new(client: Client) -> Self {
        Self { client }
    }

    /// The text of the response.
    pub(super) async fn text(
        &self,
        request: impl Fn(&Client, Url) -> RequestBuilder,
        url: impl Fn() -> Url,
    ) -> Result<String, Error> {
        let answer = self.answer(request, url).await?;
        answer.text().await.map_err(|error| Error::Bucket(told(&error)))
    }

    /// The response, if it is successful.
    pub(super) async fn answer(
        &self,
        request: impl Fn(&Client, Url) -> RequestBuilder,
        url: impl Fn() -> Url,
    ) -> Result<Response, Error> {
        let mut pauses = PAUSES.iter();
        loop {
            // Signed again for each attempt: the clock may have been corrected.
            let outcome = request(&self.client, url()).timeout(LONGEST).send().await;
            let (error, for_now) = match outcome {
                Ok(answer) if answer.status().is_success() => return Ok(answer),
                Ok(answer) => {
                    let status = answer.status();
                    let for_now = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
                    (refusal(status, &answer.text().await.unwrap_or_default()), for_now)
                }
                Err(error) => (told(&error), true),
            };
            match pauses.next() {
                Some(pause) if for_now => tokio::time::sleep(*pause).await,
                _ => return Err(Error::Bucket(error)),
            }
        }
    }

    /// Streams the body of the response piece by piece.
    pub(super) async fn stream(&self, url: Url, mut take: impl FnMut(&[u8]) -> Result<(), Error>) -> Result<(), Error> {
        let mut answer = self.answer(|client, url| client.get(url), || url.clone()).await?;
        let expected = answer.content_length();
        let mut taken = 0;
        while let Some(piece) = answer.chunk().await.map_err(|error| Error::Bucket(told(&error)))? {
            take(&piece)?;
            taken += piece.len() as u64;
        }
        match expected {
            Some(expected) if expected != taken => Err(Error::Bucket("its answer was cut off".into())),
            _ => Ok(()),
        }
    }
}

/// The error of a server's response (REST error responses: `<Error><Code>…</Code><Message>…</Message>`).
fn refusal(status: StatusCode, body: &str) -> String {
    let element = |name: &str| {
        let (_, rest) = body.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(text, _)| text.to_owned())
    };
    match (element("Code"), element("Message")) {
        (Some(code), Some(message)) => format!("{code}: {message} ({status})"),
        (Some(code), None) => format!("{code} ({status})"),
        _ => format!("it answered {status}"),
    }
}

/// The error of a failed request. The URL is left out because it is signed.
fn told(error: &reqwest::Error) -> String {
    let mut text = match (error.is_connect(), error.is_timeout()) {
        (true, _) => "it cannot be reached".to_owned(),
        (_, true) => "it did not answer in time".to_owned(),
        _ => "the connection to it broke off".to_owned(),
    };
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

/// Time for a part of 16 MB over a slow line.
const LONGEST: Duration = Duration::from_mins(15);
const PAUSES: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(8)];
