//! The URLs at which users open the web page: the preferred one, and plain HTTP for the local network.

use serde::{Deserialize, Serialize};

/// The URLs of the web page, without a trailing slash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageUrls {
    /// The preferred URL: HTTPS if it is available; empty if there is no URL.
    #[serde(rename = "page")]
    pub best: String,
    /// The plain HTTP URL for this machine and its local network; none if there is none, or if it is the preferred URL.
    #[serde(default, rename = "plain_page", skip_serializing_if = "Option::is_none")]
    pub plain: Option<String>,
}

impl PageUrls {
    /// Creates the URLs from the HTTPS and the plain HTTP URL. Either may be missing.
    pub fn new(https: Option<String>, plain: Option<String>) -> Self {
        match https {
            Some(best) => Self { best, plain },
            None => Self { best: plain.unwrap_or_default(), plain: None },
        }
    }

    /// Returns true if the preferred URL uses HTTPS.
    pub fn has_https(&self) -> bool {
        self.best.starts_with("https://")
    }
}

/// The path of the page of a call; the id of the call follows. The messages to the owner about calls end with it, by
/// which the deletion of a contact finds them.
pub const CALL_PAGE: &str = "/app/calls/";
