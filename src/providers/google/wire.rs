//! The messages of Google's speech services, with the fields that are used: `google.cloud.speech.v2`
//! (`StreamingRecognize`) and `google.cloud.texttospeech.v1` (`StreamingSynthesize`).

use bytes::Bytes;
use prost::{Message, Oneof};

/// `AudioEncoding.MULAW` of speech to text.
pub(super) const STT_MULAW: i32 = 2;
/// `AudioEncoding.MULAW` of text to speech.
pub(super) const TTS_MULAW: i32 = 5;
/// `SpeechEventType.SPEECH_ACTIVITY_END`.
pub(super) const SPEECH_ACTIVITY_END: i32 = 3;

#[derive(Clone, PartialEq, Message)]
pub struct StreamingRecognizeRequest {
    #[prost(string, tag = "3")]
    pub recognizer: String,
    #[prost(oneof = "RecognizePart", tags = "5, 6")]
    pub part: Option<RecognizePart>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum RecognizePart {
    #[prost(bytes = "bytes", tag = "5")]
    Audio(Bytes),
    #[prost(message, tag = "6")]
    Config(StreamingRecognitionConfig),
}

#[derive(Clone, PartialEq, Message)]
pub struct StreamingRecognitionConfig {
    #[prost(message, optional, tag = "1")]
    pub config: Option<RecognitionConfig>,
    #[prost(message, optional, tag = "2")]
    pub streaming_features: Option<StreamingRecognitionFeatures>,
}

#[derive(Clone, PartialEq, Message)]
pub struct RecognitionConfig {
    #[prost(message, optional, tag = "2")]
    pub features: Option<RecognitionFeatures>,
    #[prost(message, optional, tag = "6")]
    pub adaptation: Option<SpeechAdaptation>,
    #[prost(message, optional, tag = "8")]
    pub explicit_decoding_config: Option<ExplicitDecodingConfig>,
    #[prost(string, tag = "9")]
    pub model: String,
    #[prost(string, repeated, tag = "10")]
    pub language_codes: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct RecognitionFeatures {
    #[prost(bool, tag = "2")]
    pub enable_word_time_offsets: bool,
    #[prost(bool, tag = "4")]
    pub enable_automatic_punctuation: bool,
}

#[derive(Clone, PartialEq, Message)]
pub struct ExplicitDecodingConfig {
    #[prost(int32, tag = "1")]
    pub encoding: i32,
    #[prost(int32, tag = "2")]
    pub sample_rate_hertz: i32,
    #[prost(int32, tag = "3")]
    pub audio_channel_count: i32,
}

#[derive(Clone, PartialEq, Message)]
pub struct StreamingRecognitionFeatures {
    #[prost(bool, tag = "1")]
    pub enable_voice_activity_events: bool,
    #[prost(bool, tag = "2")]
    pub interim_results: bool,
}

#[derive(Clone, PartialEq, Message)]
pub struct SpeechAdaptation {
    #[prost(message, repeated, tag = "1")]
    pub phrase_sets: Vec<AdaptationPhraseSet>,
}

#[derive(Clone, PartialEq, Message)]
pub struct AdaptationPhraseSet {
    #[prost(message, optional, tag = "2")]
    pub inline_phrase_set: Option<PhraseSet>,
}

#[derive(Clone, PartialEq, Message)]
pub struct PhraseSet {
    #[prost(message, repeated, tag = "3")]
    pub phrases: Vec<Phrase>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Phrase {
    #[prost(string, tag = "1")]
    pub value: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StreamingRecognizeResponse {
    #[prost(int32, tag = "3")]
    pub(super) speech_event_type: i32,
    #[prost(message, repeated, tag = "6")]
    pub(super) results: Vec<StreamingRecognitionResult>,
    #[prost(message, optional, tag = "7")]
    pub(super) speech_event_offset: Option<Duration>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StreamingRecognitionResult {
    #[prost(message, repeated, tag = "1")]
    pub(super) alternatives: Vec<SpeechRecognitionAlternative>,
    #[prost(bool, tag = "2")]
    pub(super) is_final: bool,
    #[prost(message, optional, tag = "4")]
    pub(super) result_end_offset: Option<Duration>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct SpeechRecognitionAlternative {
    #[prost(string, tag = "1")]
    pub(super) transcript: String,
    #[prost(message, repeated, tag = "3")]
    pub(super) words: Vec<WordInfo>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct WordInfo {
    #[prost(message, optional, tag = "1")]
    pub(super) start_offset: Option<Duration>,
    #[prost(message, optional, tag = "2")]
    pub(super) end_offset: Option<Duration>,
    #[prost(string, tag = "3")]
    pub(super) word: String,
}

/// `google.protobuf.Duration`.
#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct Duration {
    #[prost(int64, tag = "1")]
    pub(super) seconds: i64,
    #[prost(int32, tag = "2")]
    pub(super) nanos: i32,
}

impl Duration {
    pub(super) fn as_millis(self) -> i64 {
        self.seconds.saturating_mul(1000).saturating_add(i64::from(self.nanos / 1_000_000))
    }
}

#[derive(Clone, PartialEq, Message)]
pub struct StreamingSynthesizeRequest {
    #[prost(oneof = "SynthesizePart", tags = "1, 2")]
    pub part: Option<SynthesizePart>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum SynthesizePart {
    #[prost(message, tag = "1")]
    Config(StreamingSynthesizeConfig),
    #[prost(message, tag = "2")]
    Input(StreamingSynthesisInput),
}

#[derive(Clone, PartialEq, Message)]
pub struct StreamingSynthesizeConfig {
    #[prost(message, optional, tag = "1")]
    pub voice: Option<VoiceSelectionParams>,
    #[prost(message, optional, tag = "4")]
    pub streaming_audio_config: Option<StreamingAudioConfig>,
}

#[derive(Clone, PartialEq, Message)]
pub struct VoiceSelectionParams {
    #[prost(string, tag = "1")]
    pub language_code: String,
    #[prost(string, tag = "2")]
    pub name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct StreamingAudioConfig {
    #[prost(int32, tag = "1")]
    pub audio_encoding: i32,
    #[prost(int32, tag = "2")]
    pub sample_rate_hertz: i32,
}

#[derive(Clone, PartialEq, Message)]
pub struct StreamingSynthesisInput {
    #[prost(string, tag = "1")]
    pub text: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StreamingSynthesizeResponse {
    #[prost(bytes = "bytes", tag = "1")]
    pub(super) audio_content: Bytes,
}
