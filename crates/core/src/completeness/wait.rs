//! The estimate of whether a sentence has ended, and the silence that follows from it.

use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Completeness {
    /// The sentence has probably ended.
    Complete,
    /// The sentence may have ended.
    Unclear,
    /// The caller has described something, but has not asked for anything. The sentence may have ended; often a further
    /// sentence follows.
    Described,
    /// The sentence, or the number that the caller dictates, requires more words.
    Open,
    /// The text has no words, or its language is not supported.
    Unknown,
}

impl Completeness {
    /// Returns the silence after which the caller's turn is over; none if only the transcriber can decide when the turn
    /// is over.
    pub(crate) fn wait(self) -> Option<Duration> {
        match self {
            Self::Complete => Some(Duration::from_millis(150)),
            Self::Unclear => Some(Duration::from_millis(500)),
            Self::Described => Some(Duration::from_millis(650)),
            Self::Open => Some(Duration::from_secs(1)),
            Self::Unknown => None,
        }
    }
}
