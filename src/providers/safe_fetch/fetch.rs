//! Fetches a file, and follows redirects.

use super::{Forbidden, SafeFetcher};
use crate::domain::{Cause, Causes};
use reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use std::time::Duration;
use url::Url;

#[derive(Debug)]
pub struct FetchedFile {
    pub mime: Option<String>,
    pub content: Vec<u8>,
}

#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The address of the file, or the target of a redirect, is forbidden.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    #[error("the file is larger than {0} bytes")]
    TooLarge(u64),
    #[error("too many redirects while fetching the file")]
    TooManyRedirects,
    /// A POST request was redirected to this address, which did not get the request.
    #[error("the server redirects to {0}")]
    PostRedirected(String),
    #[error("the server of the file answered with status {0}")]
    Status(u16),
    /// The server does not accept the credentials of the account, which the owner can correct.
    #[error("the server of the file does not accept the credentials: status {0}")]
    Unauthorized(u16),
    /// The server could not be reached, or the download was interrupted.
    #[error("the server of the file could not be reached")]
    Unreachable,
}

impl From<&FetchError> for Causes {
    fn from(error: &FetchError) -> Self {
        let cause = match error {
            FetchError::Forbidden(forbidden) => {
                let problem = match forbidden {
                    Forbidden::InvalidUrl => "invalid",
                    Forbidden::NotHttps => "not_https",
                    Forbidden::Credentials => "credentials",
                    Forbidden::NotPublic => "not_public",
                };
                Cause::FileAddress { problem: problem.to_owned() }
            }
            FetchError::TooLarge(bytes) => Cause::FileTooLarge { bytes: *bytes },
            FetchError::TooManyRedirects => Cause::FileRedirects,
            // `SafeFetcher::inspect`, which rejects files, returns none of these errors.
            FetchError::PostRedirected(_)
            | FetchError::Status(_)
            | FetchError::Unauthorized(_)
            | FetchError::Unreachable => Cause::other(error.to_string()),
        };
        cause.into()
    }
}

impl FetchError {
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Status(status) => matches!(status, 404 | 408 | 425 | 429) || *status >= 500,
            Self::Unreachable | Self::Unauthorized(_) => true,
            Self::Forbidden(_) | Self::TooLarge(_) | Self::TooManyRedirects | Self::PostRedirected(_) => false,
        }
    }
}

impl SafeFetcher {
    /// `token` is a header's name and value, which are sent only to trusted addresses.
    pub async fn fetch(&self, address: &str, token: Option<(&str, &str)>) -> Result<FetchedFile, FetchError> {
        let prepare = |request: RequestBuilder, url: &Url, _: &Method| match token {
            Some((name, value)) if self.is_trusted(url) => request.header(name, value),
            _ => request,
        };
        let response = self.follow(Method::GET, address, prepare).await?;
        self.read(self.check_response(response)?).await
    }

    /// Checks whether a file may be passed on to a service that fetches it: follows the redirects and checks the size.
    /// Accepts the file if its server cannot be reached or answers with an error, because the service fetches the file
    /// later.
    pub async fn inspect(&self, address: &str) -> Result<(), FetchError> {
        let response = self.follow(Method::HEAD, address, |request, _, _| request).await;
        match response.and_then(|response| self.check_response(response)) {
            Ok(_) | Err(FetchError::Unreachable | FetchError::Status(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Returns an error if the body is larger than the maximum size of a file.
    pub async fn read(&self, mut response: Response) -> Result<FetchedFile, FetchError> {
        let mime = response.headers().get(header::CONTENT_TYPE).and_then(|mime| mime.to_str().ok()).map(str::to_owned);
        let mut content = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| FetchError::Unreachable)? {
            if (content.len() + chunk.len()) as u64 > self.max_bytes {
                return Err(FetchError::TooLarge(self.max_bytes));
            }
            content.extend_from_slice(&chunk);
        }
        Ok(FetchedFile { mime, content })
    }

    /// `prepare` adds headers and the body to the request for each address.
    pub(super) async fn follow(
        &self,
        mut method: Method,
        address: &str,
        prepare: impl Fn(RequestBuilder, &Url, &Method) -> RequestBuilder,
    ) -> Result<Response, FetchError> {
        let mut url = self.validate(address)?;
        for _ in 0..=MAX_REDIRECTS {
            let client = if self.is_trusted(&url) { &self.local } else { &self.public };
            let request = client.request(method.clone(), url.clone()).timeout(RESPONSE_TIMEOUT);
            let response = prepare(request, &url, &method).send().await.map_err(|error| reason(&error))?;
            let Some(next) = redirect(&url, &response) else { return Ok(response) };
            let next = self.validate_redirect(&url, &next)?;
            method = redirected(method, response.status(), &url, &next)?;
            url = next;
        }
        Err(FetchError::TooManyRedirects)
    }

    fn check_response(&self, response: Response) -> Result<Response, FetchError> {
        if !response.status().is_success() {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        // A HEAD response has no body, but its header gives the length.
        let content_length =
            response.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        if content_length.is_some_and(|length: u64| length > self.max_bytes) {
            return Err(FetchError::TooLarge(self.max_bytes));
        }
        Ok(response)
    }
}

/// Returns the target of a redirect, or `None` if the response is not a redirect with a valid target.
pub(super) fn redirect(from: &Url, response: &Response) -> Option<Url> {
    let moved = matches!(
        response.status(),
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    let target = response.headers().get(header::LOCATION)?.to_str().ok()?;
    moved.then(|| from.join(target).ok())?
}

/// Returns the method for the target of a redirect. A POST is repeated only on the same server, and only if the status
/// demands the same method (RFC 9110, section 15.4). As a GET, or without its body, it would get the page of another
/// request, such as a login page with status 200, which looks as if the server had done what was asked.
fn redirected(method: Method, status: StatusCode, from: &Url, to: &Url) -> Result<Method, FetchError> {
    let keeps_method = matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
    if method != Method::POST || keeps_method && from.origin() == to.origin() {
        return Ok(method);
    }
    let hosts = (from.host_str().unwrap_or_default(), to.host_str().unwrap_or_default());
    if RESPONSE_HOSTS.contains(&hosts) {
        return Ok(Method::GET);
    }
    // The query may be long, and may contain secrets.
    let address = format!("{}{}", to.origin().ascii_serialization(), to.path());
    Err(FetchError::PostRedirected(address.chars().take(MAX_SHOWN_CHARS).collect()))
}

/// Servers that do what a POST asks and then redirect to the host of their responses: Google Apps Script
/// (<https://developers.google.com/apps-script/guides/content#redirects>).
const RESPONSE_HOSTS: [(&str, &str); 1] = [("script.google.com", "script.googleusercontent.com")];
/// The maximum length of an address in an error.
const MAX_SHOWN_CHARS: usize = 200;

/// Converts a request error. Returns `Forbidden` if the name resolved to no public address, and otherwise
/// `Unreachable`.
fn reason(error: &reqwest::Error) -> FetchError {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if let Some(forbidden) = inner.downcast_ref::<Forbidden>() {
            return FetchError::Forbidden(*forbidden);
        }
        source = inner.source();
    }
    FetchError::Unreachable
}

const MAX_REDIRECTS: usize = 5;
/// Timeout of a request with its download. Each redirect is a new request.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests;
