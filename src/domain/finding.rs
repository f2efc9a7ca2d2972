//! What a check of the house has found.

use super::{Timestamp, text_enum};
use serde::{Deserialize, Serialize};

text_enum! {
    /// How what was looked at is.
    FindingState {
        /// Well.
        Ok = "ok",
        /// Not as it should be, but it works.
        Warning = "warning",
        /// Something needs a person.
        Error = "error",
        /// It was not looked at, for the reason that is given.
        Skipped = "skipped",
    }
}

/// What was found when one thing was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Finding {
    /// What was looked at: `database`, `published_copy`, …
    pub check: String,
    /// How it is.
    pub state: FindingState,
    /// What was found, for a person.
    pub found: String,
    /// What to do about it; empty where nothing is to be done.
    pub remedy: String,
}

/// One check of the whole house.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SelfCheck {
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub began_at: Timestamp,
    /// When it was done.
    #[schema(value_type = String, format = DateTime)]
    pub ended_at: Timestamp,
    /// Whether nothing needs a person.
    pub well: bool,
    /// What was found.
    pub findings: Vec<Finding>,
}

impl Finding {
    /// It is well.
    pub fn ok(check: &str, found: impl Into<String>) -> Self {
        Self { check: check.to_owned(), state: FindingState::Ok, found: found.into(), remedy: String::new() }
    }

    /// It was not looked at.
    pub fn skipped(check: &str, why: impl Into<String>) -> Self {
        Self { state: FindingState::Skipped, ..Self::ok(check, why) }
    }

    /// It is not as it should be.
    pub fn warning(check: &str, found: impl Into<String>, remedy: &str) -> Self {
        Self { state: FindingState::Warning, remedy: remedy.to_owned(), ..Self::ok(check, found) }
    }

    /// It needs a person.
    pub fn error(check: &str, found: impl Into<String>, remedy: &str) -> Self {
        Self { state: FindingState::Error, ..Self::warning(check, found, remedy) }
    }
}
