//! `[updates]`: the check for newer releases.

use super::BaseUrl;
use super::parser::{base_url, choice, optional};
use super::setting::{Section, Setting};
use crate::domain::text_enum;
use serde::Serialize;

text_enum! {
    /// Whether to check for newer releases.
    UpdateCheck {
        Off = "off",
        Weekly = "weekly",
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UpdatesConfig {
    /// The interval of the check. Environment variable: `UPDATES_CHECK`.
    pub check: UpdateCheck,
    /// The URL of a JSON document that names the newest release. Environment variable: `UPDATES_FEED_URL`.
    pub feed_url: Option<BaseUrl>,
}

impl Default for UpdatesConfig {
    fn default() -> Self {
        Self { check: UpdateCheck::Off, feed_url: None }
    }
}

impl UpdatesConfig {
    pub fn weekly_feed(&self) -> Option<&BaseUrl> {
        self.feed_url.as_ref().filter(|_| self.check == UpdateCheck::Weekly)
    }
}

pub(super) fn settings() -> Vec<Setting<UpdatesConfig>> {
    let updates = Section::<UpdatesConfig>::new();
    vec![
        updates
            .setting("updates.check", |c| &mut c.check, choice(UpdateCheck::ALL, UpdateCheck::as_str))
            .env("UPDATES_CHECK"),
        updates.setting("updates.feed_url", |c| &mut c.feed_url, optional(base_url())).env("UPDATES_FEED_URL"),
    ]
}
