//! The texts of the findings of checks and of their remedies, as codes with parameters. The module `messages` renders
//! them in the reader's language.

use super::localized::localized_enum;
use super::{Causes, Localized, Notice, TextParam, Timestamp};
use serde::{Deserialize, Serialize};

localized_enum! {
    /// A finding of a check. The codes are stored, so a key of the locale files may be added, but not renamed.
    Found {
        // Twilio's account.
        TwilioUnset = "found-twilio-unset",
        TwilioAccepted = "found-twilio-accepted",
        TwilioTrial = "found-twilio-trial",
        TwilioStatus { status: String } = "found-twilio-status",
        TwilioRefused = "found-twilio-refused",
        TwilioAnswer { status: u64, reason: Causes } = "found-twilio-answer",
        TwilioUnreachable { reason: Causes } = "found-twilio-unreachable",
        TwilioError { reason: Causes } = "found-twilio-error",

        // The WhatsApp sender at Twilio.
        TwilioSenderUnknown { url: String } = "found-twilio-sender-unknown",
        WhatsAppSandbox { url: String } = "found-whatsapp-sandbox",
        WhatsAppSenderMissing { number: String } = "found-whatsapp-sender-missing",
        WhatsAppSenderStatus { number: String, status: String } = "found-whatsapp-sender-status",
        WhatsAppSenderOffline { number: String, status: String, reason: String } = "found-whatsapp-sender-offline",
        WhatsAppSenderNowhere { number: String } = "found-whatsapp-sender-nowhere",
        WhatsAppSenderElsewhere { number: String, url: String } = "found-whatsapp-sender-elsewhere",
        WhatsAppSenderMethod { number: String, method: String } = "found-whatsapp-sender-method",
        WhatsAppSenderHere { number: String } = "found-whatsapp-sender-here",

        // The numbers at Twilio.
        NumbersUnset = "found-numbers-unset",
        NumberMissing { number: String } = "found-number-missing",
        NumbersNone = "found-numbers-none",
        NumbersElsewhere { count: u64 } = "found-numbers-elsewhere",
        NumberTrunk { number: String, sid: String } = "found-number-trunk",
        NumberApp { number: String, sid: String } = "found-number-app",
        NumberHere { number: String } = "found-number-here",
        NumberElsewhere { number: String, url: String } = "found-number-elsewhere",
        NumberNowhere { number: String } = "found-number-nowhere",
        NumberStatusElsewhere { number: String, url: String } = "found-number-status-elsewhere",
        NumberStatusNowhere { number: String } = "found-number-status-nowhere",
        NumberFallbackMissing { number: String } = "found-number-fallback-missing",
        NumberFallbackHere { number: String, url: String } = "found-number-fallback-here",

        // The public address. A record is `shop.example → 203.0.113.7 (A)`.
        AddressUnset = "found-address-unset",
        AddressUnresolved { host: String, reason: Causes } = "found-address-unresolved",
        AddressPrivate { record: String } = "found-address-private",
        AddressHere { record: String } = "found-address-here",
        AddressForwarded { record: String } = "found-address-forwarded",
        AddressOtherMachine { record: String, status: u64 } = "found-address-other-machine",
        AddressNotThis { record: String, status: u64 } = "found-address-not-this",
        AddressSilentAmongOthers { record: String, reason: Causes } = "found-address-silent-among-others",
        AddressSilentHere { record: String, reason: Causes } = "found-address-silent-here",
        AddressSilent { record: String, reason: Causes } = "found-address-silent",
        AddressNoRoute { record: String } = "found-address-no-route",
        AddressUnchecked { record: String } = "found-address-unchecked",

        // The AI.
        AiNoKey = "found-ai-no-key",
        AiNoKeyNeeded = "found-ai-no-key-needed",
        AiAccepted { model: String } = "found-ai-accepted",
        AiModelMissing { models: String } = "found-ai-model-missing",
        AiShutdown { model: String, day: String, days: String } = "found-ai-shutdown",
        AiRejectedSettings { fields: String } = "found-ai-rejected-settings",
        AiNoSession { reason: Causes } = "found-ai-no-session",
        AiSlowSession { seconds: u64 } = "found-ai-slow-session",
        AiKeyRejected { reason: Causes } = "found-ai-key-rejected",
        AiNoCredit { reason: Causes } = "found-ai-no-credit",
        AiRateLimited { reason: Causes } = "found-ai-rate-limited",
        AiAnswer { status: u64, reason: Causes } = "found-ai-answer",
        AiUnreachable { reason: Causes } = "found-ai-unreachable",
        AiUnusable { reason: Causes } = "found-ai-unusable",

        // The pipeline engine.
        PipelineWorks { transcriber: String, model: String, synthesiser: String } = "found-pipeline-works",
        PipelineTranscriber { service: String, reason: Causes } = "found-pipeline-transcriber",
        PipelineModel { model: String, reason: Causes } = "found-pipeline-model",
        PipelineSlow { part: String, seconds: String, limit: u64 } = "found-pipeline-slow",
        PipelineReasoning { model: String } = "found-pipeline-reasoning",
        PipelineSynthesiser { service: String, reason: Causes } = "found-pipeline-synthesiser",

        // The bridge. Findings about its connection state are notices.
        BridgeUnused = "found-bridge-unused",
        BridgeUnusable { reason: Causes } = "found-bridge-unusable",
        BridgeLinked = "found-bridge-linked",
        BridgeLinkedTo { account: String } = "found-bridge-linked-to",
        BridgeConnected = "found-bridge-connected",
        BridgeRestricted = "found-bridge-restricted",
        BridgeRestrictedUntil { until: Timestamp } = "found-bridge-restricted-until",
        BridgeNotReceiving { since: Timestamp } = "found-bridge-not-receiving",
        BridgeUnread { count: u64 } = "found-bridge-unread",

        // The machine.
        CertificateValid { end: Timestamp } = "found-certificate-valid",
        CertificateUnset = "found-certificate-unset",
        BackupOff = "found-backup-off",
        BackupPending = "found-backup-pending",
        BackupGood = "found-backup-good",
        DatabaseIntact { took_ms: u64 } = "found-database-intact",
        DatabaseDamaged { reason: Causes } = "found-database-damaged",
        CopyEqual = "found-copy-equal",
        CopyOff = "found-copy-off",
        CopyBehind = "found-copy-behind",
        CopyForeign = "found-copy-foreign",
        CopyFrozen = "found-copy-frozen",
        CopyPagesDiffer { count: u64, page: u64 } = "found-copy-pages-differ",
        // Only earlier releases stored `CopyNoSpace` and `CopyDiffers`.
        CopyNoSpace = "found-copy-no-space",
        CopyDiffers { reason: Causes } = "found-copy-differs",
        DiskGood = "found-disk-good",
        OutboxGood = "found-outbox-good",
        OutboxStopped = "found-outbox-stopped",
        OutboxStuck { count: u64 } = "found-outbox-stuck",
        JobsFailed { count: u64 } = "found-jobs-failed",
        Unknown { reason: Causes } = "found-unknown",
        GaveUp { seconds: u64 } = "found-gave-up",
    }
}

localized_enum! {
    /// The recommended action for a finding. The codes are stored, like the codes of [`Found`].
    Remedy {
        TwilioUpgrade = "remedy-twilio-upgrade",
        TwilioConsole = "remedy-twilio-console",
        TwilioCredentials = "remedy-twilio-credentials",
        TwilioLater = "remedy-twilio-later",
        Settings = "remedy-settings",
        Internet = "remedy-internet",

        NumberCheck = "remedy-number-check",
        NumberBuy = "remedy-number-buy",
        NumberName = "remedy-number-name",
        NumberWebhook = "remedy-number-webhook",
        NumberVoiceUrl { url: String } = "remedy-number-voice-url",
        NumberStatusUrl { url: String } = "remedy-number-status-url",
        NumberFallback = "remedy-number-fallback",

        WhatsAppSenderAdd = "remedy-whatsapp-sender-add",
        WhatsAppSenderConsole = "remedy-whatsapp-sender-console",
        WhatsAppSenderWebhook { url: String } = "remedy-whatsapp-sender-webhook",

        AddressSet = "remedy-address-set",
        AddressRecord = "remedy-address-record",
        AddressPublic = "remedy-address-public",
        AddressWrongRecord { kind: String, host: String } = "remedy-address-wrong-record",
        AddressProxy { kind: String, host: String } = "remedy-address-proxy",
        AddressListener = "remedy-address-listener",
        AddressPorts { host: String } = "remedy-address-ports",
        AddressNoIpv6 { kind: String } = "remedy-address-no-ipv6",

        AiModel = "remedy-ai-model",
        AiSuccessor = "remedy-ai-successor",
        AiOtherValues = "remedy-ai-other-values",
        AiMessages = "remedy-ai-messages",
        AiNewKey = "remedy-ai-new-key",
        AiCredit { settings: String } = "remedy-ai-credit",
        AiLater = "remedy-ai-later",
        AiStatus = "remedy-ai-status",
        AiLimits = "remedy-ai-limits",
        AiServer = "remedy-ai-server",
        AiAddress { url: String } = "remedy-ai-address",
        PipelineSettings { settings: String } = "remedy-pipeline-settings",
        PipelineAddress { setting: String } = "remedy-pipeline-address",
        PipelineParser { setting: String } = "remedy-pipeline-parser",
        PipelineReasoning { setting: String } = "remedy-pipeline-reasoning",
        PipelineSlow { settings: String } = "remedy-pipeline-slow",

        Report = "remedy-report",
        BridgeWriteLess = "remedy-bridge-write-less",
        BridgePhone = "remedy-bridge-phone",
        BridgeLog = "remedy-bridge-log",

        Doctor = "remedy-doctor",
        Restore = "remedy-restore",
        FreeSpace = "remedy-free-space",
        JobsLog = "remedy-jobs-log",
        Hangs = "remedy-hangs",
    }
}

/// The stored form of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FoundText {
    /// A code with parameters, which is rendered in the reader's language.
    Found(Found),
    /// The notices of an alert about the same problem. The text of a notice about the bridge also contains the remedy.
    Notices(Vec<Notice>),
    /// The texts of an alert, from an earlier release.
    Texts {
        /// The Hebrew text.
        he: String,
        /// The English text.
        en: String,
    },
    /// An English sentence from an earlier release, or from a check that only the command line runs.
    Text(String),
}

/// The stored form of a remedy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RemedyText {
    /// A code with parameters, which is rendered in the reader's language.
    Remedy(Remedy),
    /// An English sentence, as in [`FoundText::Text`]; empty if there is no remedy.
    Text(String),
}

impl FoundText {
    /// Returns the code and its parameters, for notices those of the first notice. Returns none if the finding is
    /// stored as text or has no notice.
    pub fn code(&self) -> Option<(&'static str, Vec<(&'static str, TextParam<'_>)>)> {
        match self {
            Self::Found(found) => Some((found.key(), found.params())),
            Self::Notices(notices) => notices.first().map(|notice| (notice.key(), notice.params())),
            Self::Texts { .. } | Self::Text(_) => None,
        }
    }
}

impl From<Found> for FoundText {
    fn from(found: Found) -> Self {
        Self::Found(found)
    }
}

impl From<Notice> for FoundText {
    fn from(notice: Notice) -> Self {
        Self::Notices(vec![notice])
    }
}

impl From<Vec<Notice>> for FoundText {
    fn from(notices: Vec<Notice>) -> Self {
        Self::Notices(notices)
    }
}
