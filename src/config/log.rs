//! `[log]`: the log level.

use super::parser::choice;
use super::setting::{Section, Setting};
use crate::domain::text_enum;
use serde::Serialize;

text_enum! {
    /// The log level.
    LogLevel {
        /// Errors: problems that require an action of the user.
        Error = "error",
        /// Also warnings: problems that may require an action soon.
        Warn = "warn",
        /// Also normal events.
        Info = "info",
        /// Also details, with complete phone numbers and texts.
        Debug = "debug",
        Trace = "trace",
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogConfig {
    /// The log level. Environment variable: `LOG_LEVEL`.
    pub level: LogLevel,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { level: LogLevel::Info }
    }
}

pub(super) fn settings() -> Vec<Setting<LogConfig>> {
    let log = Section::<LogConfig>::new();
    vec![log.setting("log.level", |c| &mut c.level, choice(LogLevel::ALL, LogLevel::as_str)).env("LOG_LEVEL")]
}
