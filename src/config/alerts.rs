//! `[alerts]`: recipients and thresholds of alerts.

use super::parser::{choice, integer, mail_addresses, optional, phone_number};
use super::setting::{Section, Setting};
use crate::domain::{Language, PhoneNumber};
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AlertsConfig {
    /// The WhatsApp number of the owner. Environment variable: `ALERTS_WHATSAPP_TO`.
    pub whatsapp_to: Option<PhoneNumber>,
    /// The owner's email addresses. Environment variable: `ALERTS_MAIL_TO`, separated by commas.
    pub mail_to: Vec<String>,
    /// The language of notifications; `None` means Hebrew if the agent's language is Hebrew, otherwise English.
    pub language: Option<Language>,
    /// While an alert remains active, its notification is repeated after this many hours.
    pub repeat_hours: u32,
    /// The time for which the alert's condition must be absent before the alert clears, in seconds.
    pub settle_s: u32,
    /// Downtime of the WhatsApp bridge after which an alert is raised, in seconds.
    pub bridge_down_after_s: u32,
    /// Time without a running Litestream after which an alert is raised, in seconds.
    pub replication_after_s: u32,
    /// Number of consecutive calls without an answer by the AI after which an alert is raised.
    pub failed_calls: u32,
}

impl Default for AlertsConfig {
    fn default() -> Self {
        Self {
            whatsapp_to: None,
            mail_to: Vec::new(),
            language: None,
            repeat_hours: 24,
            settle_s: 120,
            bridge_down_after_s: 600,
            replication_after_s: 120,
            failed_calls: 3,
        }
    }
}

pub(super) fn settings() -> Vec<Setting<AlertsConfig>> {
    let alerts = Section::<AlertsConfig>::new();
    vec![
        alerts
            .setting("alerts.whatsapp_to", |c| &mut c.whatsapp_to, optional(phone_number()))
            .env("ALERTS_WHATSAPP_TO"),
        alerts.setting("alerts.mail_to", |c| &mut c.mail_to, mail_addresses()).env("ALERTS_MAIL_TO"),
        alerts.setting("alerts.language", |c| &mut c.language, optional(choice(Language::ALL, Language::as_str))),
        alerts.setting("alerts.repeat_hours", |c| &mut c.repeat_hours, integer(1..=720)).requires_restart(),
        alerts.setting("alerts.settle_s", |c| &mut c.settle_s, integer(0..=86_400)).requires_restart(),
        alerts
            .setting("alerts.bridge_down_after_s", |c| &mut c.bridge_down_after_s, integer(0..=86_400))
            .requires_restart(),
        alerts
            .setting("alerts.replication_after_s", |c| &mut c.replication_after_s, integer(0..=86_400))
            .requires_restart(),
        alerts.setting("alerts.failed_calls", |c| &mut c.failed_calls, integer(1..=1000)),
    ]
}
