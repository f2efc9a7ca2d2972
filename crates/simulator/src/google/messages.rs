//! The protobuf messages of Google's transcription and speech services, with the fields that this fake reads or writes.

use axum::body::Bytes;
use prost::{Message, Oneof};

#[derive(Clone, PartialEq, Message)]
pub(super) struct RecognizeRequest {
    #[prost(string, tag = "3")]
    pub(super) recognizer: String,
    #[prost(oneof = "RecognizeInput", tags = "5, 6")]
    pub(super) input: Option<RecognizeInput>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum RecognizeInput {
    #[prost(bytes = "bytes", tag = "5")]
    Audio(Bytes),
    #[prost(message, tag = "6")]
    Config(StreamingConfig),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StreamingConfig {
    #[prost(message, optional, tag = "1")]
    pub(super) config: Option<RecognitionConfig>,
    #[prost(message, optional, tag = "2")]
    pub(super) features: Option<StreamingFeatures>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct RecognitionConfig {
    #[prost(message, optional, tag = "2")]
    pub(super) features: Option<RecognitionFeatures>,
    #[prost(message, optional, tag = "6")]
    pub(super) adaptation: Option<Adaptation>,
    #[prost(message, optional, tag = "8")]
    pub(super) decoding: Option<Decoding>,
    #[prost(string, tag = "9")]
    pub(super) model: String,
    #[prost(string, repeated, tag = "10")]
    pub(super) language_codes: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct RecognitionFeatures {
    #[prost(bool, tag = "2")]
    pub(super) word_time_offsets: bool,
    #[prost(bool, tag = "4")]
    pub(super) automatic_punctuation: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Adaptation {
    #[prost(message, repeated, tag = "1")]
    pub(super) phrase_sets: Vec<AdaptationSet>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct AdaptationSet {
    #[prost(message, optional, tag = "2")]
    pub(super) inline: Option<PhraseSet>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct PhraseSet {
    #[prost(message, repeated, tag = "3")]
    pub(super) phrases: Vec<Phrase>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Phrase {
    #[prost(string, tag = "1")]
    pub(super) value: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Decoding {
    #[prost(int32, tag = "1")]
    pub(super) encoding: i32,
    #[prost(int32, tag = "2")]
    pub(super) sample_rate: i32,
    #[prost(int32, tag = "3")]
    pub(super) channels: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StreamingFeatures {
    #[prost(bool, tag = "1")]
    pub(super) voice_activity_events: bool,
    #[prost(bool, tag = "2")]
    pub(super) interim_results: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct RecognizeResponse {
    #[prost(int32, tag = "3")]
    pub(super) event: i32,
    #[prost(message, repeated, tag = "6")]
    pub(super) results: Vec<RecognizeResult>,
    #[prost(message, optional, tag = "7")]
    pub(super) event_offset: Option<Offset>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct RecognizeResult {
    #[prost(message, repeated, tag = "1")]
    pub(super) alternatives: Vec<Alternative>,
    #[prost(bool, tag = "2")]
    pub(super) is_final: bool,
    #[prost(float, tag = "3")]
    pub(super) stability: f32,
    #[prost(message, optional, tag = "4")]
    pub(super) end: Option<Offset>,
    #[prost(string, tag = "6")]
    pub(super) language_code: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Alternative {
    #[prost(string, tag = "1")]
    pub(super) transcript: String,
    #[prost(float, tag = "2")]
    pub(super) confidence: f32,
    #[prost(message, repeated, tag = "3")]
    pub(super) words: Vec<WordInfo>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct WordInfo {
    #[prost(message, optional, tag = "1")]
    pub(super) start: Option<Offset>,
    #[prost(message, optional, tag = "2")]
    pub(super) end: Option<Offset>,
    #[prost(string, tag = "3")]
    pub(super) word: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Offset {
    #[prost(int64, tag = "1")]
    pub(super) seconds: i64,
    #[prost(int32, tag = "2")]
    pub(super) nanos: i32,
}

impl Offset {
    pub(super) fn of_millis(ms: u64) -> Self {
        let nanos = i32::try_from(ms % 1000 * 1_000_000).unwrap_or_default();
        Self { seconds: i64::try_from(ms / 1000).unwrap_or(i64::MAX), nanos }
    }
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct SynthesizeRequest {
    #[prost(oneof = "SynthesizeInput", tags = "1, 2")]
    pub(super) input: Option<SynthesizeInput>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum SynthesizeInput {
    #[prost(message, tag = "1")]
    Config(SynthesizeConfig),
    #[prost(message, tag = "2")]
    Text(SynthesizeText),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct SynthesizeConfig {
    #[prost(message, optional, tag = "1")]
    pub(super) voice: Option<Voice>,
    #[prost(message, optional, tag = "4")]
    pub(super) audio: Option<AudioConfig>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Voice {
    #[prost(string, tag = "1")]
    pub(super) language_code: String,
    #[prost(string, tag = "2")]
    pub(super) name: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct AudioConfig {
    #[prost(int32, tag = "1")]
    pub(super) encoding: i32,
    #[prost(int32, tag = "2")]
    pub(super) sample_rate: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct SynthesizeText {
    #[prost(string, tag = "1")]
    pub(super) text: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct SynthesizeResponse {
    #[prost(bytes = "bytes", tag = "1")]
    pub(super) audio: Bytes,
}
