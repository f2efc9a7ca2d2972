//! Alerts: conditions that need the owner's attention, and their state.

use super::{Notice, Timestamp, text_enum};
use serde::{Deserialize, Serialize};

text_enum! {
    /// The kind of an alert.
    AlertKind {
        /// The disk is nearly full.
        DiskLow = "disk_low",
        /// Nothing can be stored.
        DatabaseUnwritable = "database_unwritable",
        /// The published file is behind the database.
        PublishedCopy = "published_copy",
        /// The write-ahead log of the database grows.
        LogSize = "log_size",
        /// Litestream does not run, so nothing is replicated.
        Replication = "replication",
        /// The database is damaged.
        Integrity = "integrity",
        /// A foreign file has the name of the published file, and waits for the owner's decision.
        ForeignFile = "foreign_file",
        /// A start has found a file that the service did not write, or another database is in use.
        DatabaseReplaced = "database_replaced",
        /// Messages wait for the owner's decision since a restore.
        OutboxHeld = "outbox_held",
        /// Snapshots fail, or the last one is old.
        Backup = "backup",
        /// The certificate is not renewed, or expires soon.
        Certificate = "certificate",
        /// The WhatsApp bridge has been down for a while.
        BridgeDown = "bridge_down",
        /// The WhatsApp account must be linked again, or the bridge needs other help.
        BridgeLink = "bridge_link",
        /// Nothing is received through the bridge's link, although it is connected.
        BridgeDeaf = "bridge_deaf",
        /// WhatsApp has restricted the account.
        WhatsAppRestricted = "whatsapp_restricted",
        /// Twilio does not accept the account.
        TwilioRefused = "twilio_refused",
        /// The AI does not accept the key.
        AiRefused = "ai_refused",
        /// The account of a service of the AI has no quota or credit left.
        AiNoCredit = "ai_no_credit",
        /// A service of the AI answers no calls because of its rate limit.
        AiRateLimited = "ai_rate_limited",
        /// The AI rejects a setting, and calls continue without it.
        AiSettingRejected = "ai_setting_rejected",
        /// The AI could not answer several calls in a row.
        AiUnavailable = "ai_unavailable",
        /// Most of the AI usage limit is used.
        AiLimit = "ai_limit",
        /// Messages are not sent.
        OutboxStuck = "outbox_stuck",
        /// Messages that a provider accepted have not been delivered.
        OutboxUndelivered = "outbox_undelivered",
        /// The clock of this machine is wrong.
        ClockWrong = "clock_wrong",
        /// The settings are invalid, so the last valid ones are used.
        SettingsRejected = "settings_rejected",
        /// The nightly self-check found problems.
        SelfCheck = "self_check",
    }
}

text_enum! {
    /// The state of an alert.
    AlertState {
        /// The condition is met, but not for long enough to notify anyone.
        Pending = "pending",
        /// The alert is active.
        Raised = "raised",
        /// The alert has cleared.
        Cleared = "cleared",
    }
}

text_enum! {
    /// A channel for notifications.
    AlertChannel {
        /// By mail.
        Mail = "mail",
        /// By WhatsApp.
        WhatsApp = "whatsapp",
    }
}

text_enum! {
    /// What a notification reports.
    AlertTransition {
        /// The alert was raised.
        Raised = "raised",
        /// The alert is still active.
        Lasts = "lasts",
        /// The alert has cleared.
        Cleared = "cleared",
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AlertDetail {
    /// The findings.
    Notices(Vec<Notice>),
    /// The texts: of the self-check, whose findings are rendered when they are reported, and as earlier releases stored them.
    Texts {
        /// In Hebrew.
        he: String,
        /// In English.
        en: String,
    },
}

/// Until when an alert sends no notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mute {
    /// Until this time.
    Until(Timestamp),
    /// Until it has cleared.
    WhileItLasts,
}

/// The last notification by one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertDelivery {
    /// The channel.
    pub channel: AlertChannel,
    /// What the notification reported.
    pub transition: AlertTransition,
    /// When it was sent.
    pub at: Timestamp,
}

/// An alert and its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// The kind.
    pub kind: AlertKind,
    /// The state of the alert.
    pub state: AlertState,
    /// What was found.
    pub detail: AlertDetail,
    /// Since when it is active, or was active last.
    pub since: Timestamp,
    /// When it cleared.
    pub cleared_at: Option<Timestamp>,
    /// Until when it sends no notifications.
    pub mute: Option<Mute>,
    /// The notifications of this occurrence.
    pub deliveries: Vec<AlertDelivery>,
    /// How often it became active again shortly after it had cleared.
    pub recurrences: u32,
}

impl Default for AlertDetail {
    fn default() -> Self {
        Self::Notices(Vec::new())
    }
}

impl From<Notice> for AlertDetail {
    fn from(notice: Notice) -> Self {
        Self::Notices(vec![notice])
    }
}

impl Alert {
    /// Returns true if it sends no notifications at the moment.
    pub fn is_muted(&self, now: Timestamp) -> bool {
        match self.mute {
            None => false,
            Some(Mute::Until(until)) => now < until,
            Some(Mute::WhileItLasts) => self.state != AlertState::Cleared,
        }
    }

    /// The last notification by a channel.
    pub fn delivery_by(&self, channel: AlertChannel) -> Option<AlertDelivery> {
        self.deliveries.iter().copied().find(|delivery| delivery.channel == channel)
    }
}
