//! The events of the three parts, which the driver reports to the pipeline.

use crate::audio::EncodedAudio;
use crate::call::{ToolCall, Usage};
use crate::domain::WordTime;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A report of the transcriber.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TranscriberEvent {
    /// The words of the current utterance so far. Each report replaces the previous report.
    Words {
        /// All words of the utterance so far.
        text: String,
        /// The start of the utterance, in milliseconds of the audio that was sent to the transcriber; none if the
        /// transcriber does not report it.
        from_ms: Option<u64>,
        /// The end of the last word, in milliseconds of the same audio; none if the transcriber does not report it.
        until_ms: Option<u64>,
    },
    /// The transcriber has found no words in the sound whose end it reports next.
    NoWords {
        /// The end of the sound, in milliseconds of the audio that was sent to the transcriber.
        until_ms: u64,
    },
    /// The current utterance has ended: the transcriber detected its end, or was requested to end it.
    End,
    /// When the words of an utterance were spoken. Arrives before or after the end of the utterance.
    WordTimes {
        /// The number of `End` events before the one of this utterance. Two utterances may begin with the same words, so
        /// the words do not identify an utterance.
        utterance: u64,
        /// The time of each word of the utterance, in milliseconds of the audio that was sent to the transcriber.
        times: Vec<WordTime>,
    },
    /// The transcriber reports that the audio up to this position, in milliseconds, was transcribed.
    Progress(u64),
    /// The audio up to this position, in milliseconds, is expected to be transcribed, by the usual delay of a transcriber
    /// that reports no progress. It may have stopped working.
    ExpectedProgress(u64),
}

/// An event of the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelEvent {
    /// A message that only shows that the connection to the model works.
    Activity,
    /// A piece of the answer's text.
    Text(String),
    /// A complete tool call.
    ToolCall {
        /// The name of the tool.
        name: String,
        /// The arguments, as JSON.
        arguments: String,
        /// The action that the tool call requests from the session.
        call: ToolCall,
    },
    /// The answer is complete.
    Done {
        /// True if the model finished by itself, false if a limit or a filter stopped it.
        is_complete: bool,
        /// True if a content filter stopped it.
        #[serde(default)]
        is_filtered: bool,
        /// The tokens and the cost of the request.
        usage: Usage,
    },
    /// The request failed.
    Failed {
        /// Whether another request may succeed.
        retry: bool,
        /// How long to wait before the next request, if the server specifies it.
        retry_after: Option<Duration>,
        /// The error text of the failed request.
        reason: String,
    },
}

/// An event of the synthesiser about a clause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpeechEvent {
    /// A piece of the clause's audio. Serialized as its length, because no decision depends on its samples.
    Audio(#[serde(with = "super::log::length")] EncodedAudio),
    /// The clause's audio is complete.
    Done,
    /// The synthesis failed.
    Failed {
        /// Whether another request may succeed.
        retry: bool,
        /// How long to wait before the next request, if the server specifies it.
        retry_after: Option<Duration>,
        /// The error text of the failed synthesis.
        reason: String,
    },
}
