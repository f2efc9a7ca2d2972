//! The inputs of a call session.

use crate::audio::EncodedAudio;
use crate::domain::{TransferFailure, WordTime};
use crate::promise::Promise;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// The engine's id of an utterance. The session assigns such ids to built-in sentences and to other entries of the
/// transcript.
pub type ItemId = Arc<str>;
/// The engine's id of one response, which may contain several items.
pub type ResponseId = Arc<str>;

/// An event that the driver reports to a call session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// The caller's stream is open and authenticated.
    StreamStarted,
    /// A piece of the caller's audio.
    CallerAudio {
        /// Milliseconds since the stream started, by Twilio's count.
        timestamp_ms: u64,
        /// The audio, usually one frame of 20 ms.
        audio: EncodedAudio,
        /// Whether the local voice detector classifies the audio as voice.
        is_voice: bool,
    },
    /// The caller pressed a key of the telephone, such as `1` or `#`.
    CallerKey(char),
    /// Twilio reports that it has played the audio before this mark, or has dropped that audio because of a clear.
    Mark(String),
    /// Twilio ended the stream: the caller hung up, or the call was redirected.
    StreamStopped,
    /// The stream was lost while Twilio continues the call: the socket failed, or was never connected.
    StreamLost,
    /// The engine that is open reports an event.
    Engine(EngineEvent),
    /// A tool that [`super::Output::RunTool`] started has finished.
    ToolFinished {
        /// The engine's id of the tool call.
        id: String,
        /// The result, for the model.
        output: String,
    },
    /// A command of the business's staff.
    Operator(Operator),
    /// A piece of the microphone's audio of the employee who has taken the call over.
    EmployeeAudio(EncodedAudio),
    /// The connection to the employee who has taken the call over is lost, or is no longer permitted.
    EmployeeLost,
    /// Twilio did not accept the redirect to its recorder; the driver retries the request.
    RedirectFailed,
    /// Twilio accepted the redirect to its recorder, or rejected it permanently.
    RedirectDone,
    /// An employee has begun to answer the call in the web page, but is not connected yet. The page may have to ask for the
    /// microphone.
    PageAnswering,
    /// No employee answers in the web page: no page is open, or all employees with an open page have declined.
    PageUnanswered,
    /// The human agent accepted the transferred call; the stream is no longer used.
    TransferAccepted,
    /// The human agent did not accept the transferred call; the caller is still on the line.
    TransferFailed(TransferFailure),
    /// The daemon is shutting down; the call must be over soon.
    Shutdown {
        /// How long the call may still continue.
        within: Duration,
    },
}

/// A command of the business's staff during a call. The daemon itself also ends trial calls with [`Operator::HangUp`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// Give the agent information that the caller does not hear. Ignored unless [`CallSession::takes_hints`] returns
    /// true.
    ///
    /// [`CallSession::takes_hints`]: super::CallSession::takes_hints
    Hint(String),
    /// End the call after the agent's current utterance, or at once if the conversation has not begun. Ignored during a
    /// redirect, a takeover, a ringing or a transfer, and while the call is already ending.
    HangUp,
    /// Transfer the caller to the human agent's phone now. Ignored unless the call is live, or rings in the web page, and
    /// the caller has a stream.
    Transfer,
    /// Connect the caller with an employee. Ignored unless [`CallSession::may_be_taken_over`] returns true.
    ///
    /// [`CallSession::may_be_taken_over`]: super::CallSession::may_be_taken_over
    TakeOver {
        /// The employee's name, for the transcript.
        name: String,
    },
    /// Let the agent continue, because the employee who has taken the call over hands it back. Ignored if no employee
    /// has taken the call over.
    HandBack,
    /// End the call now, in any state; during a conversation, after a short goodbye.
    End,
}

/// An event of an engine, in a form that is common to all engines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EngineEvent {
    /// The engine can receive and send audio.
    Ready,
    /// The engine sent a message that only shows that its connection works.
    Activity,
    /// The engine has detected that the caller started to speak.
    SpeechStarted {
        /// The caller's utterance, by the engine's id.
        item: ItemId,
        /// The start of the voice, in milliseconds of the audio that was sent to this engine, if the engine reports it.
        at_ms: Option<u64>,
    },
    /// The engine has detected that the caller stopped speaking.
    SpeechStopped {
        /// The caller's utterance, by the engine's id.
        item: ItemId,
        /// The end of the voice, in milliseconds of the audio that was sent to this engine, if the engine reports it.
        at_ms: Option<u64>,
    },
    /// A part of the transcript of the caller's speech, or the full transcript.
    CallerText {
        /// The caller's utterance, by the engine's id.
        item: ItemId,
        /// A further part, or the full text if `is_final` is set.
        text: String,
        /// Whether `text` is the full text.
        is_final: bool,
    },
    /// When the words of an utterance were spoken. May arrive before or after the full transcript.
    CallerWordTimes {
        /// The caller's utterance, by the engine's id.
        item: ItemId,
        /// The time of each word of the full transcript, in milliseconds of the audio that was sent to this engine. Words
        /// are separated by spaces.
        times: Vec<WordTime>,
    },
    /// The engine has found no words in a sound. Only from engines that report speech with its words.
    NoWords {
        /// The end of the sound, in milliseconds of the audio that was sent to this engine.
        until_ms: u64,
    },
    /// The engine could not transcribe the caller's utterance, and will send no more text for it.
    TranscriptionFailed {
        /// The caller's utterance, by the engine's id.
        item: ItemId,
    },
    /// The engine has started to generate a response.
    ResponseStarted {
        /// The new response.
        response: ResponseId,
    },
    /// The model has sent the first token of a response. Only from engines whose text arrives together with its audio.
    FirstToken,
    /// The synthesiser was asked for the first clause of a response. Only from a pipeline.
    SpeechRequested,
    /// A piece of a response's audio.
    AudioDelta {
        /// The response that contains the utterance.
        response: ResponseId,
        /// The utterance of the agent that contains the audio.
        item: ItemId,
        /// Mu-law audio of any length.
        audio: EncodedAudio,
    },
    /// The engine has sent all audio of an utterance.
    AudioDone {
        /// The utterance of the agent, by the engine's id.
        item: ItemId,
    },
    /// A part of the text of the agent's speech, or the full text.
    AgentText {
        /// The response that contains the utterance.
        response: ResponseId,
        /// The utterance of the agent, by the engine's id.
        item: ItemId,
        /// A further part, or the full text if `is_final` is set.
        text: String,
        /// Whether `text` is the full text.
        is_final: bool,
    },
    /// The agent calls a tool. The tool call is complete; the response that contains it may still continue.
    ToolCall {
        /// The response that contains the tool call.
        response: ResponseId,
        /// The id of the tool call, which is sent back with its result.
        id: String,
        /// The requested action.
        call: ToolCall,
    },
    /// A response has ended: completely, early, or with an error.
    ResponseDone {
        /// The response that has ended.
        response: ResponseId,
        /// How the response ended.
        outcome: ResponseOutcome,
        /// The tokens and the cost of the response.
        usage: Usage,
    },
    /// The engine has held back a part of a response, because it says that something was done that was not done, or
    /// offers a time that no tool has returned.
    ClaimStopped {
        /// What the part says.
        promise: Promise,
    },
    /// The caller started to leave a message.
    MessageStarted,
    /// The engine has finished its task; the call may end.
    Finished {
        /// Whether the caller left a message.
        message_taken: bool,
    },
    /// The engine rejected a request or sent a malformed event; the call continues.
    Warning {
        /// The engine's error code, or a code of this program such as `malformed_event`.
        code: String,
    },
    /// The connection to the engine is lost.
    Failed {
        /// Whether it makes sense to reopen the same engine.
        retry: bool,
        /// The error text, for the program's log and the stored events of the call.
        reason: String,
    },
}

/// The action that the agent requests by a tool call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolCall {
    /// End the phone call after the current utterance.
    EndCall,
    /// Transfer the caller to a human agent after the current utterance.
    Transfer {
        /// The caller's request, for the human agent; may be empty.
        reason: String,
    },
    /// Expect the caller to enter a number with the keys of the phone.
    CollectKeys {
        /// The exact number of digits; none if it is unknown, so that the caller ends the input with `#`.
        digits: Option<u8>,
    },
    /// Run a tool that the session does not implement itself.
    Run {
        /// The tool's name.
        name: String,
        /// The arguments, as JSON.
        arguments: String,
        /// The time limit. If the tool takes longer, the agent is informed of the delay, and receives the output later.
        time_limit: Duration,
    },
}

/// How a response ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseOutcome {
    /// The engine generated the complete response.
    Completed,
    /// The response stopped early, because the engine reached a limit.
    Incomplete,
    /// A content filter of the engine stopped the response.
    Filtered,
    /// The session or the engine cancelled the response.
    Cancelled,
    /// The engine could not generate the response.
    Failed {
        /// How long to wait before the next request, if the engine specifies it.
        retry_after: Option<Duration>,
        /// The error text of the engine, as in [`EngineEvent::Failed`]; empty if the engine gives no reason.
        #[serde(default)]
        reason: Box<str>,
    },
}

/// The tokens and the cost of a response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// The number of tokens in the input of the model.
    pub tokens_in: i64,
    /// The number of tokens that the model generated.
    pub tokens_out: i64,
    /// The cost, in millionths of a dollar.
    pub cost_micros: i64,
}
