//! `[maintenance]`: nightly maintenance.

use super::parser::{boolean, integer};
use super::setting::{Section, Setting};
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MaintenanceConfig {
    /// The hour of the nightly maintenance, in the business's time zone.
    pub hour: u8,
    /// Whether the self-check of database, backups, certificate and other parts runs every night.
    pub self_check: bool,
}

impl Default for MaintenanceConfig {
    fn default() -> Self {
        Self { hour: 3, self_check: true }
    }
}

pub(super) fn settings() -> Vec<Setting<MaintenanceConfig>> {
    let maintenance = Section::<MaintenanceConfig>::new();
    vec![
        maintenance.setting("maintenance.hour", |c| &mut c.hour, integer(0..=23)),
        maintenance.setting("maintenance.self_check", |c| &mut c.self_check, boolean()),
    ]
}
