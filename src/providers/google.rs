//! Google Cloud's speech services over gRPC: Speech-to-Text v2 (`StreamingRecognize`) and the Chirp 3 HD voices of
//! Text-to-Speech (`StreamingSynthesize`). Both use telephone audio.

mod account;
mod transcript;
mod wire;

pub use account::{AccessToken, AccessTokens};
pub use transcript::{StreamPosition, Transcript};
pub use wire::{StreamingRecognizeRequest, StreamingSynthesizeRequest};

use super::grpc::{Channel, Status, code};
use super::websocket::DialError;
use crate::config::GoogleConfig;
use crate::providers::transcription::languages_of_callers;
use bytes::Bytes;
use prost::Message;
use std::time::Duration;

pub const RECOGNIZE: &str = "/google.cloud.speech.v2.Speech/StreamingRecognize";
pub const SYNTHESIZE: &str = "/google.cloud.texttospeech.v1.TextToSpeech/StreamingSynthesize";

/// The total timeout for the token and for the connection.
const DIAL_LIMIT: Duration = Duration::from_secs(3);
/// The maximum number of phrases ("Chirp 3", adaptation), and the maximum length of each.
const MAX_PHRASES: usize = 1000;
const MAX_PHRASE_CHARS: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speech {
    ToText,
    FromText,
}

#[derive(Debug)]
pub struct Connection {
    pub channel: Channel,
    /// The id of the account's project.
    pub project: String,
    token: AccessToken,
}

pub async fn connect(
    client: &reqwest::Client,
    config: &GoogleConfig,
    tokens: &AccessTokens,
    service: Speech,
) -> Result<Connection, DialError> {
    let late = |_| DialError { retry: true, reason: format!("no connection within {} s", DIAL_LIMIT.as_secs()) };
    let opening = async {
        let token = tokens.get(client, config).await?;
        let channel = Channel::connect(&base_url(config, service), token.authorization.clone()).await?;
        Ok(Connection { channel, project: token.project.clone(), token })
    };
    tokio::time::timeout(DIAL_LIMIT, opening).await.map_err(late)?
}

/// Each region has its own address ("Regional endpoints").
fn base_url(config: &GoogleConfig, service: Speech) -> String {
    let (own, host) = match service {
        Speech::ToText => (&config.speech_base_url, "speech.googleapis.com"),
        Speech::FromText => (&config.tts_base_url, "texttospeech.googleapis.com"),
    };
    match (own, config.region.as_str()) {
        (Some(url), _) => url.as_str().to_owned(),
        (None, "global") => format!("https://{host}"),
        (None, region) => format!("https://{region}-{host}"),
    }
}

impl Connection {
    /// Returns the error of a failed gRPC call. The reason begins with the corresponding HTTP status, because the cause
    /// of a failure is derived from the HTTP status for all providers. If the token has expired, a retry is possible.
    pub fn error(&self, status: &Status) -> DialError {
        let is_expired = status.code == code::UNAUTHENTICATED && self.token.is_expired();
        let DialError { retry, reason } = error_of(status);
        DialError { retry: retry || is_expired, reason }
    }
}

pub fn is_rejected_token(status: &Status) -> bool {
    status.code == code::UNAUTHENTICATED
}

fn error_of(Status { code, message }: &Status) -> DialError {
    // An exhausted daily quota is restored only on the next day; other limits are restored within seconds.
    let is_daily = *code == code::RESOURCE_EXHAUSTED && message.to_ascii_lowercase().contains("per day");
    let (retry, number, name) = match *code {
        code::UNAUTHENTICATED => (false, 401, "UNAUTHENTICATED"),
        code::PERMISSION_DENIED => (false, 403, "PERMISSION_DENIED"),
        code::RESOURCE_EXHAUSTED if is_daily => (false, 429, "quota_exceeded"),
        code::RESOURCE_EXHAUSTED => (true, 429, "RESOURCE_EXHAUSTED"),
        code::INVALID_ARGUMENT => (false, 400, "INVALID_ARGUMENT"),
        code::NOT_FOUND => (false, 404, "NOT_FOUND"),
        code::FAILED_PRECONDITION => (false, 400, "FAILED_PRECONDITION"),
        code::UNIMPLEMENTED => (false, 404, "UNIMPLEMENTED"),
        // These two codes are for a stream that is too long or gets no audio.
        code::ABORTED => (true, 408, "ABORTED"),
        code::OUT_OF_RANGE => (true, 408, "OUT_OF_RANGE"),
        code::CANCELLED => (true, 503, "CANCELLED"),
        code::DEADLINE_EXCEEDED => (true, 504, "DEADLINE_EXCEEDED"),
        code::UNAVAILABLE => (true, 503, "UNAVAILABLE"),
        _ => (true, 500, "INTERNAL"),
    };
    DialError { retry, reason: format!("{number} {name}: {message}") }
}

/// `language` is an ISO 639-1 code. `terms` are words that the caller is likely to say.
pub fn start_recognition(
    config: &GoogleConfig,
    project: &str,
    language: &str,
    terms: &[String],
) -> StreamingRecognizeRequest {
    let terms = terms.iter().take(MAX_PHRASES).map(|term| term.chars().take(MAX_PHRASE_CHARS).collect());
    let phrases: Vec<_> = terms.map(|value| wire::Phrase { value }).collect();
    let adaptation = (!phrases.is_empty()).then(|| wire::SpeechAdaptation {
        phrase_sets: vec![wire::AdaptationPhraseSet { inline_phrase_set: Some(wire::PhraseSet { phrases }) }],
    });
    let recognition = wire::RecognitionConfig {
        features: Some(wire::RecognitionFeatures {
            enable_word_time_offsets: has_word_times(&config.stt_model),
            enable_automatic_punctuation: true,
        }),
        adaptation,
        explicit_decoding_config: Some(wire::ExplicitDecodingConfig {
            encoding: wire::STT_MULAW,
            sample_rate_hertz: 8000,
            audio_channel_count: 1,
        }),
        model: config.stt_model.clone(),
        language_codes: recognition_languages(&config.stt_model, language),
    };
    let streaming_features =
        Some(wire::StreamingRecognitionFeatures { enable_voice_activity_events: true, interim_results: true });
    let config_message = wire::StreamingRecognitionConfig { config: Some(recognition), streaming_features };
    StreamingRecognizeRequest {
        recognizer: format!("projects/{project}/locations/{}/recognizers/_", config.region),
        part: Some(wire::RecognizePart::Config(config_message)),
    }
}

/// Returns true if a model reports the times of words in a stream. The documentation of Chirp 3 mentions them only for
/// batches ("Chirp 3", API methods), and Google rejects a request for a feature that a model does not have.
fn has_word_times(model: &str) -> bool {
    model != "chirp_3"
}

/// Returns a message with mu-law audio.
pub fn audio(samples: Bytes) -> StreamingRecognizeRequest {
    StreamingRecognizeRequest { recognizer: String::new(), part: Some(wire::RecognizePart::Audio(samples)) }
}

pub fn speech(config: &GoogleConfig, language: &str, text: &str) -> [StreamingSynthesizeRequest; 2] {
    let language_code = voice_language(language);
    let name = format!("{language_code}-Chirp3-HD-{}", config.voice);
    let audio = wire::StreamingAudioConfig { audio_encoding: wire::TTS_MULAW, sample_rate_hertz: 8000 };
    let start = wire::StreamingSynthesizeConfig {
        voice: Some(wire::VoiceSelectionParams { language_code, name }),
        streaming_audio_config: Some(audio),
    };
    let input = wire::StreamingSynthesisInput { text: text.to_owned() };
    [wire::SynthesizePart::Config(start), wire::SynthesizePart::Input(input)]
        .map(|part| StreamingSynthesizeRequest { part: Some(part) })
}

/// Reads a piece of speech, in mu-law, from a message. Returns `None` if the message is malformed.
pub fn read_speech(message: Bytes) -> Option<Bytes> {
    wire::StreamingSynthesizeResponse::decode(message).ok().map(|answer| answer.audio_content)
}

/// The languages that callers in Israel speak, each with three codes: ISO 639-1, the code of Speech-to-Text, and the
/// code of Text-to-Speech. Google has two codes for Hebrew ("Supported languages" of both services).
const LANGUAGES: [(&str, &str, &str); 6] = [
    ("he", "iw-IL", "he-IL"),
    ("en", "en-US", "en-US"),
    ("ar", "ar-EG", "ar-XA"),
    ("ru", "ru-RU", "ru-RU"),
    ("am", "am-ET", "am-ET"),
    ("uk", "uk-UA", "uk-UA"),
];

/// Returns the languages that a model recognises in one stream, the expected one first. Chirp 3 recognises the spoken one
/// of several ("Chirp 3", language-restricted transcription).
fn recognition_languages(model: &str, language: &str) -> Vec<String> {
    let count = if model == "chirp_3" { usize::MAX } else { 1 };
    languages_of_callers(language).take(count).map(recognition_language).collect()
}

fn recognition_language(language: &str) -> String {
    known(language).map_or_else(|| same_region(language), |(_, code, _)| code.to_owned())
}

fn voice_language(language: &str) -> String {
    known(language).map_or_else(|| same_region(language), |(_, _, code)| code.to_owned())
}

fn known(language: &str) -> Option<(&'static str, &'static str, &'static str)> {
    LANGUAGES.into_iter().find(|(known, ..)| *known == language)
}

/// Returns the code whose region has the same letters as the language, such as `fr-FR`. Google rejects a code that does
/// not exist, with an error that contains the code.
fn same_region(language: &str) -> String {
    format!("{language}-{}", language.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AiFailure, AiFailureCause};

    #[test]
    fn each_region_has_its_own_address() {
        let mut config = GoogleConfig::default();
        assert_eq!(base_url(&config, Speech::ToText), "https://eu-speech.googleapis.com");
        assert_eq!(base_url(&config, Speech::FromText), "https://eu-texttospeech.googleapis.com");
        config.region = "global".to_owned();
        assert_eq!(base_url(&config, Speech::FromText), "https://texttospeech.googleapis.com");
        config.speech_base_url = crate::config::BaseUrl::parse("http://127.0.0.1:9").ok();
        assert_eq!(base_url(&config, Speech::ToText), "http://127.0.0.1:9");
    }

    #[test]
    fn each_error_has_its_cause() {
        use AiFailureCause::{BadKey, NoCredit, Outage, RateLimited, Rejected};
        for (code, message, retry, cause) in [
            (code::UNAUTHENTICATED, "Request had invalid authentication credentials.", false, BadKey),
            (code::PERMISSION_DENIED, "Permission 'speech.recognizers.recognize' denied", false, BadKey),
            (code::PERMISSION_DENIED, "This API method requires billing to be enabled.", false, NoCredit),
            (code::RESOURCE_EXHAUSTED, "Quota exceeded for 'Requests' and limit 'per minute'", true, RateLimited),
            (code::RESOURCE_EXHAUSTED, "Quota exceeded for 'Characters' and limit 'per day'", false, NoCredit),
            (code::INVALID_ARGUMENT, "Voice 'he-IL-Chirp3-HD-Missing' does not exist.", false, Rejected),
            (code::NOT_FOUND, "Unable to find Recognizer", false, Rejected),
            (code::UNAVAILABLE, "The service is currently unavailable.", true, Outage),
            (code::ABORTED, "Max duration of 5 minutes reached for stream.", true, Outage),
            (code::UNKNOWN, "", true, Outage),
        ] {
            let error = error_of(&Status { code, message: message.to_owned() });
            assert_eq!(error.retry, retry, "{error:?}");
            let reason = format!("transcriber: {}", error.reason);
            assert_eq!(AiFailure::from_reason(&reason).cause, cause, "{reason}");
        }
    }

    #[test]
    fn hebrew_has_two_codes() {
        assert_eq!((recognition_language("he"), voice_language("he")), ("iw-IL".into(), "he-IL".into()));
        assert_eq!((recognition_language("fr"), voice_language("fr")), ("fr-FR".into(), "fr-FR".into()));
    }

    #[test]
    fn chirp_3_recognises_the_languages_of_callers() {
        let languages = |model, language| recognition_languages(model, language).join(" ");
        assert_eq!(languages("chirp_3", "he"), "iw-IL en-US ar-EG ru-RU");
        assert_eq!(languages("chirp_3", "ru"), "ru-RU iw-IL en-US ar-EG");
        assert_eq!(languages("chirp_2", "ru"), "ru-RU");
    }
}
