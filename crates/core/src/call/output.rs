//! The outputs of a call session.

use super::{EngineKind, ItemId, ResponseId, Usage};
use crate::audio::EncodedAudio;
use crate::domain::{EndReason, Speaker, TransferFailure, TurnLatency};
use std::time::Duration;

/// An action that the session requests.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Send audio to the caller.
    Play {
        /// Whole frames of 20 ms.
        audio: EncodedAudio,
        /// When the caller will hear it, in milliseconds since the stream started.
        at_ms: u64,
    },
    /// Send a mark, which Twilio echoes once the audio before it was played.
    Mark(String),
    /// Drop the audio that was sent and not played yet.
    Clear {
        /// Up to when the caller has heard the agent, in milliseconds since the stream started.
        heard_until_ms: u64,
    },
    /// Close the caller's socket: Twilio then requests the next TwiML.
    CloseStream,
    /// The stream is lost: Twilio's next request is answered with TwiML that opens another stream to this conversation.
    AwaitStream,
    /// Close the caller's socket and transfer the caller to a human agent. The call continues until
    /// [`super::Input::TransferAccepted`]; after [`super::Input::TransferFailed`] it waits for another stream.
    StartTransfer {
        /// What the caller wants, by the agent's tool call; none if an operator requested the transfer.
        reason: Option<String>,
    },
    /// Open an engine, and close the previous one.
    OpenEngine {
        /// The engine.
        kind: EngineKind,
        /// How long to wait before.
        delay: Duration,
        /// The conversation so far; empty at the start of a call.
        history: Vec<HistoryTurn>,
    },
    /// Send a command to the engine.
    Engine(EngineCommand),
    /// Run a tool; its result returns as [`super::Input::ToolFinished`].
    RunTool {
        /// Returned with the result.
        id: String,
        /// The tool.
        name: String,
        /// JSON.
        arguments: String,
    },
    /// Redirect the call to Twilio's recorder through the REST API; the outcome returns as
    /// [`super::Input::RedirectDone`].
    RedirectToFallback,
    /// Store a turn, or its new state.
    Turn(Box<TurnRecord>),
    /// Store, log and count an event.
    Event(CallEvent),
    /// The call is over. Emitted once, as the last output; only outputs to store precede it in the same batch.
    Ended {
        /// The reason.
        reason: EndReason,
        /// The action that follows the stream.
        action: StreamEndAction,
    },
}

/// A command to an engine.
#[derive(Clone, Debug, PartialEq)]
pub enum EngineCommand {
    /// A piece of the caller's audio, or silence for a gap.
    AppendAudio(EncodedAudio),
    /// End the caller's turn now, even if the engine still detects speech.
    Commit,
    /// The caller pressed these keys.
    Keys(String),
    /// Generate a response now.
    Respond(ResponseRequest),
    /// Cancel a response.
    Cancel {
        /// The response.
        response: ResponseId,
    },
    /// The caller heard only the beginning of an utterance.
    Truncate {
        /// The utterance.
        item: ItemId,
        /// How much of it, in milliseconds; at least 1 and at most what was received.
        heard_ms: u64,
    },
    /// The caller heard nothing of an utterance.
    Delete {
        /// The utterance.
        item: ItemId,
    },
    /// The business's staff tell the agent this; the caller does not hear it.
    Hint(String),
    /// A tool's result.
    ToolOutput {
        /// The engine's id of the tool call.
        id: String,
        /// For the model.
        output: String,
    },
}

/// A sound over the agent's speech that is no interruption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FalseBargeIn {
    /// A word that only shows that the caller listens, such as "mm-hm".
    BackChannel,
    /// A sound without words.
    Noise,
    /// A short sound whose words were not known in time; if they turn out to be more than a back-channel, they
    /// interrupt the agent then.
    Unknown,
}

impl FalseBargeIn {
    /// The name in the database, the log and the metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BackChannel => "back_channel",
            Self::Noise => "noise",
            Self::Unknown => "unknown",
        }
    }
}

/// The response that is requested from the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResponseRequest {
    /// A reply to the conversation so far.
    Reply,
    /// A response to these instructions.
    Instructed(String),
}

/// The action that follows the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamEndAction {
    /// End the call.
    HangUp,
    /// The caller has hung up. If Twilio requests TwiML nevertheless, only the stream was stopped and the caller is
    /// still on the line: then Twilio's recorder takes a message.
    CallerGone,
    /// Open another stream: the conversation continues.
    Resume,
    /// Transfer the caller to a human agent.
    Transfer,
    /// Record a message with Twilio's recorder.
    Record,
}

/// The built-in audio sentences, for when no engine can speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clip {
    /// "One moment, please."
    OneMoment,
    /// "One more moment, thank you."
    MoreTime,
    /// "Goodbye."
    Goodbye,
    /// "Are you still there?"
    StillThere,
}

/// One turn of the conversation, for the context of a reopened engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryTurn {
    /// The speaker.
    pub speaker: Speaker,
    /// What the other side heard.
    pub text: String,
}

/// What was said so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallerWords {
    /// The turns, in order.
    pub turns: Vec<HistoryTurn>,
    /// The transcript of the caller's last words is not complete.
    pub is_pending: bool,
}

/// The current state of a turn. A record of the same item replaces the earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnRecord {
    /// The engine's id.
    pub item: ItemId,
    /// Its position in the conversation, from 1.
    pub seq: i64,
    /// The speaker.
    pub speaker: Speaker,
    /// The text.
    pub text: String,
    /// The part that was heard, a prefix of `text`.
    pub heard_text: String,
    /// Whether the turn was interrupted.
    pub interrupted: bool,
    /// Milliseconds since the stream started.
    pub started_ms: u64,
    /// Milliseconds since the stream started.
    pub ended_ms: Option<u64>,
    /// The latencies of the response's stages.
    pub latency: TurnLatency,
    /// The response's usage.
    pub usage: Usage,
}

/// An event of a call that is stored and logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallEvent {
    /// The caller and the engine are connected.
    Live {
        /// The engine.
        engine: EngineKind,
    },
    /// A transcript of the caller's speech arrived.
    CallerSpeech {
        /// Whether it is complete.
        is_final: bool,
    },
    /// The first audio of a response was sent.
    FirstAudio {
        /// Milliseconds since the caller stopped speaking, if the caller had spoken.
        latency_ms: Option<u64>,
    },
    /// The caller interrupted the agent.
    BargeIn {
        /// How much of the utterance was heard, in milliseconds.
        heard_ms: u64,
    },
    /// A sound of the caller stopped the agent for a moment and was no interruption: the agent has continued.
    BargeInUndone {
        /// What it was.
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
        /// Milliseconds since the stream started.
        at_ms: u64,
    },
    /// The engine was lost.
    EngineLost {
        /// The engine.
        engine: EngineKind,
        /// The reason.
        reason: String,
    },
    /// The call switches to another engine.
    EngineFailover {
        /// The new engine.
        to: EngineKind,
    },
    /// The engine rejected a request.
    EngineWarning {
        /// Its error code.
        code: String,
    },
    /// The usage of a response.
    Used(Usage),
    /// The stream and the engine were not connected in time.
    WatchdogFired,
    /// The transfer to a human agent started.
    TransferBegan,
    /// The human agent accepted the call.
    TransferAccepted,
    /// The human agent did not accept the call.
    TransferFailed(TransferFailure),
}
