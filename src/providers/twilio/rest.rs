//! Twilio's REST API for calls and recordings (version 2010-04-01).
//!
//! Credentials are sent only to the configured host. Requests with credentials do not follow redirects.

use crate::config::{Secret, TwilioConfig};
use crate::domain::{CallSid, Notice, PhoneNumber, RecordingSid};
use crate::providers::safe_fetch::{FetchError, FetchedFile, SafeFetcher};
use reqwest::{Client, RequestBuilder, Response, StatusCode, header};
use serde::Deserialize;
use std::time::Duration;
use url::Url;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no Twilio account is set (twilio.account_sid and twilio.auth_token)")]
    NotConfigured,
    /// Twilio could not be reached, or did not answer before the timeout.
    #[error("Twilio could not be reached")]
    Unreachable(#[source] reqwest::Error),
    /// Code 20404 for a call means that the call is over.
    #[error("Twilio rejected the request: HTTP {status}, code {code}: {message}")]
    Refused {
        status: u16,
        /// Twilio's error code; 0 if the response has none.
        code: u32,
        message: String,
        /// The delay before a retry, if Twilio requests one.
        retry_after: Option<Duration>,
    },
    /// The response does not describe the requested resource.
    #[error("Twilio's answer could not be read")]
    Malformed,
    #[error("the file is larger than {0} bytes")]
    TooLarge(usize),
    /// Twilio redirects to an address that is forbidden, or from which the file cannot be fetched.
    #[error("Twilio redirects to an address from which the file cannot be fetched: {0}")]
    Redirected(#[source] FetchError),
}

impl Error {
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            // A 404 right after a webhook is normal: Twilio has not stored the file yet. A 401 or 403 concerns the
            // account, not the resource, and ends when the owner has corrected the credentials or the account.
            Self::Refused { status, .. } => matches!(status, 401 | 403 | 404 | 408 | 429) || *status >= 500,
            Self::Redirected(error) => error.is_retryable(),
            Self::NotConfigured | Self::Malformed | Self::TooLarge(_) => false,
        }
    }

    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }

    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Returns a notice with Twilio's message if Twilio rejects the account.
    pub fn account_refusal(&self) -> Option<Notice> {
        match self {
            Self::Refused { status, code, message, .. } if *status == 401 || matches!(code, 20003 | 20005) => {
                let (status, code) = ((*status).into(), (*code).into());
                Some(Notice::TwilioRefused { status, code, reason: message.clone() })
            }
            _ => None,
        }
    }

    pub fn is_call_over(&self) -> bool {
        matches!(self, Self::Refused { code: 20404 | 21220, .. } | Self::Refused { status: 404, .. })
    }
}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        // The URL of a recording must not appear in logs.
        Self::Unreachable(error.without_url())
    }
}

/// Redirects a live call to another TwiML document: `POST Calls/{CallSid}.json` with `Url` and `Method`.
pub async fn redirect_call(
    client: &Client,
    config: &TwilioConfig,
    call: &CallSid,
    url: &str,
    limit: Duration,
) -> Result<(), Error> {
    send(config, redirect_request(client, config, call, url)?.timeout(limit)).await.map(drop)
}

fn redirect_request(
    client: &Client,
    config: &TwilioConfig,
    call: &CallSid,
    url: &str,
) -> Result<RequestBuilder, Error> {
    let form = [("Url", url), ("Method", "POST")];
    Ok(client.post(account_url(config, &format!("Calls/{call}.json"))?).form(&form))
}

/// Ends a call in any state: `POST Calls/{CallSid}.json` with `Status=completed`.
pub async fn complete_call(
    client: &Client,
    config: &TwilioConfig,
    call: &CallSid,
    limit: Duration,
) -> Result<(), Error> {
    let url = account_url(config, &format!("Calls/{call}.json"))?;
    send(config, client.post(url).form(&[("Status", "completed")]).timeout(limit)).await.map(drop)
}

#[derive(Clone, Debug)]
pub struct NewCall<'a> {
    pub to: &'a PhoneNumber,
    /// The number of the account that the called party sees.
    pub from: &'a PhoneNumber,
    /// The URL of the TwiML for the call after it was answered.
    pub url: String,
    /// The URL that receives the status of the ended call.
    pub status_callback: String,
    /// The URL that receives the result of the answering machine detection. For a machine, Twilio sends the result
    /// after the end of the greeting.
    pub amd_callback: String,
    /// How long the phone rings.
    pub ring: Duration,
}

/// Returns the id of the call when Twilio has queued it.
pub async fn create_call(
    client: &Client,
    config: &TwilioConfig,
    call: &NewCall<'_>,
    limit: Duration,
) -> Result<CallSid, Error> {
    #[derive(Deserialize)]
    struct Created {
        sid: String,
    }
    let ring = call.ring.as_secs().to_string();
    let form = [
        ("To", call.to.as_str()),
        ("From", call.from.as_str()),
        ("Url", &call.url),
        ("Method", "POST"),
        ("StatusCallback", &call.status_callback),
        ("StatusCallbackMethod", "POST"),
        ("Timeout", &ring),
        ("MachineDetection", "DetectMessageEnd"),
        ("AsyncAmd", "true"),
        ("AsyncAmdStatusCallback", &call.amd_callback),
        ("AsyncAmdStatusCallbackMethod", "POST"),
    ];
    let request = client.post(account_url(config, "Calls.json")?).form(&form).timeout(limit);
    let created: Created = send(config, request).await?.json().await?;
    created.sid.parse().map_err(|_| Error::Malformed)
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CallStatus {
    /// The progress of the call, see [`CallProgress`](super::call_progress::CallProgress).
    pub status: String,
    /// The duration in seconds, after the call has ended.
    pub duration: Option<String>,
}

pub async fn call_status(client: &Client, config: &TwilioConfig, call: &CallSid) -> Result<CallStatus, Error> {
    let request = client.get(account_url(config, &format!("Calls/{call}.json"))?);
    Ok(send(config, request).await?.json().await?)
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioFile {
    /// The media type: `audio/mpeg` or `audio/wav`.
    pub mime: String,
    pub content: Vec<u8>,
}

/// Fetches a recording, as WAV unless `url` names another format. `url` comes from the webhook; a URL that is not on the
/// configured host is replaced by the URL of the recording on that host. If that host redirects, `redirect_fetcher`
/// fetches the file without the credentials.
pub async fn fetch_recording(
    client: &Client,
    redirect_fetcher: &SafeFetcher,
    config: &TwilioConfig,
    recording: &RecordingSid,
    url: &str,
    limit: Duration,
    max_bytes: usize,
) -> Result<AudioFile, Error> {
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
        let fetched = tokio::time::timeout(limit, redirect_fetcher.fetch(target.as_str(), None)).await;
        fetched.unwrap_or(Err(FetchError::Unreachable)).map_err(Error::Redirected)?
    } else {
        let mime =
            response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let mut content = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if content.len() + chunk.len() > max_bytes {
                return Err(Error::TooLarge(max_bytes));
            }
            content.extend_from_slice(&chunk);
        }
        FetchedFile { mime, content }
    };
    if file.content.len() > max_bytes {
        return Err(Error::TooLarge(max_bytes));
    }
    let is_mp3 = file.mime.is_some_and(|mime| mime.contains("mpeg"));
    let mime = if is_mp3 { "audio/mpeg" } else { "audio/wav" }.to_owned();
    Ok(AudioFile { mime, content: file.content })
}

/// Returns the URL of the recording, with the ending `.wav` if it has none, or `None` if `url` is not on the configured
/// host.
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
    let credentials = Credentials::of(config).ok_or(Error::NotConfigured)?;
    check_status(credentials.send(request).await?).await
}

#[derive(Clone)]
pub(super) struct Credentials {
    account: String,
    /// The primary token, then the secondary token if one is set.
    tokens: Vec<Secret>,
}

impl Credentials {
    pub(super) fn of(config: &TwilioConfig) -> Option<Self> {
        let (account, _) = config.credentials()?;
        Some(Self { account: account.to_owned(), tokens: config.auth_tokens().cloned().collect() })
    }

    /// Sends a request with the primary token. While tokens are rotated, Twilio may accept only the secondary token.
    /// Therefore, after the status 401, which means that Twilio has not carried out the request, the request is sent
    /// again with the secondary token.
    pub(super) async fn send(&self, request: RequestBuilder) -> reqwest::Result<Response> {
        let mut tokens = self.tokens.iter().peekable();
        while let Some(token) = tokens.next() {
            let Some(copy) = request.try_clone().filter(|_| tokens.peek().is_some()) else {
                return request.basic_auth(&self.account, Some(token.expose())).send().await;
            };
            let response = copy.basic_auth(&self.account, Some(token.expose())).send().await?;
            if response.status() != StatusCode::UNAUTHORIZED {
                return Ok(response);
            }
        }
        request.send().await
    }
}

async fn check_status(response: Response) -> Result<Response, Error> {
    #[derive(Default, Deserialize)]
    struct ErrorBody {
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
    let error = response.json::<ErrorBody>().await.unwrap_or_default();
    Err(Error::Refused { status: status.as_u16(), code: error.code, message: error.message, retry_after })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{BaseUrl, Secret};
    use crate::providers::{http_client, request_text};

    #[test]
    fn the_request_that_redirects_a_call() {
        let config = TwilioConfig {
            account_sid: Some("AC1".into()),
            auth_token: Some(Secret::new("token")),
            ..TwilioConfig::default()
        };
        let call = "CA00000000000000000000000000000001".parse().unwrap();
        let client = http_client::build().unwrap();
        let url = "https://shop.example/webhook/handle_recording";
        insta::assert_snapshot!(request_text::of(redirect_request(&client, &config, &call, url).unwrap()));
    }

    #[test]
    fn recordings_with_addresses_of_other_servers_are_not_fetched() {
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
