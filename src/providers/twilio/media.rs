//! Media files of inbound Twilio messages.
//!
//! Twilio requires the account's credentials for a file, and redirects to a signed URL on another host (Twilio docs,
//! "Media Resource"). The credentials are not sent to that host.

use super::rest::Credentials;
use crate::config::Config;
use crate::providers::safe_fetch::{FetchError, FetchedFile, SafeFetcher, Trusted};
use reqwest::header;
use reqwest::{Client, StatusCode};
use std::time::Duration;
use url::Url;

#[derive(Clone)]
pub struct TwilioMediaFetcher {
    client: Client,
    api_origin: String,
    credentials: Option<Credentials>,
    redirect_fetcher: SafeFetcher,
}

impl TwilioMediaFetcher {
    /// Creates a fetcher for the configured account. If the configured API address uses plain HTTP, it is a fake on
    /// this machine, and redirects to this machine are allowed.
    pub fn new(client: Client, config: &Config) -> Result<Self, reqwest::Error> {
        let api = &config.twilio.api_base_url;
        let trusted = if api.as_str().starts_with("http://") { Trusted::Loopback } else { Trusted::Nothing };
        Ok(Self {
            client,
            api_origin: api.origin().to_owned(),
            credentials: Credentials::of(&config.twilio),
            redirect_fetcher: SafeFetcher::new(trusted, config.whatsapp.max_media_bytes)?,
        })
    }

    /// Sends the credentials only to the configured host.
    pub async fn fetch(&self, address: &str) -> Result<FetchedFile, FetchError> {
        let url =
            Url::parse(address).map_err(|_| FetchError::Forbidden(super::super::safe_fetch::Forbidden::InvalidUrl))?;
        let credentials = self.credentials.as_ref().filter(|_| url.origin().ascii_serialization() == self.api_origin);
        let Some(credentials) = credentials else { return self.redirect_fetcher.fetch(address, None).await };
        let request = self.client.get(url.clone()).timeout(RESPONSE_TIMEOUT);
        let response = credentials.send(request).await.map_err(|_| FetchError::Unreachable)?;
        match response.status() {
            StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT => {
                let target = response.headers().get(header::LOCATION).and_then(|target| target.to_str().ok());
                let target = target.and_then(|target| url.join(target).ok()).ok_or(FetchError::Unreachable)?;
                self.redirect_fetcher.fetch(target.as_str(), None).await
            }
            status if status.is_success() => self.redirect_fetcher.read(response).await,
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                Err(FetchError::Unauthorized(status.as_u16()))
            }
            status => Err(FetchError::Status(status.as_u16())),
        }
    }
}

const RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);
