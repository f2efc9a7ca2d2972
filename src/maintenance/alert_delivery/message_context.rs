//! The data that an alert message contains besides the alerts.

use crate::alerting::AlertMessage;
use crate::domain::{Alert, AlertTransition, Language};
use crate::host::local_time;
use jiff::tz::TimeZone;

#[derive(Clone)]
pub(super) struct MessageContext {
    pub(super) business: String,
    pub(super) zone: TimeZone,
    pub(super) page: String,
    pub(super) language: Language,
}

impl MessageContext {
    pub(super) fn message(&self, changes: &[(Alert, AlertTransition)]) -> AlertMessage {
        AlertMessage::of(changes, &self.business, &self.page, self.language, |at| {
            local_time::format_time(at, &self.zone)
        })
    }
}
