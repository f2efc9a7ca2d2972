//! The addresses of the web page.

use serde::{Deserialize, Serialize};

/// The addresses of the web page, without a trailing slash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageUrls {
    /// The preferred one: https if that is available.
    #[serde(rename = "page")]
    pub best: String,
    /// Another one by plain HTTP, for this machine and its local network.
    #[serde(default, rename = "plain_page", skip_serializing_if = "Option::is_none")]
    pub plain: Option<String>,
}

impl PageUrls {
    /// Creates it from the https and the plain HTTP address, either of which may be missing.
    pub fn new(https: Option<String>, plain: Option<String>) -> Self {
        match https {
            Some(best) => Self { best, plain },
            None => Self { best: plain.unwrap_or_default(), plain: None },
        }
    }

    /// Returns true if the preferred one is https.
    pub fn has_https(&self) -> bool {
        self.best.starts_with("https://")
    }
}
