//! `[log]`: what is logged.

use super::rule::word;
use super::setting::{Setting, setting};
use crate::domain::text_enum;
use serde::Serialize;

text_enum! {
    /// How much is logged.
    LogLevel {
        /// Only what needs a person.
        Error = "error",
        /// And what may soon.
        Warn = "warn",
        /// And what happens.
        Info = "info",
        /// And how; shows whole numbers and texts.
        Debug = "debug",
        /// Everything.
        Trace = "trace",
    }
}

/// What is logged.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogConfig {
    /// How much is logged. `LOG_LEVEL`.
    pub level: LogLevel,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { level: LogLevel::Info }
    }
}

pub(super) fn settings() -> Vec<Setting> {
    vec![setting("log.level", |c| &mut c.log.level, word(LogLevel::ALL, LogLevel::as_str)).variable("LOG_LEVEL")]
}
