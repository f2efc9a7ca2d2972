//! Errors in the settings, with their locations.

use super::Origin;
use crate::domain::{Cause, Causes, Language, SettingError};
use crate::messages;
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub origin: Origin,
    /// The key of the setting, or the name of the section; `None` for an invalid file and for an unknown key.
    pub key: Option<String>,
    /// The error. Never contains a secret.
    pub error: SettingError,
}

impl Problem {
    /// Returns the key and the error in English, without the location.
    pub(super) fn message(&self) -> String {
        let error = messages::text(Language::English, &self.error);
        self.key.as_ref().map_or_else(|| error.clone(), |key| format!("{key}: {error}"))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.origin {
            Origin::Default => f.write_str(&self.message()),
            _ => write!(f, "{}: {}", self.origin, self.message()),
        }
    }
}

impl From<&Problem> for Causes {
    fn from(problem: &Problem) -> Self {
        let place = problem.origin.to_string();
        let frame = match problem.key.clone() {
            Some(setting) => Cause::Setting { setting, place },
            None => Cause::Settings { place },
        };
        frame.because(Cause::SettingError { error: problem.error.clone() })
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
