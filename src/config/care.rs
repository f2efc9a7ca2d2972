//! `[care]`: nightly maintenance.

use super::parser::{boolean, integer};
use super::setting::{Setting, setting};
use serde::Serialize;

/// Nightly maintenance.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CareConfig {
    /// The hour of the nightly maintenance, in the business's time zone.
    pub hour: u8,
    /// Check database, copy, backup, certificate and the rest every night.
    pub self_check: bool,
}

impl Default for CareConfig {
    fn default() -> Self {
        Self { hour: 3, self_check: true }
    }
}

pub(super) fn settings() -> Vec<Setting> {
    vec![
        setting("care.hour", |c| &mut c.care.hour, integer(0..=23)),
        setting("care.self_check", |c| &mut c.care.self_check, boolean()),
    ]
}
