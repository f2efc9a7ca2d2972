//! Causes of failures, as data. The module `messages` renders them in the reader's language.

use super::localized::{Localized, TextParam, localized_enum};
use super::{SettingError, Timestamp};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;

localized_enum! {
    /// The cause of a failure. The codes are stored, so a key of the locale files may be added, but not renamed.
    Cause {
        // A text that exists in one language only: of the operating system, of SQLite, of a library, of a provider, or
        // of a command.
        Other { text: String } = "cause-other",

        // Files and disks.
        NoSuchFile = "cause-no-such-file",
        NoPermission = "cause-no-permission",
        DiskFull = "cause-disk-full",
        DiskReadOnly = "cause-disk-read-only",
        NoSpace { file: String, needed_mb: u64, free_mb: u64 } = "cause-no-space",
        File { doing: String, file: String } = "cause-file",
        ReadBack { file: String } = "cause-read-back",

        // Connections.
        NameUnresolved = "cause-name-unresolved",
        NoRecord = "cause-no-record",
        ConnectionRefused = "cause-connection-refused",
        ConnectionLost = "cause-connection-lost",
        NoRoute = "cause-no-route",
        NoAnswer = "cause-no-answer",
        CertificateRejected = "cause-certificate-rejected",

        // The database and its files.
        DatabaseNoSpace = "cause-database-no-space",
        DatabaseDenied { user: String, file: String, owner: String, mode: String } = "cause-database-denied",
        DatabaseBusy = "cause-database-busy",
        DatabaseError = "cause-database-error",
        DatabasePanicked = "cause-database-panicked",
        DatabaseNewer { migration: String, known: String } = "cause-database-newer",
        DatabaseMigration = "cause-database-migration",
        DatabaseNotOurs = "cause-database-not-ours",
        DatabaseUnknownMigration { migration: String } = "cause-database-unknown-migration",
        DatabaseOtherMigration { migration: String } = "cause-database-other-migration",
        DatabaseUnreadable { file: String } = "cause-database-unreadable",
        DatabaseLog { file: String } = "cause-database-log",
        DatabaseDamaged { file: String } = "cause-database-damaged",
        DatabaseEmpty = "cause-database-empty",
        DatabaseNoData = "cause-database-no-data",
        RowOrphaned { row: String, table: String, parent: String } = "cause-row-orphaned",
        IndexWrong { index: String, entries: String, rows: String, table: String } = "cause-index-wrong",
        CopyWasBehind = "cause-copy-was-behind",
        CopyFailed { doing: String } = "cause-copy-failed",

        // The AI.
        AiFailure { cause: String } = "cause-ai-failure",
        AiNoKey = "cause-ai-no-key",
        AiKeyMalformed = "cause-ai-key-malformed",
        AiMalformed = "cause-ai-malformed",
        AiDeaf = "cause-ai-deaf",
        AiFails = "cause-ai-fails",
        AiWrittenCall = "cause-ai-written-call",
        AiNoWords = "cause-ai-no-words",

        // Files of messages.
        FileAddress { problem: String } = "cause-file-address",
        FileTooLarge { bytes: u64 } = "cause-file-too-large",
        FileRedirects = "cause-file-redirects",

        // Twilio.
        TwilioNoAccount = "cause-twilio-no-account",
        TwilioMalformed = "cause-twilio-malformed",

        // Settings.
        Setting { setting: String, place: String } = "cause-setting",
        Settings { place: String } = "cause-settings",
        SettingError { error: SettingError } = "cause-setting-error",

        // Backups.
        Encryption = "cause-encryption",
        AgeRecipient { recipient: String } = "cause-age-recipient",
        BucketStatus { status: u64 } = "cause-bucket-status",
        BucketMalformed = "cause-bucket-malformed",
        BucketLength { stored: u64, sent: u64 } = "cause-bucket-length",
        SettingMissing { setting: String } = "cause-setting-missing",
        SettingInvalid { setting: String } = "cause-setting-invalid",

        // Certificates.
        TlsNoListener = "cause-tls-no-listener",
        TlsSelfSigned = "cause-tls-self-signed",
        TlsPreviousServed = "cause-tls-previous-served",
        PemUnusable { file: String } = "cause-pem-unusable",
        PemNoCertificate = "cause-pem-no-certificate",
        PemNoKey = "cause-pem-no-key",
        PemMismatch = "cause-pem-mismatch",
        PemExpired { file: String, end: Timestamp } = "cause-pem-expired",
        PemNotYetValid { file: String, start: Timestamp } = "cause-pem-not-yet-valid",
        PemNames { file: String, missing: String, names: String } = "cause-pem-names",
        AcmeUnavailable = "cause-acme-unavailable",
        AcmeStep { step: String } = "cause-acme-step",
        AcmeUnreachable { authority: String } = "cause-acme-unreachable",
        AcmeAnswer { status: u64 } = "cause-acme-answer",
        AcmeTooLong = "cause-acme-too-long",
        AcmeMalformed { authority: String } = "cause-acme-malformed",
        AcmeLate { authority: String, count: u64 } = "cause-acme-late",
        AcmeRefused { authority: String, reason: String, problem: String } = "cause-acme-refused",
        AcmeNotHere { authority: String, name: String, port: u64, reason: String, problem: String } = "cause-acme-not-here",
        AcmeNoReason { authority: String } = "cause-acme-no-reason",
        AcmeNoChallenge { authority: String, challenge: String, name: String } = "cause-acme-no-challenge",
        AcmeUnusable { authority: String } = "cause-acme-unusable",
        AcmeNames { authority: String, name: String } = "cause-acme-names",
        AcmeAtFault = "cause-acme-at-fault",
        AcmeHmacKey = "cause-acme-hmac-key",
        ClockAhead { host: String, count: u64, unit: String } = "cause-clock-ahead",
        ClockBehind { host: String, count: u64, unit: String } = "cause-clock-behind",
        ClockBehindCertificate { now: Timestamp, issued: Timestamp } = "cause-clock-behind-certificate",
    }
}

/// The causes of a failure, each of them caused by the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredCauses")]
pub struct Causes(Vec<Cause>);

#[derive(Deserialize)]
#[serde(untagged)]
enum StoredCauses {
    Causes(Vec<Cause>),
    /// A sentence in English, which earlier releases stored.
    Text(String),
}

impl Cause {
    /// Creates a cause with a text that exists in one language only.
    pub fn other(text: impl Into<String>) -> Self {
        Self::Other { text: text.into() }
    }

    /// Creates the cause of a failed file operation. `doing` names the operation, such as `read`; the text in the
    /// locale files depends on it.
    pub fn file(doing: &str, path: &Path) -> Self {
        Self::File { doing: doing.to_owned(), file: path.display().to_string() }
    }

    /// Creates the cause of a large operation for which the disk lacks space.
    pub fn no_space(path: &Path, needed_mb: u64, free_mb: u64) -> Self {
        Self::NoSpace { file: path.display().to_string(), needed_mb, free_mb }
    }

    /// Adds the causes of this cause.
    #[must_use]
    pub fn because(self, inner: impl Into<Causes>) -> Causes {
        let mut causes = vec![self];
        causes.extend(inner.into().0);
        Causes(causes)
    }
}

impl<'a> From<&'a Causes> for TextParam<'a> {
    fn from(causes: &'a Causes) -> Self {
        Self::Chain(causes.0.iter().map(|cause| (cause.key(), cause.params())).collect())
    }
}

impl From<Cause> for Causes {
    fn from(cause: Cause) -> Self {
        Self(vec![cause])
    }
}

impl From<&io::Error> for Causes {
    fn from(error: &io::Error) -> Self {
        Cause::from(error).into()
    }
}

impl From<StoredCauses> for Causes {
    fn from(stored: StoredCauses) -> Self {
        match stored {
            StoredCauses::Causes(causes) => Self(causes),
            StoredCauses::Text(text) if text.is_empty() => Self::default(),
            StoredCauses::Text(text) => Cause::other(text).into(),
        }
    }
}

impl From<&io::Error> for Cause {
    fn from(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::NoSuchFile,
            io::ErrorKind::PermissionDenied => Self::NoPermission,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            io::ErrorKind::ReadOnlyFilesystem => Self::DiskReadOnly,
            io::ErrorKind::ConnectionRefused => Self::ConnectionRefused,
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
                Self::ConnectionLost
            }
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => Self::NoRoute,
            io::ErrorKind::TimedOut => Self::NoAnswer,
            _ => Self::other(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_stored_as_codes_and_sentences_of_earlier_releases_are_kept() {
        let causes = Cause::NoAnswer.because(Cause::other("x"));
        let json = r#"[{"code":"cause-no-answer"},{"code":"cause-other","params":{"text":"x"}}]"#;
        assert_eq!(serde_json::to_string(&causes).unwrap(), json);
        assert_eq!(serde_json::from_str::<Causes>(json).unwrap(), causes);
        assert_eq!(serde_json::from_str::<Causes>(r#""x""#).unwrap(), Cause::other("x").into());
        assert_eq!(serde_json::from_str::<Causes>(r#""""#).unwrap(), Causes::default());
    }

    #[test]
    fn known_errors_of_the_system_have_a_cause_of_their_own() {
        let of = |number| Cause::from(&io::Error::from_raw_os_error(number));
        assert_eq!((of(2), of(13), of(28)), (Cause::NoSuchFile, Cause::NoPermission, Cause::DiskFull));
        assert_eq!(of(5), Cause::other("Input/output error (os error 5)"));
    }
}
