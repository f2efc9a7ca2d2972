//! The outputs of a call session.

use super::{EngineKind, ItemId, ResponseId, RobotEvidence, Usage};
use crate::audio::EncodedAudio;
use crate::domain::{EndReason, Speaker, TransferFailure, TurnLatency, WordTime, text_enum};
use crate::promise::Promise;
use serde::{Deserialize, Serialize, Serializer};
use std::time::Duration;

/// An action that the session requests from its driver.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Output {
    /// Send audio to the caller.
    Play {
        /// The audio, in whole frames of 20 ms.
        #[serde(serialize_with = "fingerprint")]
        audio: EncodedAudio,
        /// The time at which the caller will hear the audio, in milliseconds since the stream started.
        at_ms: u64,
    },
    /// Send a mark, which Twilio returns once the audio before the mark was played or cleared.
    Mark(String),
    /// Drop the audio that was sent to Twilio and is not yet played.
    Clear {
        /// The time up to which the caller has heard the agent, in milliseconds since the stream started.
        heard_until_ms: u64,
    },
    /// Close the caller's socket: Twilio then requests the next TwiML.
    CloseStream,
    /// Wait for another stream, because the current stream was lost or a transfer failed. Twilio's next request is
    /// answered with TwiML that opens a stream to this conversation.
    AwaitStream,
    /// The caller asks for a person: ring in the open web pages of the staff until [`Output::EndPageRing`]. The caller
    /// hears a ringing tone. If no employee can answer there, the driver reports [`super::Input::PageUnanswered`].
    RingPage {
        /// The caller's request, from the agent's tool call.
        reason: Option<String>,
        /// How long the pages ring.
        time: Duration,
    },
    /// The web pages ring on, because an employee has begun to answer.
    ProlongPageRing {
        /// How long the pages still ring.
        time: Duration,
    },
    /// The web pages stop ringing: an employee has answered, or no employee answers.
    EndPageRing,
    /// Close the caller's socket and transfer the caller to a human agent. The call continues until
    /// [`super::Input::TransferAccepted`]; after [`super::Input::TransferFailed`], the session awaits a stream.
    StartTransfer {
        /// The caller's request, from the agent's tool call; none if an operator requested the transfer.
        reason: Option<String>,
    },
    /// Open an engine, and close the previous engine.
    OpenEngine {
        /// The engine to open.
        kind: EngineKind,
        /// How long to wait before the engine is opened.
        delay: Duration,
        /// The conversation so far; empty at the start of a call.
        history: Vec<HistoryTurn>,
    },
    /// Close the engine, because an employee talks with the caller.
    CloseEngine,
    /// Send the caller's audio to the employee who has taken the call over.
    PlayToEmployee(#[serde(serialize_with = "fingerprint")] EncodedAudio),
    /// Send a command to the engine.
    Engine(EngineCommand),
    /// Run a tool; its result returns as [`super::Input::ToolFinished`].
    RunTool {
        /// The id of the tool call, which is sent back with the result.
        id: String,
        /// The name of the tool, as the model called it.
        name: String,
        /// The arguments, as JSON.
        arguments: String,
    },
    /// Redirect the call to Twilio's recorder through the REST API; the outcome returns as
    /// [`super::Input::RedirectDone`] or [`super::Input::RedirectFailed`].
    RedirectToFallback,
    /// Store a new turn, or the new state of a turn.
    Turn(Box<TurnRecord>),
    /// Report an event, which the driver stores, logs or counts.
    Event(CallEvent),
    /// The call is over. Emitted once, as the last output.
    Ended {
        /// Why the call ended, for the database.
        reason: EndReason,
        /// The action that follows the stream.
        action: StreamEndAction,
    },
}

/// A command that the driver sends to the open engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EngineCommand {
    /// A piece of the caller's audio, or silence for a gap.
    AppendAudio(#[serde(serialize_with = "fingerprint")] EncodedAudio),
    /// End the caller's turn now, even if the engine still detects speech.
    Commit,
    /// The caller pressed these keys.
    Keys(String),
    /// Generate a response now.
    Respond(ResponseRequest),
    /// Cancel a response: the engine must not generate more of it.
    Cancel {
        /// The response to cancel, by the engine's id.
        response: ResponseId,
    },
    /// Tell the engine that the caller heard only the beginning of an utterance.
    Truncate {
        /// The utterance of the agent, by the engine's id.
        item: ItemId,
        /// How much of the utterance the caller heard, in milliseconds; at least 1 and at most the received length.
        heard_ms: u64,
    },
    /// Remove an utterance from the engine's conversation, because the caller heard nothing of it, or because the
    /// caller made only a noise.
    Delete {
        /// The utterance of the agent or the caller, by the engine's id.
        item: ItemId,
    },
    /// Give the agent this information from the business's staff; the caller does not hear it.
    Hint(String),
    /// Add a note for the agent to the conversation, such as the result of a late tool. The caller does not hear it, and
    /// the note stays if the caller interrupts the response to it.
    Note(String),
    /// Send a tool's result to the engine.
    ToolOutput {
        /// The engine's id of the tool call.
        id: String,
        /// The result, for the model.
        output: String,
    },
}

text_enum! {
    /// The cause of a false barge-in: a sound during the agent's speech that is not an interruption.
    FalseBargeIn {
        /// A word that only shows that the caller listens, such as "mm-hm".
        BackChannel = "back_channel",
        /// A sound without words.
        Noise = "noise",
        /// A short sound whose words were not known in time. If a later transcript contains more than back-channels,
        /// the sound interrupts the agent at that time.
        Unknown = "unknown",
    }
}

impl FalseBargeIn {
    /// Returns a description of the sound for the program's log.
    pub const fn words(self) -> &'static str {
        match self {
            Self::BackChannel => "a word that shows only that the caller listens",
            Self::Noise => "a sound without words",
            Self::Unknown => "a short sound whose words were not known in time",
        }
    }
}

/// A response that the session requests from the engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseRequest {
    /// A reply to the conversation so far.
    Reply,
    /// A response to these instructions.
    Instructed(String),
}

/// The action that follows the end of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamEndAction {
    /// End the call: the next TwiML hangs up.
    HangUp,
    /// End the call: the caller has hung up. If Twilio requests TwiML nevertheless, only the stream was stopped and the
    /// caller is still on the line; Twilio's recorder then takes a message.
    CallerGone,
    /// Open another stream: the conversation continues.
    Resume,
    /// Transfer the caller to a human agent.
    Transfer,
    /// Record a message with Twilio's recorder.
    Record,
}

/// The built-in audio sentences, which the session plays without an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Clip {
    /// "One moment, please."
    OneMoment,
    /// "One more moment, thank you."
    MoreTime,
    /// "Goodbye."
    Goodbye,
    /// "Are you still there?"
    StillThere,
    /// The tone that callers hear while a phone rings.
    Ringing,
}

/// One turn of the conversation, for the context of a reopened engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryTurn {
    /// The party that spoke, or the source of the entry.
    pub speaker: Speaker,
    /// What the other side heard, or the whole text while the agent is still speaking. For a tool, its stored use; for a
    /// hint, its text; for an employee's conversation with the caller, the employee's name.
    pub text: String,
}

impl HistoryTurn {
    /// Returns the note for the model in place of an employee's conversation with the caller, which is not transcribed.
    pub fn employee_note(&self) -> String {
        format!(
            "Here {}, a colleague of the business, talked with the caller directly. You did not hear it.",
            self.text
        )
    }
}

/// The conversation so far, and whether its transcript is complete.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallerWords {
    /// The turns, in order.
    pub turns: Vec<HistoryTurn>,
    /// True while the transcript of the caller's last turn is not complete.
    pub is_pending: bool,
}

/// The current state of a turn. A later record of the same item replaces this record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TurnRecord {
    /// The engine's id of the utterance; for an entry that is not an utterance, an id that the session assigns.
    pub item: ItemId,
    /// The turn's position in the conversation, from 1.
    pub seq: i64,
    /// The party that spoke, or the source of the entry.
    pub speaker: Speaker,
    /// The text of the whole turn.
    pub text: String,
    /// The part of the text that was heard, a prefix of `text`.
    pub heard_text: String,
    /// Whether the agent's turn was cut off before its end.
    pub interrupted: bool,
    /// The start, in milliseconds since the first stream of the call started.
    pub started_ms: u64,
    /// The end, in milliseconds since the first stream of the call started; none while the turn continues.
    pub ended_ms: Option<u64>,
    /// When each word of the caller's text was spoken, in milliseconds since the first stream of the call started, on
    /// the clock of the recording; empty if the times are unknown. Not serialized if empty: a replay compares the
    /// serialized turns of a call with those in its input log, and the logs of earlier releases do not contain this value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub word_times: Vec<WordTime>,
    /// The latencies of the response's stages.
    pub latency: TurnLatency,
    /// The tokens and the cost of the response, at its last utterance; otherwise zero.
    pub usage: Usage,
}

/// An event of a call, for the database, the program's log and the metrics.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CallEvent {
    /// The caller and the engine are connected.
    Live {
        /// The engine with which the conversation starts.
        engine: EngineKind,
    },
    /// A transcript of the caller's speech arrived, or the transcription failed.
    CallerSpeech {
        /// Whether no more text of the utterance follows.
        is_final: bool,
        /// Whether the transcription failed. Not serialized: a replay compares the serialized events of a call with
        /// those in its input log, and the logs of earlier releases do not contain this value.
        #[serde(skip_serializing)]
        has_failed: bool,
    },
    /// The first audio of an utterance of the agent was sent.
    FirstAudio {
        /// Milliseconds since the caller stopped speaking, if the caller had spoken.
        latency_ms: Option<u64>,
    },
    /// The caller interrupted the agent.
    BargeIn {
        /// How much was heard of the last utterance of which anything was heard, in milliseconds; 0 if there is none.
        heard_ms: u64,
    },
    /// A sound of the caller stopped the agent for a moment, but was not an interruption. The agent continues, unless
    /// no unheard audio was left.
    BargeInUndone {
        /// Why the sound did not count as an interruption.
        cause: FalseBargeIn,
        /// How long the agent was stopped, in milliseconds.
        paused_ms: u64,
    },
    /// The caller pressed a key.
    Key(char),
    /// The caller was silent for the idle time.
    IdlePrompt {
        /// The number of the prompt, from 1.
        number: u32,
    },
    /// The caller started to leave a message.
    MessageStarted {
        /// Milliseconds since the first stream of the call started.
        at_ms: u64,
    },
    /// The engine counts as lost: its connection failed, it did not respond in time, or too many requests failed.
    EngineLost {
        /// The engine that failed.
        engine: EngineKind,
        /// The error text of the engine or the session.
        reason: String,
    },
    /// A new session of the same engine replaces the current one, which its provider would end soon.
    EngineRenewed {
        /// The engine whose session is replaced.
        engine: EngineKind,
    },
    /// The call switches to another engine.
    EngineFailover {
        /// The engine that is opened next.
        to: EngineKind,
    },
    /// The engine rejected a request or sent a malformed event, or a response failed or stopped early.
    EngineWarning {
        /// The code of the [`super::EngineEvent::Warning`]; `response_failed`, `response_incomplete` or
        /// `response_filtered` for a response.
        code: String,
    },
    /// A response has ended, with this usage.
    Used(Usage),
    /// The stream or the engine was not connected in time, or no engine could be opened.
    WatchdogFired,
    /// The caller continued to speak while a reply was held, so the reply was discarded.
    HeldReplyDiscarded,
    /// A false claim of the agent was stopped: that something was done, or that a time is free.
    ClaimStopped {
        /// What the agent was about to say, or had begun to say.
        promise: Promise,
        /// Whether the caller has heard the claim or a part of it.
        was_heard: bool,
    },
    /// The caller is a machine, so the call ends.
    RobotDetected(RobotEvidence),
    /// The transfer to a human agent started.
    TransferBegan,
    /// The human agent accepted the call.
    TransferAccepted,
    /// The human agent did not accept the call.
    TransferFailed(TransferFailure),
    /// An employee has started to talk with the caller through the browser.
    TakenOver,
    /// The agent continues, because the employee does not talk with the caller any more.
    HandedBack {
        /// Why the takeover is over.
        cause: HandBackCause,
    },
}

text_enum! {
    /// Why the agent continues a call that an employee had taken over.
    HandBackCause {
        /// The employee handed the call back.
        Employee = "employee",
        /// The employee was disconnected or sent no more audio.
        Lost = "lost",
        /// The takeover reached its maximum duration.
        TimeLimit = "time_limit",
    }
}

/// Writes the length and a hash instead of the audio. Outputs are serialized only for the input log, and a replay of
/// the call compares them with its own outputs.
fn fingerprint<S: Serializer>(audio: &EncodedAudio, serializer: S) -> Result<S::Ok, S::Error> {
    // FNV-1a, which needs no dependency. It only has to detect differences.
    let hash = audio
        .base64()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    serializer.collect_str(&format_args!("{} ms {hash:016x}", audio.ms()))
}
