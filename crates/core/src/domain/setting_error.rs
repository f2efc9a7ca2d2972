//! Why a setting is wrong, as data. The module `messages` renders it in the reader's language.

use super::localized::{Localized, TextParam, localized_enum};

localized_enum! {
    /// The values that a setting allows.
    AllowedValues {
        // Numbers and fixed words.
        Boolean = "allowed-boolean",
        Integer { least: String, most: String } = "allowed-integer",
        Decimal { least: String, most: String } = "allowed-decimal",
        LessThan { setting: String, value: String } = "allowed-less-than",
        Choice { values: String } = "allowed-choice",
        Choices { values: String } = "allowed-choices",

        // Texts.
        FreeText { count: u64 } = "allowed-free-text",
        OneLine { count: u64 } = "allowed-one-line",
        Pronunciations { count: u64 } = "allowed-pronunciations",
        TemplateVariables { example: String, variable: String } = "allowed-template-variables",
        Secret = "allowed-secret",
        GoogleAccount = "allowed-google-account",

        // Names and ids.
        Language = "allowed-language",
        Country = "allowed-country",
        TimeZone = "allowed-time-zone",
        Model { example: String } = "allowed-model",
        Voice { example: String } = "allowed-voice",
        AnyVoice = "allowed-any-voice",
        VoiceId { example: String } = "allowed-voice-id",
        TwilioVoice = "allowed-twilio-voice",
        AccountSid = "allowed-account-sid",
        TemplateSid = "allowed-template-sid",
        AuthorityKeyId = "allowed-authority-key-id",
        AgeRecipients = "allowed-age-recipients",
        BucketName = "allowed-bucket-name",
        BucketRegion = "allowed-bucket-region",
        GoogleRegion = "allowed-google-region",
        BucketPrefix = "allowed-bucket-prefix",

        // Phone numbers and addresses.
        PhoneNumber = "allowed-phone-number",
        PhoneNumbers = "allowed-phone-numbers",
        CallingCodes = "allowed-calling-codes",
        MailAddress = "allowed-mail-address",
        MailAddresses = "allowed-mail-addresses",
        Host = "allowed-host",
        HostNames = "allowed-host-names",
        Networks = "allowed-networks",
        Url = "allowed-url",
        BridgeUrl = "allowed-bridge-url",
        PublicHost = "allowed-public-host",
        Listener = "allowed-listener",
        Port = "allowed-port",
        OtherPort = "allowed-other-port",
        OtherPortOrAddress = "allowed-other-port-or-address",
        EncryptedMail = "allowed-encrypted-mail",

        // Files and disks.
        File = "allowed-file",
        ReadableFile = "allowed-readable-file",
        Folder = "allowed-folder",
        ExistingFolder = "allowed-existing-folder",
        GoogleAccountFile = "allowed-google-account-file",
        Database = "allowed-database",
        DiskLimit = "allowed-disk-limit",
        Section { section: String } = "allowed-section",
    }
}

localized_enum! {
    /// Why a value is rejected, for the cases that the allowed values alone do not explain.
    SettingFault {
        Characters { count: u64 } = "fault-characters",
        Bytes { count: u64 } = "fault-bytes",
        Twice { value: String } = "fault-twice",

        // Texts.
        NoPair { line: String } = "fault-no-pair",
        Blanks = "fault-blanks",
        VariableName = "fault-variable-name",
        QuotationMarks = "fault-quotation-marks",
        NoJsonObject = "fault-no-json-object",
        ValueNoText = "fault-value-no-text",
        NoTextVariable { variable: String } = "fault-no-text-variable",
        NoField { field: String } = "fault-no-field",

        // Names and ids.
        ApiKeySid = "fault-api-key-sid",
        NoContentSid = "fault-no-content-sid",
        OtherCharacters = "fault-other-characters",
        VoiceWithoutLanguage = "fault-voice-without-language",
        SecretKey = "fault-secret-key",
        Recipient { reason: String } = "fault-recipient",

        // Phone numbers and addresses.
        NoCountryCode = "fault-no-country-code",
        NoCallingCode { value: String } = "fault-no-calling-code",
        NoMailAddress = "fault-no-mail-address",
        PortInHost = "fault-port-in-host",
        AddressNotName = "fault-address-not-name",
        Wildcard = "fault-wildcard",
        IpAddress = "fault-ip-address",
        NoAddress = "fault-no-address",
        NetworkBits { most: u64 } = "fault-network-bits",
        HostBits { bits: u64, network: String } = "fault-host-bits",
        UrlScheme = "fault-url-scheme",
        UrlPlainHttp = "fault-url-plain-http",
        UrlUserinfo = "fault-url-userinfo",
        UrlQuery = "fault-url-query",
        ListenerTaken { setting: String, address: String } = "fault-listener-taken",
        PlainMail = "fault-plain-mail",

        // Files.
        NotAFile = "fault-not-a-file",
        NotAFolder = "fault-not-a-folder",
        NoFolderButAFile = "fault-no-folder-but-a-file",
        NotOpened { reason: String } = "fault-not-opened",
        NotRead { reason: String } = "fault-not-read",
        NotFound { reason: String } = "fault-not-found",
        DatabaseSlashes = "fault-database-slashes",
        DatabaseNotSqlite = "fault-database-not-sqlite",
        DatabaseOptions = "fault-database-options",
        DatabaseTilde = "fault-database-tilde",
        DatabaseInMemory = "fault-database-in-memory",
        DatabaseFolder = "fault-database-folder",
    }
}

localized_enum! {
    /// What is wrong with a setting, without its key and its place.
    SettingError {
        // The value.
        Value { found: String, allowed: AllowedValues } = "setting-error-value",
        Fault { found: String, fault: Box<SettingFault>, allowed: AllowedValues } = "setting-error-fault",
        SetWithout { missing: String } = "setting-error-set-without",
        SetTwice { other: String } = "setting-error-set-twice",
        InternalAddress { found: String } = "setting-error-internal-address",
        EnterAgain { setting: String } = "setting-error-enter-again",
        AudioFile { file: String, problem: String } = "setting-error-audio-file",
        GreetingTooLong { seconds: String } = "setting-error-greeting-too-long",

        // The key.
        UnknownSection { section: String, sections: String } = "setting-error-unknown-section",
        SectionSuggestion { section: String, meant: String } = "setting-error-section-suggestion",
        SectionIsKey { section: String, owner: String } = "setting-error-section-is-key",
        UnknownKey { key: String, keys: String } = "setting-error-unknown-key",
        KeySuggestion { key: String, meant: String } = "setting-error-key-suggestion",
        KeyOfSection { key: String, name: String, owner: String } = "setting-error-key-of-section",
        KeyForm { key: String } = "setting-error-key-form",
        NotUsed { key: String } = "setting-error-not-used",

        // The files of the settings and secrets.
        Syntax { problem: String } = "setting-error-syntax",
        NotUtf8 = "setting-error-not-utf8",
        SectionTwice { section: String } = "setting-error-section-twice",
        KeyTwice { key: String } = "setting-error-key-twice",
        FileNotRead { file: String, reason: String } = "setting-error-file-not-read",
        SecretTooLong { file: String, bytes: u64 } = "setting-error-secret-too-long",
        SecretEmpty { file: String } = "setting-error-secret-empty",
        PageSecretsNotRead { reason: String } = "setting-error-page-secrets-not-read",
        PageSecretsDenied = "setting-error-page-secrets-denied",
        PageSecretsLine { line: u64 } = "setting-error-page-secrets-line",
    }
}

impl SettingError {
    /// Returns true if no setting has the key.
    pub fn is_unknown_key(&self) -> bool {
        matches!(
            self,
            Self::UnknownSection { .. }
                | Self::SectionSuggestion { .. }
                | Self::SectionIsKey { .. }
                | Self::UnknownKey { .. }
                | Self::KeySuggestion { .. }
                | Self::KeyOfSection { .. }
                | Self::KeyForm { .. }
                | Self::NotUsed { .. }
        )
    }
}

impl<'a> From<&'a AllowedValues> for TextParam<'a> {
    fn from(allowed: &'a AllowedValues) -> Self {
        Self::Chain(vec![(allowed.key(), allowed.params())])
    }
}

impl<'a> From<&'a Box<SettingFault>> for TextParam<'a> {
    fn from(fault: &'a Box<SettingFault>) -> Self {
        Self::Chain(vec![(fault.key(), fault.params())])
    }
}

impl<'a> From<&'a SettingError> for TextParam<'a> {
    fn from(error: &'a SettingError) -> Self {
        Self::Chain(vec![(error.key(), error.params())])
    }
}
