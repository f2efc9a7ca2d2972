//! The release feed: a JSON document that describes the newest release, `{"version", "date", "notes_url", "urgent"}`.
//!
//! The request does not identify the installation: it contains no version, no business name and no cookie. It contains
//! the `ETag` of the last answer (`If-None-Match`).

use super::http_client;
use reqwest::{StatusCode, header};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The version, such as `1.4.0`.
    pub version: String,
    /// The release date, such as `2026-11-20`.
    pub date: Option<String>,
    pub notes_url: Option<String>,
    #[serde(default)]
    pub urgent: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedResponse {
    /// The release has not changed since the last request.
    NotModified,
    /// The newest release, and the `ETag` for the next request.
    Newest(Release, Option<String>),
}

#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The feed could not be reached, or its answer was interrupted.
    #[error("the release feed cannot be read")]
    Unreachable(#[source] reqwest::Error),
    #[error("the release feed answers {0}")]
    Refused(u16),
    #[error("the release feed names no release")]
    Malformed,
}

impl From<reqwest::Error> for FeedError {
    fn from(error: reqwest::Error) -> Self {
        Self::Unreachable(error.without_url())
    }
}

pub async fn fetch(url: &str, etag: Option<&str>) -> Result<FeedResponse, FeedError> {
    let mut request = http_client::build_anonymous()?.get(url);
    if let Some(etag) = etag {
        request = request.header(header::IF_NONE_MATCH, etag);
    }
    let mut response = request.send().await?;
    match response.status() {
        StatusCode::NOT_MODIFIED => return Ok(FeedResponse::NotModified),
        status if !status.is_success() => return Err(FeedError::Refused(status.as_u16())),
        _ => {}
    }
    let etag = response.headers().get(header::ETAG).and_then(|etag| etag.to_str().ok()).map(str::to_owned);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_BYTES {
            return Err(FeedError::Malformed);
        }
    }
    let release: Release = serde_json::from_slice(&body).map_err(|_| FeedError::Malformed)?;
    // Users see these texts, and the feed is not trusted.
    let is_plain = |text: &str| text.len() <= MAX_TEXT && text.bytes().all(|byte| byte.is_ascii_graphic());
    let texts = [Some(&release.version), release.date.as_ref(), release.notes_url.as_ref()];
    let is_valid = parts(&release.version).is_some()
        && texts.into_iter().flatten().all(|text| is_plain(text))
        && release.notes_url.as_ref().is_none_or(|url| url.starts_with("https://"));
    if is_valid {
        Ok(FeedResponse::Newest(release, etag.filter(|etag| is_plain(etag))))
    } else {
        Err(FeedError::Malformed)
    }
}

/// Returns false if either text is not a version.
pub fn is_newer(version: &str, installed: &str) -> bool {
    match (parts(version), parts(installed)) {
        (Some(version), Some(installed)) => version > installed,
        _ => false,
    }
}

/// Parses a version such as `1.4.0`. The flag is false for a pre-release (a suffix after `-`). A suffix after `+` is
/// ignored.
fn parts(version: &str) -> Option<(u64, u64, u64, bool)> {
    let version = version.strip_prefix('v').unwrap_or(version);
    let version = version.split_once('+').map_or(version, |(version, _)| version);
    let (numbers, is_final) = version.split_once('-').map_or((version, true), |(numbers, _)| (numbers, false));
    let mut numbers = numbers.split('.').map(|number| number.parse().ok());
    let three = (numbers.next()??, numbers.next()??, numbers.next().unwrap_or(Some(0))?, is_final);
    numbers.next().is_none().then_some(three)
}

const MAX_BYTES: usize = 64 << 10;
const MAX_TEXT: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        for (newer, older) in [("0.10.0", "0.9.9"), ("1.0.0", "1.0.0-rc.1"), ("v1.2", "1.1.9"), ("2.0.0+x", "1.9.9")] {
            assert!(is_newer(newer, older) && !is_newer(older, newer), "{newer} {older}");
        }
        for (a, b) in [("1.0.0", "1.0.0"), ("1.0.0", "dev"), ("latest", "1.0.0"), ("1.2.3.4", "1.0.0"), ("", "1.0")] {
            assert!(!is_newer(a, b), "{a} {b}");
        }
    }
}
