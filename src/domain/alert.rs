//! What needs a person: kinds of trouble, and what is known of each.

use super::{Timestamp, text_enum};
use serde::{Deserialize, Serialize};

text_enum! {
    /// The kind of an alert.
    AlertKind {
        /// The disk is nearly full.
        DiskLow = "disk_low",
        /// Nothing can be stored.
        DatabaseUnwritable = "database_unwritable",
        /// The file that people copy is behind.
        PublishedCopy = "published_copy",
        /// The write-ahead log of the database grows.
        LogSize = "log_size",
        /// Litestream does not run, so nothing is replicated.
        Replication = "replication",
        /// The database is damaged.
        Integrity = "integrity",
        /// A foreign file has the name of the file that people copy, and waits for the owner's decision.
        ForeignFile = "foreign_file",
        /// A start has found a file that the service did not write, or another database is in use.
        DatabaseReplaced = "database_replaced",
        /// Messages wait for the owner's decision since a restore.
        OutboxHeld = "outbox_held",
        /// Snapshots fail, or the last one is old.
        Backup = "backup",
        /// The certificate is not renewed, or ends soon.
        Certificate = "certificate",
        /// The WhatsApp bridge has been down for a while.
        BridgeDown = "bridge_down",
        /// The WhatsApp account must be linked anew, or the bridge needs other help.
        BridgeLink = "bridge_link",
        /// Nothing comes in by the bridge's link, although it is alive.
        BridgeDeaf = "bridge_deaf",
        /// WhatsApp has restricted the account.
        WhatsAppRestricted = "whatsapp_restricted",
        /// Twilio does not accept the account.
        TwilioRefused = "twilio_refused",
        /// The AI does not accept the key.
        AiRefused = "ai_refused",
        /// Several calls in a row could not be answered by the AI.
        AiUnavailable = "ai_unavailable",
        /// Most of what the AI may cost is used.
        AiLimit = "ai_limit",
        /// Messages do not go out.
        OutboxStuck = "outbox_stuck",
        /// Messages that a provider accepted have not been delivered.
        OutboxUndelivered = "outbox_undelivered",
        /// The clock of this machine is wrong.
        ClockWrong = "clock_wrong",
        /// The settings are wrong, so the last ones that worked are used.
        SettingsRejected = "settings_rejected",
        /// The nightly self-check found something.
        SelfCheck = "self_check",
    }
}

text_enum! {
    /// The state of an alert.
    AlertState {
        /// It is so, but not for long enough to trouble anybody.
        Pending = "pending",
        /// It is so.
        Raised = "raised",
        /// It is so no more.
        Cleared = "cleared",
    }
}

text_enum! {
    /// A channel for notifications.
    AlertWay {
        /// By mail.
        Mail = "mail",
        /// By WhatsApp.
        WhatsApp = "whatsapp",
    }
}

text_enum! {
    /// What a notification reports.
    AlertNews {
        /// It has begun.
        Raised = "raised",
        /// It lasts.
        Lasts = "lasts",
        /// All is well again.
        Cleared = "cleared",
    }
}

/// Details in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AlertDetail {
    /// In Hebrew.
    pub he: String,
    /// In English.
    pub en: String,
}

/// Until when an alert troubles nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mute {
    /// Until this moment.
    Until(Timestamp),
    /// Until it is over.
    WhileItLasts,
}

/// The last notification by one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AlertTold {
    /// How.
    pub way: AlertWay,
    /// What.
    pub news: AlertNews,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// What is known of one kind of trouble.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// What it is.
    pub kind: AlertKind,
    /// The delivery status.
    pub state: AlertState,
    /// What was found.
    pub detail: AlertDetail,
    /// Since when it is active, or was active last.
    pub since: Timestamp,
    /// When it cleared.
    pub cleared_at: Option<Timestamp>,
    /// Until when it troubles nobody.
    pub mute: Option<Mute>,
    /// Who was told of it, this time.
    pub told: Vec<AlertTold>,
    /// How often it came back shortly after it was over.
    pub returns: u32,
}

impl AlertDetail {
    /// In the language, Hebrew or English.
    pub fn in_language(&self, hebrew: bool) -> &str {
        if hebrew { &self.he } else { &self.en }
    }
}

impl From<&str> for AlertDetail {
    fn from(text: &str) -> Self {
        Self { he: text.to_owned(), en: text.to_owned() }
    }
}

impl From<String> for AlertDetail {
    fn from(text: String) -> Self {
        Self { he: text.clone(), en: text }
    }
}

impl<H: Into<String>, E: Into<String>> From<(H, E)> for AlertDetail {
    fn from((he, en): (H, E)) -> Self {
        Self { he: he.into(), en: en.into() }
    }
}

impl Alert {
    /// Whether it is to trouble nobody at the moment.
    pub fn is_muted(&self, now: Timestamp) -> bool {
        match self.mute {
            None => false,
            Some(Mute::Until(until)) => now < until,
            Some(Mute::WhileItLasts) => self.state != AlertState::Cleared,
        }
    }

    /// What was told last by a way.
    pub fn told_by(&self, way: AlertWay) -> Option<AlertTold> {
        self.told.iter().copied().find(|told| told.way == way)
    }
}
