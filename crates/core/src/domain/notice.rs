//! Notices for the owner, as data: the details of alerts, and the reasons why messages were not sent.

use super::localized::localized_enum;
use super::{Causes, Timestamp};
use serde::{Deserialize, Serialize};

localized_enum! {
    /// A notice for the owner. The codes are stored, so a key of the locale files may be added, but not renamed.
    Notice {
        // A text that exists in one language only, such as an error of the system or of a provider.
        Verbatim { text: String } = "verbatim",

        // The machine.
        DiskSpace { free: String, total: String } = "disk-space",
        DiskFiles { files: u64 } = "disk-files",
        BridgeDiskSpace { free: String, total: String } = "bridge-disk-space",
        ClockBeforeBuild { now: Timestamp, built: Timestamp } = "clock-before-build",
        ClockBeforeNewestEntry { now: Timestamp, newest: Timestamp } = "clock-before-newest-entry",
        ClockAhead { host: String, count: u64, unit: String } = "clock-ahead",
        ClockBehind { host: String, count: u64, unit: String } = "clock-behind",
        CertificateExpires { end: Timestamp, reason: Causes } = "certificate-expires",
        CertificateMissing { reason: Causes } = "certificate-missing",
        BackupOld { last: Timestamp, reason: Causes } = "backup-old",
        BackupMissing { reason: Causes } = "backup-missing",
        BackupNotUploaded { reason: Causes } = "backup-not-uploaded",

        // The database files.
        LogReader { size_mb: u64, process: u64, command: String } = "log-reader",
        LogReaderUnknown { size_mb: u64 } = "log-reader-unknown",
        CopyLate { count: u64, reason: Causes } = "copy-late",
        CopyLateCompared { count: u64 } = "copy-late-compared",
        CopyLateOpen { count: u64 } = "copy-late-open",
        CopyLateOpenFull { count: u64 } = "copy-late-open-full",
        CopyLateFull { count: u64, size_mb: u64 } = "copy-late-full",
        CopyLateSlow { count: u64 } = "copy-late-slow",
        CopyLateRestarted { count: u64 } = "copy-late-restarted",
        ForeignFile { file: String } = "foreign-file",
        ForeignFileDenied { file: String, user: String } = "foreign-file-denied",
        ForeignFileNotRegular { file: String } = "foreign-file-not-regular",
        ForeignFileUnusable { file: String, reason: Causes } = "foreign-file-unusable",
        DatabaseDamage { findings: Causes } = "database-damage",
        LastSoundCopy { file: String, findings: Causes } = "last-sound-copy",
        StartedFrom { file: String } = "started-from",
        StartedPromoted { until: String } = "started-promoted",
        StartedLiveChanged { archived: String } = "started-live-changed",
        StartedRestored { file: String, archived: String } = "started-restored",
        StartedFolderCopied { file: String, archived: String } = "started-folder-copied",
        StartedFolderCopiedBehind { file: String, archived: String } = "started-folder-copied-behind",
        StartedFolderCopiedBecause { file: String, archived: String, reason: Causes } = "started-folder-copied-because",
        StartedLateFolderCopied { file: String, archived: String } = "started-late-folder-copied",
        StartedLiveDamaged { file: String, archived: String } = "started-live-damaged",
        StartedLiveDamagedBecause { file: String, archived: String, reason: Causes } = "started-live-damaged-because",
        StartedFoundForeign { file: String, archived: String } = "started-found-foreign",
        StartedFoundForeignBecause { file: String, archived: String, reason: Causes } = "started-found-foreign-because",

        // The settings.
        SettingRejected { reason: Causes } = "rejected-setting",

        // The AI.
        AiServiceRefuses { part: String, reason: Causes } = "ai-service-refuses",
        AiCallsFailed { count: u64, reason: Causes } = "ai-calls-failed",
        AiFieldsRejected { fields: String } = "ai-fields-rejected",
        AiLimitNear { setting: String, used: u64, limit: u64 } = "ai-limit-near",

        // The outbox.
        OutboxHeld { count: u64 } = "outbox-held",
        OutboxStopped = "outbox-stopped",
        OutboxWaiting { count: u64 } = "outbox-waiting",
        OutboxPaced { count: u64, per_minute: u64 } = "outbox-paced",
        OutboxUndelivered { count: u64, by_twilio: u64, by_bridge: u64, contacts: u64 } = "outbox-undelivered",

        // The reason why a message was not sent, or why it is unknown whether it was sent.
        MessageUnconfirmed = "message-unconfirmed",
        MessageExpired = "message-expired",
        MessageLost = "message-lost",
        MessageNeedsTemplate = "message-needs-template",
        MessageOptedOut = "message-opted-out",
        MessageNoProvider = "message-no-provider",
        MessageProviderRemoved = "message-provider-removed",
        MessageDiscarded = "message-discarded",
        MessageCancelled = "message-cancelled",
        MessageUnknown { reason: Causes } = "message-unknown",
        MessageFile { reason: Causes } = "message-file",

        // The bridge, and errors that WhatsApp reports to it.
        BridgeStarting = "bridge-starting",
        BridgeUnpaired = "bridge-unpaired",
        BridgePairing = "bridge-pairing",
        BridgeConnecting = "bridge-connecting",
        BridgeUnanswered = "bridge-unanswered",
        BridgeLoggedOut = "bridge-logged-out",
        BridgeReplaced = "bridge-replaced",
        BridgeBanned = "bridge-banned",
        BridgeOutdated = "bridge-outdated",
        BridgeMultideviceMismatch = "bridge-multidevice-mismatch",
        BridgeDisk = "bridge-disk",
        BridgeDamaged = "bridge-damaged",
        BridgeOther = "bridge-other",
        BridgeUnreachable = "bridge-unreachable",
        BridgeSilent = "bridge-silent",
        BridgeUnauthorized = "bridge-unauthorized",
        BridgeDisabled = "bridge-disabled",
        BridgeNotConnected = "bridge-not-connected",
        BridgeNoAnswer = "bridge-no-answer",
        BridgeNotReceiving { since: Timestamp } = "bridge-not-receiving",
        FileNotFetched { reason: String } = "file-not-fetched",
        WhatsAppBlocked = "whatsapp-blocked",
        WhatsAppNoAccount = "whatsapp-no-account",
        WhatsAppRestricted = "whatsapp-restricted",
        WhatsAppRestrictedUntil { until: Timestamp } = "whatsapp-restricted-until",
        WhatsAppRefused = "whatsapp-refused",
        WhatsAppRefusedBecause { reason: String } = "whatsapp-refused-because",

        // Twilio.
        TwilioWindowClosed = "twilio-window-closed",
        TwilioTooMany = "twilio-too-many",
        TwilioNoWhatsApp = "twilio-no-whatsapp",
        TwilioSenderUnknown = "twilio-sender-unknown",
        TwilioNotNow = "twilio-not-now",
        TwilioStopped = "twilio-stopped",
        TwilioContactBlocked = "twilio-contact-blocked",
        TwilioSenderBlocked = "twilio-sender-blocked",
        TwilioSandbox = "twilio-sandbox",
        TwilioTooLong = "twilio-too-long",
        TwilioFile = "twilio-file",
        TwilioTemplate = "twilio-template",
        TwilioContent = "twilio-content",
        TwilioAccount = "twilio-account",
        TwilioCancelled = "twilio-cancelled",
        TwilioUndelivered = "twilio-undelivered",
        TwilioRefused { status: u64, code: u64, reason: String } = "twilio-refused",
        TwilioError { code: String } = "twilio-error",
        TwilioErrorBecause { code: String, reason: String } = "twilio-error-because",
    }
}

impl Notice {
    /// Creates a notice with a text that exists in one language only.
    pub fn verbatim(text: impl Into<String>) -> Self {
        Self::Verbatim { text: text.into() }
    }
}

/// The stored form of a notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum StoredNotice {
    /// A code with parameters, which is rendered in the reader's language.
    Notice(Notice),
    /// A text in the business's language, which earlier releases stored.
    Text(String),
}

impl From<StoredNotice> for Notice {
    fn from(stored: StoredNotice) -> Self {
        match stored {
            StoredNotice::Notice(notice) => notice,
            StoredNotice::Text(text) => Self::Verbatim { text },
        }
    }
}

impl From<Notice> for StoredNotice {
    fn from(notice: Notice) -> Self {
        Self::Notice(notice)
    }
}
