//! Errors in the settings, with their locations.

use super::Origin;
use crate::domain::{Cause, Causes};
use std::fmt;

/// An invalid setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The location of the invalid value.
    pub origin: Origin,
    /// The key and a description of the error. Never contains a secret.
    pub message: String,
}

impl Problem {
    pub(super) fn new(origin: Origin, message: impl Into<String>) -> Self {
        Self { origin, message: message.into() }
    }
}

impl Problem {
    /// Returns the key of the invalid setting, if the message starts with a key.
    pub fn key(&self) -> Option<&str> {
        let (key, _) = self.message.split_once(": ")?;
        (key.contains('.') && !key.contains(' ')).then_some(key)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.origin {
            Origin::Default => f.write_str(&self.message),
            _ => write!(f, "{}: {}", self.origin, self.message),
        }
    }
}

impl From<&Problem> for Causes {
    /// The frame is a code, and the description of the error is the parser's text.
    fn from(problem: &Problem) -> Self {
        let place = problem.origin.to_string();
        let key = problem.key();
        let (frame, text) =
            match key.and_then(|key| Some((key, problem.message.strip_prefix(key)?.strip_prefix(": ")?))) {
                Some((key, text)) => (Cause::Setting { setting: key.to_owned(), place }, text),
                None => (Cause::Settings { place }, problem.message.as_str()),
            };
        frame.because(Cause::other(text))
    }
}

/// All problems of the settings. The list is never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<Problem>);

impl ConfigErrors {
    pub(super) fn check(problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self(problems)) }
    }
}

/// Writes a headline, then one line per problem in the format of compiler errors, so that editors can jump to the
/// location.
impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0.len() {
            1 => "a setting is wrong:",
            _ => "some settings are wrong:",
        })?;
        self.0.iter().try_for_each(|problem| write!(f, "\n{problem}"))
    }
}

impl std::error::Error for ConfigErrors {}
