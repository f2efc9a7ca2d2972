//! Causes of failures of an AI engine. The cause decides what the owner has to do, and when calls retry the service.

use super::{Cause, Causes, text_enum};
use std::io;

text_enum! {
    /// The cause of a failure.
    AiFailureCause {
        /// The service does not accept the key or the account.
        BadKey = "bad_key",
        /// The account has no quota or credit left.
        NoCredit = "no_credit",
        /// The rate limit of the account is exceeded.
        RateLimited = "rate_limited",
        /// The service rejects a model, a voice, or another setting.
        Rejected = "rejected",
        /// The service has an error, does not answer in time, or cannot be reached.
        Outage = "outage",
    }
}

text_enum! {
    /// The service of an engine that failed.
    AiPart {
        /// The service of a Realtime engine.
        Realtime = "realtime",
        /// The transcriber of a pipeline.
        Transcriber = "transcriber",
        /// The language model of a pipeline.
        Model = "model",
        /// The synthesiser of a pipeline.
        Synthesiser = "synthesiser",
    }
}

/// A failure of a service that a voice engine uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AiFailure {
    /// The service that failed.
    pub part: AiPart,
    /// The class of the error, which decides what the owner has to do.
    pub cause: AiFailureCause,
    /// The error text of the service.
    pub reason: String,
}

impl AiFailure {
    /// The error text of an engine that does not answer in time.
    pub const NO_ANSWER: &str = "no answer in time";
    /// The error text of an engine that is not ready in time.
    pub const NOT_READY: &str = "not ready in time";
    /// The error text of an engine that does not detect the caller's speech.
    pub const NOT_DETECTED: &str = "the caller's speech was not detected";
    /// The error text of an engine whose responses fail without a reason.
    pub const RESPONSES_FAIL: &str = "the responses fail";
    /// The error text of an engine whose model calls tools again and again, and says nothing.
    pub const ONLY_TOOLS: &str = "only tool calls and no words";

    /// The error text of a model whose server does not recognise its tool calls, so that a caller would hear them.
    pub const WRITTEN_CALL: &str = "the model writes tool calls as text";
    /// The error text of a model that answers nothing.
    pub const NO_WORDS: &str = "the answer contains no words";
    /// A part of the error text of a synthesiser that does not send the requested format.
    pub const WRONG_AUDIO: &str = "instead of PCM";

    /// The error text of an engine whose content filter stops each response.
    pub const FILTERED: &str = "the content filter stops the responses";

    /// Returns true if the engine works, but its content filter stopped what it said in this conversation.
    pub fn is_filtered(&self) -> bool {
        self.reason.ends_with(Self::FILTERED)
    }

    /// Returns the causes without the classification [`AiFailure::cause`]: a code for a known error, else the error
    /// text of the service.
    pub fn detail(&self) -> Causes {
        let reason = self.reason.strip_prefix(self.part.as_str()).and_then(|rest| rest.strip_prefix(": "));
        let text = reason.unwrap_or(&self.reason);
        if let Some((_, number)) = text.rsplit_once("(os error ")
            && let Ok(number) = number.trim_end_matches(')').parse()
        {
            return Causes::from(&io::Error::from_raw_os_error(number));
        }
        if let Some(closed) = text.strip_prefix("closed") {
            return match closed.trim_start_matches(':').trim() {
                "" => Cause::ConnectionLost.into(),
                reason => Cause::ConnectionLost.because(Cause::other(reason)),
            };
        }
        let cause = match text {
            "no key" | "the model has no key" | "no address or no key is set" => Cause::AiNoKey,
            "the key is not ASCII" => Cause::AiKeyMalformed,
            "the answer could not be read" => Cause::AiMalformed,
            Self::NO_ANSWER | Self::NOT_READY | "no response to pings" => Cause::NoAnswer,
            Self::NOT_DETECTED => Cause::AiDeaf,
            Self::RESPONSES_FAIL | Self::ONLY_TOOLS => Cause::AiFails,
            Self::WRITTEN_CALL => Cause::AiWrittenCall,
            Self::NO_WORDS => Cause::AiNoWords,
            late if late.starts_with("no connection within") || late.starts_with("no answer within") => Cause::NoAnswer,
            text => Cause::other(text),
        };
        cause.into()
    }

    /// Parses an engine's error text: an optional pipeline part, such as `model: `, then an HTTP status, an error code,
    /// or a connection error. An error text without a part belongs to a Realtime engine.
    pub fn from_reason(reason: &str) -> Self {
        let parts = [AiPart::Transcriber, AiPart::Model, AiPart::Synthesiser];
        let named = parts.into_iter().find_map(|part| {
            let rest = reason.strip_prefix(part.as_str())?.strip_prefix(": ")?;
            Some((part, rest))
        });
        let (part, detail) = named.unwrap_or((AiPart::Realtime, reason));
        Self { part, cause: AiFailureCause::from_detail(detail), reason: reason.to_owned() }
    }
}

impl From<&AiFailure> for Causes {
    /// The outermost cause says what the owner has to do.
    fn from(failure: &AiFailure) -> Self {
        Cause::AiFailure { cause: failure.cause.as_str().to_owned() }.because(failure.detail())
    }
}

impl AiFailureCause {
    /// Returns the cause in words, for the daemon's log.
    pub const fn words(self) -> &'static str {
        match self {
            Self::BadKey => "the service does not accept the key or the account",
            Self::NoCredit => "the account has no quota or credit left",
            Self::RateLimited => "the rate limit of the account is exceeded",
            Self::Rejected => "the service rejects a model, a voice or another setting",
            Self::Outage => "the service has an error, does not answer in time, or cannot be reached",
        }
    }

    /// Returns the cause that an HTTP status and an error code indicate. A known code takes precedence over the status,
    /// except that 401 means a bad key even if the code alone means a rejected request.
    pub fn from_status(status: u16, code: &str) -> Self {
        match (Self::from_code(code), status) {
            // OpenAI reports a missing or malformed key as an "invalid request".
            (None | Some(Self::Rejected), 401) | (None, 403) => Self::BadKey,
            (Some(cause), _) => cause,
            (None, 402) => Self::NoCredit,
            (None, 429) => Self::RateLimited,
            (None, 408 | 409 | 425) => Self::Outage,
            (None, 400..500) => Self::Rejected,
            (None, _) => Self::Outage,
        }
    }

    /// Returns true if every retry fails until the owner changes the key, the account or the settings.
    pub fn needs_owner(self) -> bool {
        matches!(self, Self::BadKey | Self::NoCredit | Self::Rejected)
    }

    fn from_detail(detail: &str) -> Self {
        let words = detail.split_ascii_whitespace();
        // The server's own sentence may follow: "HTTP 404: no such model".
        let first = words.clone().find(|word| *word != "HTTP");
        let status = first.and_then(|word| word.trim_end_matches(':').parse().ok());
        match status.filter(|status| (400..600).contains(status)) {
            Some(status) => Self::from_status(status, detail),
            None => Self::from_code(detail).unwrap_or(Self::Outage),
        }
    }

    fn from_code(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        CODES.iter().find(|(_, codes)| codes.iter().any(|code| text.contains(code))).map(|(cause, _)| *cause)
    }
}

/// The error codes of the services. The order matters, because the first match is used: OpenAI answers 429 and
/// ElevenLabs 401 for an account without credit, so the codes for missing credit are first.
const CODES: [(AiFailureCause, &[&str]); 4] = [
    (
        AiFailureCause::NoCredit,
        &[
            "insufficient_quota",
            "quota_exceeded",
            "billing_hard_limit_reached",
            "billing_not_active",
            "insufficient_funds",
            "insufficient_credits",
            "payment_required",
            "balance exhausted",
            "billing to be enabled",
            "billing account",
        ],
    ),
    (
        AiFailureCause::BadKey,
        &[
            "invalid_api_key",
            "authentication_error",
            "auth_error",
            "permission_error",
            "account_deactivated",
            "unsupported_country_region_territory",
            "no key",
            "key is not ascii",
        ],
    ),
    (AiFailureCause::RateLimited, &["rate_limit", "rate limit", "too_many", "queue_overflow", "resource_exhausted"]),
    (
        AiFailureCause::Rejected,
        &[
            "model_not_found",
            "voice_not_found",
            "unaccepted_terms",
            "invalid_request",
            "invalid_value",
            "invalid_model",
            "invalid_type",
            "invalid_parameter",
            "unsupported_value",
            "unsupported_parameter",
            "unknown_parameter",
            "input_error",
            AiFailure::WRITTEN_CALL,
            "instead of pcm",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use AiFailureCause::{BadKey, NoCredit, Outage, RateLimited, Rejected};
    use AiPart::{Model, Realtime, Synthesiser, Transcriber};

    #[test]
    fn causes_and_parts_are_distinguished() {
        for (reason, part, cause) in [
            ("HTTP 401", Realtime, BadKey),
            ("HTTP 403", Realtime, BadKey),
            ("HTTP 401 invalid_request_error", Realtime, BadKey),
            ("model: HTTP 403 model_not_found", Model, Rejected),
            ("HTTP 402", Realtime, NoCredit),
            ("HTTP 429", Realtime, RateLimited),
            ("HTTP 429 insufficient_quota", Realtime, NoCredit),
            ("HTTP 503", Realtime, Outage),
            ("HTTP 404", Realtime, Rejected),
            ("insufficient_quota: You exceeded your current quota", Realtime, NoCredit),
            ("invalid_api_key", Realtime, BadKey),
            ("model_not_found: no such model", Realtime, Rejected),
            ("closed: 1011 ", Realtime, Outage),
            ("no connection within 3 s", Realtime, Outage),
            ("no key", Realtime, BadKey),
            ("transcriber: 401 Incorrect API key provided", Transcriber, BadKey),
            ("transcriber: 402 Organization balance exhausted", Transcriber, NoCredit),
            ("transcriber: 429 Too many concurrent requests", Transcriber, RateLimited),
            ("transcriber: auth_error: You must be authenticated", Transcriber, BadKey),
            ("transcriber: quota_exceeded: No credits", Transcriber, NoCredit),
            ("transcriber: invalid_value: Invalid value for 'audio'.", Transcriber, Rejected),
            ("transcriber: unknown_parameter: Unknown parameter: 'session.x'.", Transcriber, Rejected),
            ("transcriber: invalid_model: Model \"x\" is not supported in realtime mode.", Transcriber, Rejected),
            ("transcriber: tcp connect error", Transcriber, Outage),
            ("model: rate_limit_exceeded: Please try again in 2 s", Model, RateLimited),
            ("model: HTTP 404: model \"m\" not found, try pulling it first", Model, Rejected),
            ("model: the model writes tool calls as text", Model, Rejected),
            ("synthesiser: the server sends MP3 instead of PCM (pipeline.speech_base_url)", Synthesiser, Rejected),
            ("model: HTTP 401 invalid_api_key", Model, BadKey),
            ("model: HTTP 429 insufficient_quota", Model, NoCredit),
            ("model: HTTP 429 rate_limit_exceeded", Model, RateLimited),
            ("model: HTTP 400 unsupported_value", Model, Rejected),
            ("model: operation timed out", Model, Outage),
            ("synthesiser: HTTP 401 quota_exceeded", Synthesiser, NoCredit),
            ("synthesiser: HTTP 401 invalid_api_key", Synthesiser, BadKey),
            ("synthesiser: HTTP 500 ", Synthesiser, Outage),
        ] {
            let found = AiFailure::from_reason(reason);
            assert_eq!((found.part, found.cause, found.reason.as_str()), (part, cause, reason), "{reason}");
        }
    }
}
