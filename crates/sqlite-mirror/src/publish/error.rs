//! The reasons why the published file cannot be brought up to date.

use super::state::{ForeignCause, LateCause};
use crate::Error;
use std::io;

/// Why the published file cannot be brought up to date.
#[derive(Debug)]
pub(super) enum PublishError {
    /// The published file no longer exists.
    Missing,
    /// The file is foreign, for example because another program has changed or replaced it.
    Foreign(ForeignCause),
    /// An operation failed, and the publisher retries it.
    Failed(LateCause),
}

impl PublishError {
    /// Returns a function that creates the error of a failed file operation.
    pub(super) fn file(doing: &str) -> impl FnOnce(io::Error) -> Self {
        move |error| {
            let (doing, os_error) = (doing.to_owned(), error.raw_os_error());
            Self::Failed(LateCause::Failed { doing, error: error.to_string(), os_error })
        }
    }
}

impl From<Error> for PublishError {
    fn from(error: Error) -> Self {
        let reason = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
        let (doing, error) = ("read the live database".to_owned(), format!("{error}{reason}"));
        Self::Failed(LateCause::Failed { doing, error, os_error: None })
    }
}
