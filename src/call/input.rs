//! What can happen to a call.

use crate::audio::EncodedAudio;
use crate::domain::TransferFailure;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// An engine's id of one uttering.
pub type ItemId = Arc<str>;
/// An engine's id of one answer, which may hold several items.
pub type ResponseId = Arc<str>;

/// What can happen to a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The caller's stream is open and its token was good.
    StreamStarted,
    /// A piece of the caller's voice.
    CallerAudio {
        /// Milliseconds since the stream began, as Twilio counts them.
        timestamp_ms: u64,
        /// The sound.
        audio: EncodedAudio,
        /// Whether our own detector takes it for a voice.
        is_voice: bool,
    },
    /// The caller pressed a key.
    CallerKey(char),
    /// Twilio says that a mark has been reached, or dropped by a clear.
    Mark(String),
    /// Twilio ended the stream: the caller hung up, or the call was redirected.
    StreamStopped,
    /// There is no stream any more, and Twilio goes on without it: its socket broke, or it never came to be.
    StreamLost,
    /// News from the engine.
    Engine(EngineEvent),
    /// A tool has answered.
    ToolFinished {
        /// The engine's id of the call to it.
        id: String,
        /// What it says, for the model to read.
        output: String,
    },
    /// Somebody of the business wants something.
    Operator(Operator),
    /// Twilio was asked for the redirect to its recorder and has not taken it; it is asked again.
    RedirectFailed,
    /// Twilio took the redirect to its recorder, or will not.
    RedirectDone,
    /// The person accepted the call that was put through: they talk without us.
    TransferAccepted,
    /// The person did not take the call that was put through; the caller is still there.
    TransferFailed(TransferFailure),
    /// The daemon stops; the call must be over by then.
    Shutdown {
        /// The last moment.
        deadline: Instant,
    },
}

/// What somebody of the business, or the agent itself, can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// End the call when what is being said has been said.
    HangUp,
    /// Pass the call on to a person.
    Transfer,
}

/// News from an engine, in words that fit all of them.
#[derive(Clone, Debug, PartialEq)]
pub enum EngineEvent {
    /// It can hear and speak.
    Ready,
    /// It sent something that is of no other interest.
    Alive,
    /// The caller began to speak.
    SpeechStarted {
        /// The uttering.
        item: ItemId,
        /// When, in milliseconds of the sound that this engine has been sent, if it says so.
        at_ms: Option<u64>,
    },
    /// The caller stopped.
    SpeechStopped {
        /// The uttering.
        item: ItemId,
        /// When the caller's voice ended, counted in the same way.
        at_ms: Option<u64>,
    },
    /// What the caller said, as far as it is known.
    CallerText {
        /// The uttering.
        item: ItemId,
        /// A further piece, or all of it.
        text: String,
        /// Whether this is all of it.
        is_final: bool,
    },
    /// An answer begins.
    ResponseStarted {
        /// Its id.
        response: ResponseId,
    },
    /// A piece of an answer's sound.
    AudioDelta {
        /// The answer.
        response: ResponseId,
        /// The uttering.
        item: ItemId,
        /// The sound.
        audio: EncodedAudio,
    },
    /// There will be no more sound of this uttering.
    AudioDone {
        /// The uttering.
        item: ItemId,
    },
    /// What the agent says, as far as it is known.
    AgentText {
        /// The answer.
        response: ResponseId,
        /// The uttering.
        item: ItemId,
        /// A further piece, or all of it.
        text: String,
        /// Whether this is all of it.
        is_final: bool,
    },
    /// The agent wants something done: the call is complete, its answer need not be.
    ToolCall {
        /// The answer that the call is a part of.
        response: ResponseId,
        /// Goes back with the result.
        id: String,
        /// Which tool.
        name: String,
        /// JSON.
        arguments: String,
    },
    /// An answer is complete, or will never be.
    ResponseDone {
        /// Its id.
        response: ResponseId,
        /// How it ended.
        outcome: ResponseOutcome,
        /// What it took.
        usage: Usage,
    },
    /// The caller began to leave a message.
    MessageStarted,
    /// The engine has nothing more to do; the call may end.
    Finished {
        /// Whether the caller left a message.
        message_taken: bool,
    },
    /// Something was refused; the call goes on.
    Warning {
        /// The engine's word for it.
        code: String,
    },
    /// The engine is lost.
    Failed {
        /// Whether it makes sense to try the same one again.
        retry: bool,
        /// Why, for the log.
        reason: String,
    },
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseOutcome {
    /// It was said.
    Completed,
    /// It ended before its end: the engine has reached a limit, or may not say the rest.
    Incomplete,
    /// It was cut.
    Cancelled,
    /// It failed.
    Failed {
        /// The engine takes no request before, if it says so.
        retry_after: Option<Duration>,
    },
}

/// What an answer took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens read.
    pub tokens_in: i64,
    /// Tokens written.
    pub tokens_out: i64,
    /// Money, in millionths of a dollar.
    pub cost_micros: i64,
}
