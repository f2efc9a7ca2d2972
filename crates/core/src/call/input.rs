//! The inputs of a call session.

use crate::audio::EncodedAudio;
use crate::domain::TransferFailure;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// An engine's id of one utterance.
pub type ItemId = Arc<str>;
/// An engine's id of one response, which may hold several items.
pub type ResponseId = Arc<str>;

/// An input of a call session.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The caller's stream is open and authenticated.
    StreamStarted,
    /// A piece of the caller's audio.
    CallerAudio {
        /// Milliseconds since the stream started, by Twilio's count.
        timestamp_ms: u64,
        /// The audio.
        audio: EncodedAudio,
        /// Whether the local voice detector classifies it as voice.
        is_voice: bool,
    },
    /// The caller pressed a key.
    CallerKey(char),
    /// Twilio reports that a mark was reached, or was dropped by a clear.
    Mark(String),
    /// Twilio ended the stream: the caller hung up, or the call was redirected.
    StreamStopped,
    /// The stream is gone while Twilio continues the call: the socket failed, or was never connected.
    StreamLost,
    /// An event of the engine.
    Engine(EngineEvent),
    /// A tool has returned.
    ToolFinished {
        /// The engine's id of the tool call.
        id: String,
        /// The result, for the model.
        output: String,
    },
    /// A command of an operator.
    Operator(Operator),
    /// Twilio did not accept the redirect to its recorder; the request is retried.
    RedirectFailed,
    /// Twilio accepted the redirect to its recorder, or rejected it permanently.
    RedirectDone,
    /// The human agent accepted the transferred call; the stream is not used any more.
    TransferAccepted,
    /// The human agent did not accept the transferred call; the caller is still on the line.
    TransferFailed(TransferFailure),
    /// The daemon is shutting down; the call must be over by the deadline.
    Shutdown {
        /// The deadline.
        deadline: Instant,
    },
}

/// A command of the business's staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operator {
    /// Tell the agent something that the caller does not hear. It is ignored unless [`CallSession::takes_hints`].
    ///
    /// [`CallSession::takes_hints`]: super::CallSession::takes_hints
    Hint(String),
    /// End the call after the current utterance.
    HangUp,
    /// Put the caller through to the human agent now: the agent stops speaking, and the caller is asked for a moment.
    Transfer,
    /// End the call now, whatever it does: the agent stops speaking, and the caller hears only a goodbye.
    End,
}

/// An event of an engine, in terms that fit all engines.
#[derive(Clone, Debug, PartialEq)]
pub enum EngineEvent {
    /// The engine can receive and send audio.
    Ready,
    /// The engine sent a message that only shows that it is alive.
    Activity,
    /// The caller started to speak.
    SpeechStarted {
        /// The utterance.
        item: ItemId,
        /// The time in milliseconds of the audio that was sent to this engine, if the engine reports it.
        at_ms: Option<u64>,
    },
    /// The caller stopped speaking.
    SpeechStopped {
        /// The utterance.
        item: ItemId,
        /// The end of the caller's voice, counted in the same way.
        at_ms: Option<u64>,
    },
    /// The transcript of the caller's speech, as far as it is known.
    CallerText {
        /// The utterance.
        item: ItemId,
        /// A further piece, or the full text.
        text: String,
        /// Whether `text` is the full text.
        is_final: bool,
    },
    /// The words of the caller's utterance will not be known.
    TranscriptionFailed {
        /// The utterance.
        item: ItemId,
    },
    /// A response started.
    ResponseStarted {
        /// Its id.
        response: ResponseId,
    },
    /// A piece of a response's audio.
    AudioDelta {
        /// The response.
        response: ResponseId,
        /// The utterance.
        item: ItemId,
        /// The audio.
        audio: EncodedAudio,
    },
    /// The utterance's audio is complete.
    AudioDone {
        /// The utterance.
        item: ItemId,
    },
    /// The text of the agent's speech, as far as it is known.
    AgentText {
        /// The response.
        response: ResponseId,
        /// The utterance.
        item: ItemId,
        /// A further piece, or the full text.
        text: String,
        /// Whether `text` is the full text.
        is_final: bool,
    },
    /// The agent calls a tool: the tool call is complete, its response need not be.
    ToolCall {
        /// The response that contains the tool call.
        response: ResponseId,
        /// Returned with the result.
        id: String,
        /// What the agent asks for.
        call: ToolCall,
    },
    /// A response is complete, or will never be.
    ResponseDone {
        /// Its id.
        response: ResponseId,
        /// Its outcome.
        outcome: ResponseOutcome,
        /// Its usage.
        usage: Usage,
    },
    /// The caller started to leave a message.
    MessageStarted,
    /// The engine is done; the call may end.
    Finished {
        /// Whether the caller left a message.
        message_taken: bool,
    },
    /// The engine rejected a request; the call continues.
    Warning {
        /// The engine's error code.
        code: String,
    },
    /// The engine is lost.
    Failed {
        /// Whether reopening the same engine makes sense.
        retry: bool,
        /// The reason, for the log.
        reason: String,
    },
}

/// What the agent asks for by a tool call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolCall {
    /// End the phone call after the current utterance.
    EndCall,
    /// Transfer the caller to a human agent after the current utterance.
    Transfer {
        /// What the caller wants, for the human agent; may be empty.
        reason: String,
    },
    /// Run a tool that the session does not implement itself.
    Run {
        /// The tool.
        name: String,
        /// JSON.
        arguments: String,
        /// If the tool takes longer, the agent is informed, and receives the output later.
        time_limit: Duration,
    },
}

/// The outcome of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseOutcome {
    /// It was generated completely.
    Completed,
    /// It stopped early: the engine reached a limit, or a content filter stopped it.
    Incomplete,
    /// It was cancelled.
    Cancelled,
    /// It failed.
    Failed {
        /// How long to wait before the next request, if the engine says so.
        retry_after: Option<Duration>,
    },
}

/// The usage of a response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Input tokens.
    pub tokens_in: i64,
    /// Output tokens.
    pub tokens_out: i64,
    /// The cost, in millionths of a dollar.
    pub cost_micros: i64,
}
