//! Twilio's REST interface for calls and recordings (API version 2010-04-01).
//!
//! Credentials go to the configured host and nowhere else, and no redirect is followed with them.

use crate::config::TwilioConfig;
use crate::domain::{CallSid, RecordingSid};
use crate::providers::public_file::{FetchError, FetchedFile, PublicFiles};
use reqwest::{Client, RequestBuilder, Response, StatusCode, header};
use serde::Deserialize;
use std::time::Duration;
use url::Url;

/// Why a request to Twilio came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No account is set.
    #[error("no Twilio account is set (twilio.account_sid and twilio.auth_token)")]
    NotConfigured,
    /// It could not be reached, or took too long.
    #[error("Twilio could not be reached")]
    Unreachable(#[source] reqwest::Error),
    /// It refused. Code 20404 for a call means that it is over.
    #[error("Twilio refused: HTTP {status}, code {code}: {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Twilio's own error code, 0 if it gave none.
        code: u32,
        /// What it said.
        message: String,
        /// When it wants to be asked again, where it says so.
        retry_after: Option<Duration>,
    },
    /// It answered with what is no such resource.
    #[error("Twilio's answer was not understood")]
    Malformed,
    /// A file is larger than we take.
    #[error("the file is larger than {0} bytes")]
    TooLarge(usize),
    /// Twilio redirects to where a file cannot be fetched, or may not be.
    #[error("the file's address at Twilio redirects to another one: {0}")]
    Redirected(#[source] FetchError),
}

impl Error {
    /// Whether another attempt may help.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            // A 404 right after a webhook is normal: the file is on its way through Twilio's stores.
            Self::Refused { status, .. } => matches!(status, 404 | 408 | 429) || *status >= 500,
            Self::Redirected(error) => error.is_passing(),
            Self::NotConfigured | Self::Malformed | Self::TooLarge(_) => false,
        }
    }

    /// How long Twilio wants to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Twilio's words, if it does not accept our account.
    pub fn account_refusal(&self) -> Option<String> {
        match self {
            Self::Refused { status: 401, .. } | Self::Refused { code: 20003 | 20005, .. } => Some(self.to_string()),
            _ => None,
        }
    }

    /// Whether Twilio says that the call is over.
    pub fn is_call_over(&self) -> bool {
        matches!(self, Self::Refused { code: 20404 | 21220, .. } | Self::Refused { status: 404, .. })
    }
}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        // The address of a recording is nobody's business.
        Self::Unreachable(error.without_url())
    }
}

/// Sends a live call to another TwiML document: `POST Calls/{CallSid}.json` with `Url` and `Method`.
pub async fn redirect_call(
    client: &Client,
    config: &TwilioConfig,
    call: &CallSid,
    url: &str,
    limit: Duration,
) -> Result<(), Error> {
    let form = [("Url", url), ("Method", "POST")];
    let request = client.post(account_url(config, &format!("Calls/{call}.json"))?).form(&form);
    send(config, request.timeout(limit)).await.map(drop)
}

/// What Twilio says of a call: `queued`, `ringing`, `in-progress`, `completed`, `busy`, `failed`, `no-answer`, `canceled`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CallStatus {
    /// The word.
    pub status: String,
    /// Seconds, when it is over.
    pub duration: Option<String>,
}

/// `GET Calls/{CallSid}.json`.
pub async fn call_status(client: &Client, config: &TwilioConfig, call: &CallSid) -> Result<CallStatus, Error> {
    let request = client.get(account_url(config, &format!("Calls/{call}.json"))?);
    Ok(send(config, request).await?.json().await?)
}

/// A sound file and its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoundFile {
    /// `audio/wav`, usually.
    pub mime: String,
    /// The file.
    pub content: Vec<u8>,
}

/// A recording's file as WAV. `url` is what the webhook said; it is used only where it leads to the configured host. Where that
/// redirects, `elsewhere` fetches the file without our credentials, and only from a public address.
pub async fn fetch_recording(
    client: &Client,
    elsewhere: &PublicFiles,
    config: &TwilioConfig,
    recording: &RecordingSid,
    url: &str,
    limit: Duration,
    most: usize,
) -> Result<SoundFile, Error> {
    let url = match recording_url(config, url) {
        Some(url) => url,
        None => account_url(config, &format!("Recordings/{recording}.wav"))?,
    };
    let mut response = send(config, client.get(url).timeout(limit)).await?;
    let file = if response.status().is_redirection() {
        let target = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
        let target = target.and_then(|target| response.url().join(target).ok()).ok_or(Error::Refused {
            status: response.status().as_u16(),
            code: 0,
            message: "redirected".into(),
            retry_after: None,
        })?;
        let fetched = tokio::time::timeout(limit, elsewhere.fetch(target.as_str(), None)).await;
        fetched.unwrap_or(Err(FetchError::Unreachable)).map_err(Error::Redirected)?
    } else {
        let mime =
            response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let mut content = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if content.len() + chunk.len() > most {
                return Err(Error::TooLarge(most));
            }
            content.extend_from_slice(&chunk);
        }
        FetchedFile { mime, content }
    };
    if file.content.len() > most {
        return Err(Error::TooLarge(most));
    }
    let is_mp3 = file.mime.is_some_and(|mime| mime.contains("mpeg"));
    let mime = if is_mp3 { "audio/mpeg" } else { "audio/wav" }.to_owned();
    Ok(SoundFile { mime, content: file.content })
}

/// The webhook's address, if it leads to the configured host, with the ending that asks for WAV.
fn recording_url(config: &TwilioConfig, url: &str) -> Option<String> {
    let (given, ours) = (Url::parse(url).ok()?, Url::parse(config.api_base_url.as_str()).ok()?);
    if given.origin() != ours.origin() {
        return None;
    }
    let has_ending = given.path().rsplit('/').next().is_some_and(|name| name.contains('.'));
    Some(if has_ending { given.to_string() } else { format!("{}.wav", url.trim_end_matches('/')) })
}

pub(super) fn account_url(config: &TwilioConfig, path: &str) -> Result<String, Error> {
    let (account, _) = config.credentials().ok_or(Error::NotConfigured)?;
    Ok(format!("{}/2010-04-01/Accounts/{account}/{path}", config.api_base_url.as_str()))
}

pub(super) async fn send(config: &TwilioConfig, request: RequestBuilder) -> Result<Response, Error> {
    let (account, token) = config.credentials().ok_or(Error::NotConfigured)?;
    refuse(request.basic_auth(account, Some(token.expose())).send().await?).await
}

async fn refuse(response: Response) -> Result<Response, Error> {
    #[derive(Default, Deserialize)]
    struct Refusal {
        #[serde(default)]
        code: u32,
        #[serde(default)]
        message: String,
    }
    let status = response.status();
    if status.is_success() || status.is_redirection() && status != StatusCode::NOT_MODIFIED {
        return Ok(response);
    }
    let retry_after = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let retry_after = retry_after.map(Duration::from_secs);
    let refusal = response.json::<Refusal>().await.unwrap_or_default();
    Err(Error::Refused { status: status.as_u16(), code: refusal.code, message: refusal.message, retry_after })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::BaseUrl;

    #[test]
    fn credentials_go_nowhere_else() {
        let config =
            TwilioConfig { api_base_url: BaseUrl::parse("https://api.twilio.com").unwrap(), ..TwilioConfig::default() };
        let of = |url: &str| recording_url(&config, url);
        assert_eq!(of("https://api.twilio.com/x/RE1").as_deref(), Some("https://api.twilio.com/x/RE1.wav"));
        assert_eq!(of("https://api.twilio.com/x/RE1.mp3").as_deref(), Some("https://api.twilio.com/x/RE1.mp3"));
        for elsewhere in [
            "https://api.twilio.com.evil.example/RE1",
            "https://evil.example/RE1",
            "http://api.twilio.com/RE1",
            "file:///etc/passwd",
            "RE1",
        ] {
            assert_eq!(of(elsewhere), None, "{elsewhere}");
        }
    }
}
