//! Alerts: conditions that need the owner's attention, and their state.

use super::{CheckResult, Notice, Timestamp, text_enum};
use serde::{Deserialize, Serialize};

text_enum! {
    /// The kind of an alert.
    AlertKind {
        /// The disk is nearly full.
        DiskLow = "disk_low",
        /// The database cannot be written.
        DatabaseUnwritable = "database_unwritable",
        /// The published file is behind the database.
        PublishedCopy = "published_copy",
        /// The write-ahead log of the database is too large.
        WalSize = "wal_size",
        /// Litestream is not running, so the database is not replicated.
        Replication = "replication",
        /// The database is damaged.
        Integrity = "integrity",
        /// A file that the service did not write has the name of the published file. The owner must decide what to do
        /// with it.
        ForeignFile = "foreign_file",
        /// At its last start, the service found a database file that it did not write, or started with another database
        /// than before.
        DatabaseReplaced = "database_replaced",
        /// Queued messages are held since a restore, until the owner decides whether to send them.
        OutboxHeld = "outbox_held",
        /// Snapshots fail, or the last snapshot is too old.
        Backup = "backup",
        /// The certificate is not renewed, or expires soon.
        Certificate = "certificate",
        /// The WhatsApp bridge has been down for a while.
        BridgeDown = "bridge_down",
        /// The WhatsApp account must be linked again, or the bridge has another problem that the owner must solve.
        BridgeLink = "bridge_link",
        /// The bridge receives no messages, although it is connected.
        BridgeNotReceiving = "bridge_not_receiving",
        /// WhatsApp has restricted the account.
        WhatsAppRestricted = "whatsapp_restricted",
        /// Twilio does not accept the account.
        TwilioRefused = "twilio_refused",
        /// An AI service does not accept the key or the account.
        AiRefused = "ai_refused",
        /// The account at an AI service has no quota or credit left.
        AiNoCredit = "ai_no_credit",
        /// The AI could not answer several calls in a row, because the rate limit of the account is exceeded.
        AiRateLimited = "ai_rate_limited",
        /// The AI rejects a setting, and calls continue without it.
        AiSettingRejected = "ai_setting_rejected",
        /// The AI could not answer several calls in a row, for a reason other than the account or its rate limit.
        AiUnavailable = "ai_unavailable",
        /// The AI usage limit is nearly reached.
        AiLimit = "ai_limit",
        /// Messages in the outbox are not sent.
        OutboxStuck = "outbox_stuck",
        /// Messages that a provider accepted have not been delivered.
        OutboxUndelivered = "outbox_undelivered",
        /// The clock of the server is wrong.
        ClockWrong = "clock_wrong",
        /// The settings are invalid, so the last valid settings stay active.
        SettingsRejected = "settings_rejected",
        /// The last self-check found problems that no other alert reports.
        SelfCheck = "self_check",
    }
}

text_enum! {
    /// The state of an alert.
    AlertState {
        /// The condition is met, but not yet for long enough to send a notification.
        Pending = "pending",
        /// The alert is active.
        Raised = "raised",
        Cleared = "cleared",
    }
}

text_enum! {
    /// A channel for notifications.
    AlertChannel {
        Mail = "mail",
        WhatsApp = "whatsapp",
    }
}

text_enum! {
    /// What a notification reports.
    AlertTransition {
        Raised = "raised",
        /// The alert is still active.
        Lasts = "lasts",
        Cleared = "cleared",
    }
}

text_enum! {
    /// The kind of a stored event of an alert.
    AlertEventKind {
        Raised = "raised",
        /// The alert is still active; only notifications report this.
        Lasts = "lasts",
        Cleared = "cleared",
        Muted = "muted",
        Unmuted = "unmuted",
    }
}

impl From<AlertTransition> for AlertEventKind {
    fn from(transition: AlertTransition) -> Self {
        match transition {
            AlertTransition::Raised => Self::Raised,
            AlertTransition::Lasts => Self::Lasts,
            AlertTransition::Cleared => Self::Cleared,
        }
    }
}

/// The findings that raised an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AlertDetail {
    /// Codes with parameters, which are rendered in the reader's language.
    Notices(Vec<Notice>),
    /// The findings of a self-check.
    Findings(Vec<CheckResult>),
    /// Texts, which earlier releases stored.
    Texts {
        /// The Hebrew text.
        he: String,
        /// The English text.
        en: String,
    },
}

/// The period in which an alert sends no notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mute {
    /// Until this time.
    Until(Timestamp),
    /// Until the alert has cleared.
    WhileItLasts,
}

/// The last notification by one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertDelivery {
    /// The channel by which the notification was sent.
    pub channel: AlertChannel,
    /// What the notification reported.
    pub transition: AlertTransition,
    /// When the notification was sent; for WhatsApp, when it was queued.
    pub at: Timestamp,
}

/// An alert and its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// The condition that the alert is about.
    pub kind: AlertKind,
    /// Whether the alert is pending, raised or cleared.
    pub state: AlertState,
    /// The findings that raised the alert.
    pub detail: AlertDetail,
    /// The start of the current occurrence, or of the last one if the alert has cleared.
    pub since: Timestamp,
    /// When the alert cleared; none if it has not cleared.
    pub cleared_at: Option<Timestamp>,
    /// The period without notifications, which may be over; none if the alert was not muted.
    pub mute: Option<Mute>,
    /// The last notification of this occurrence by each channel.
    pub deliveries: Vec<AlertDelivery>,
    /// How often the alert was raised again shortly after it had cleared.
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

impl From<Vec<Notice>> for AlertDetail {
    fn from(notices: Vec<Notice>) -> Self {
        Self::Notices(notices)
    }
}

impl Alert {
    /// Returns true if the alert sends no notifications at `now`.
    pub fn is_muted(&self, now: Timestamp) -> bool {
        match self.mute {
            None => false,
            Some(Mute::Until(until)) => now < until,
            Some(Mute::WhileItLasts) => self.state != AlertState::Cleared,
        }
    }

    /// Returns the last notification of this occurrence by a channel; none if the channel has sent none.
    pub fn delivery_by(&self, channel: AlertChannel) -> Option<AlertDelivery> {
        self.deliveries.iter().copied().find(|delivery| delivery.channel == channel)
    }
}
