//! What a call wants done.

use super::{EngineKind, ItemId, ResponseId, Usage};
use crate::audio::EncodedAudio;
use crate::domain::{EndReason, Speaker, TransferFailure, TurnLatency};
use std::time::Duration;

/// What a call wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Send sound to the caller.
    Play {
        /// Whole frames of 20 ms.
        audio: EncodedAudio,
        /// When the caller will hear it, in milliseconds since the stream began.
        at_ms: u64,
    },
    /// Ask for an echo when what was sent before has been heard.
    Mark(String),
    /// Drop what has been sent and not been heard.
    Clear {
        /// Up to when the caller has heard us, in milliseconds since the stream began.
        heard_until_ms: u64,
    },
    /// Close the caller's socket: Twilio then asks what follows.
    CloseStream,
    /// The stream is lost: when Twilio asks what follows, it is told to open another one to this conversation.
    AwaitStream,
    /// Close the caller's socket and put the caller through to a person. The call goes on until
    /// [`super::Input::TransferAccepted`]; after [`super::Input::TransferFailed`] it awaits another stream.
    PutThrough {
        /// What the agent called its tool with (JSON); none if a person asked for it.
        arguments: Option<String>,
    },
    /// Open an engine, and close the one before.
    OpenEngine {
        /// Which.
        kind: EngineKind,
        /// Not before this much time has passed.
        delay: Duration,
        /// What has been said so far; empty at the beginning of a call.
        history: Vec<Said>,
    },
    /// Tell the engine something.
    Engine(EngineCommand),
    /// Run a tool; its answer comes back as [`super::Input::ToolFinished`].
    RunTool {
        /// Goes back with the answer.
        id: String,
        /// Which tool.
        name: String,
        /// JSON.
        arguments: String,
    },
    /// Ask Twilio's REST interface to send the call to its recorder; the outcome comes back as
    /// [`super::Input::RedirectDone`].
    RedirectToFallback,
    /// Write a turn down, or what is new about it.
    Turn(Box<TurnRecord>),
    /// Write down, log and count that something happened.
    Event(CallEvent),
    /// The call is over. Comes once; only writing down comes before it in the same batch, nothing after it.
    Ended {
        /// Why.
        reason: EndReason,
        /// What Twilio is told when it asks what follows.
        after: After,
    },
}

/// What is told to an engine.
#[derive(Clone, Debug, PartialEq)]
pub enum EngineCommand {
    /// A piece of the caller's voice, or silence where the line had a hole.
    Hear(EncodedAudio),
    /// What the caller has said so far is a turn, whatever the engine still hears.
    Commit,
    /// The caller pressed these keys.
    Keys(String),
    /// Say something now.
    Respond(Wish),
    /// Stop an answer.
    Cancel {
        /// Which.
        response: ResponseId,
    },
    /// The caller heard only the beginning of an uttering.
    Truncate {
        /// Which.
        item: ItemId,
        /// How much of it, in milliseconds; at least 1 and at most what was received.
        heard_ms: u64,
    },
    /// The caller heard nothing of an uttering.
    Delete {
        /// Which.
        item: ItemId,
    },
    /// A tool's answer.
    ToolOutput {
        /// The engine's id of the call to it.
        id: String,
        /// For the model to read.
        output: String,
    },
}

/// What the engine is asked to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// An answer to what was said.
    Answer,
    /// This, in words to the model.
    Say(String),
}

/// What Twilio is told when the stream is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// The call is done.
    HangUp,
    /// The caller has hung up. If Twilio asks all the same, only the stream was stopped and the caller is still there: then
    /// its recorder takes a message.
    CallerGone,
    /// Open another stream: the conversation goes on.
    Resume,
    /// Put the caller through to a person.
    Transfer,
    /// Take a message with Twilio's recorder.
    Record,
}

/// Sentences that we have as sound of our own, for when no engine can speak.
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

/// One turn of the conversation, as it goes into the memory of a reopened engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Who.
    pub speaker: Speaker,
    /// What the other side heard.
    pub text: String,
}

/// A turn as it stands now. The same item again replaces what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnRecord {
    /// The engine's id.
    pub item: ItemId,
    /// Its place in the conversation, from 1.
    pub seq: i64,
    /// Who spoke.
    pub speaker: Speaker,
    /// What was said.
    pub text: String,
    /// What of it was heard, a prefix of `text`.
    pub heard_text: String,
    /// Whether it was cut short.
    pub interrupted: bool,
    /// Since the stream began.
    pub started_ms: u64,
    /// Since the stream began.
    pub ended_ms: Option<u64>,
    /// The stages of the answer.
    pub latency: TurnLatency,
    /// What it took.
    pub usage: Usage,
}

/// Something worth knowing about a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallEvent {
    /// Caller and engine are connected.
    Live {
        /// Which engine.
        engine: EngineKind,
    },
    /// The caller's words became known.
    CallerSpeech {
        /// Whether all of them.
        is_final: bool,
    },
    /// The first sound of an answer went out.
    FirstAudio {
        /// Milliseconds since the caller stopped speaking, if the caller had spoken.
        latency_ms: Option<u64>,
    },
    /// The caller spoke over the agent.
    BargeIn {
        /// How much of the uttering was heard, in milliseconds.
        heard_ms: u64,
    },
    /// The caller pressed a key.
    Key(char),
    /// The caller said nothing for long.
    IdlePrompt {
        /// The first, second …
        number: u32,
    },
    /// The caller began to leave a message.
    MessageStarted {
        /// Since the stream began.
        at_ms: u64,
    },
    /// The engine was lost.
    EngineLost {
        /// Which.
        engine: EngineKind,
        /// Why.
        reason: String,
    },
    /// Another engine takes over.
    EngineFailover {
        /// Which.
        to: EngineKind,
    },
    /// The engine refused something.
    EngineWarning {
        /// Its word for it.
        code: String,
    },
    /// An answer took so much.
    Used(Usage),
    /// No stream and engine in time.
    WatchdogFired,
    /// The caller is being put through to a person.
    TransferBegan,
    /// The person took the call.
    TransferAccepted,
    /// The person did not take the call.
    TransferFailed(TransferFailure),
}
