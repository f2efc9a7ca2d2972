//! Where people find the page.

use serde::{Deserialize, Serialize};

/// The addresses of the page, without a slash at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageUrls {
    /// The one to give to people first: by https where that is answered.
    #[serde(rename = "page")]
    pub best: String,
    /// Another one by plain HTTP, for this machine and its own network.
    #[serde(default, rename = "plain_page", skip_serializing_if = "Option::is_none")]
    pub plain: Option<String>,
}

impl PageUrls {
    /// Of the address by https and that by plain HTTP, of which one may be missing.
    pub fn new(https: Option<String>, plain: Option<String>) -> Self {
        match https {
            Some(best) => Self { best, plain },
            None => Self { best: plain.unwrap_or_default(), plain: None },
        }
    }

    /// Whether the first one is by https.
    pub fn has_https(&self) -> bool {
        self.best.starts_with("https://")
    }
}
