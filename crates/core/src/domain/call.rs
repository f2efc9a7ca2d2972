//! Phone calls and their transcripts.

use super::{
    Appointment, BusinessId, CallId, CallSid, ContactId, KnowledgeGap, Lead, ThreadId, Timestamp, TurnId, text_enum,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

text_enum! {
    /// The kind of an engine, which conducts the conversation with the caller.
    EngineKind {
        /// OpenAI Realtime: speech to speech.
        Realtime = "realtime",
        /// A transcriber, a language model and a speech synthesiser.
        Pipeline = "pipeline",
        /// OpenAI GPT-Live: speech to speech, in both directions at the same time.
        Live = "live",
        /// Takes a message; needs no external service.
        Voicemail = "voicemail",
    }
}

impl EngineKind {
    /// Returns true if an AI speaks with the caller.
    pub const fn is_ai(self) -> bool {
        match self {
            Self::Realtime | Self::Pipeline | Self::Live => true,
            Self::Voicemail => false,
        }
    }
}

text_enum! {
    /// The direction of a call: `in` if the contact called, `out` if the business called.
    CallDirection { In = "in", Out = "out" }
}

text_enum! {
    /// The network of a call.
    CallMedium {
        /// The telephone network.
        Phone = "phone",
        WhatsApp = "whatsapp",
    }
}

text_enum! {
    /// The state of a call.
    CallState {
        /// Twilio announced the call: the greeting plays, or a phone rings.
        Ringing = "ringing",
        /// The caller talks with the agent, or with an employee who has taken the call over.
        Live = "live",
        /// The call has no media stream, so Twilio's recorder records what the caller says.
        Fallback = "fallback",
        /// A human agent has accepted the call.
        Transferred = "transferred",
        /// The call is over.
        Ended = "ended",
    }
}

text_enum! {
    /// Why a call ended.
    EndReason {
        /// The caller hung up.
        CallerHungUp = "caller_hung_up",
        /// The caller hung up and had heard nothing of the agent, besides the greeting.
        Unanswered = "unanswered",
        /// The agent said goodbye and hung up.
        AgentHungUp = "agent_hung_up",
        /// An employee ended the call on the page or through the API.
        EmployeeHungUp = "employee_hung_up",
        /// The caller left a message.
        MessageTaken = "message_taken",
        /// A human agent accepted the call.
        Transferred = "transferred",
        /// The caller was silent for too long.
        Idle = "idle",
        /// The caller never said a word, so the agent hung up after one question.
        Silent = "silent",
        /// The call reached the maximum duration.
        TooLong = "too_long",
        /// The stream or the AI failed, and Twilio's recorder took over.
        Fallback = "fallback",
        /// The connection to the caller was lost.
        Dropped = "dropped",
        /// The daemon was stopped while the call was live.
        Shutdown = "shutdown",
        /// The call was not answered, was busy, failed, or was cancelled or rejected before a media stream began.
        NotConnected = "not_connected",
        /// The call was rejected, because its caller is blocked.
        Blocked = "blocked",
        /// The agent hung up, because the caller was a machine: a fax, a modem or a recorded announcement.
        Robot = "robot",
        /// The end was not reported, because the daemon was killed or Twilio's webhook was lost; the daemon found out
        /// later.
        Interrupted = "interrupted",
    }
}

impl EndReason {
    /// Returns the reason in words, for the daemon's log.
    pub const fn words(self) -> &'static str {
        match self {
            Self::CallerHungUp => "the caller hung up",
            Self::Unanswered => "the caller hung up before the agent answered",
            Self::AgentHungUp => "the agent hung up",
            Self::EmployeeHungUp => "an employee ended the call",
            Self::MessageTaken => "the caller left a message",
            Self::Transferred => "a human agent took over",
            Self::Idle => "the caller was silent for too long",
            Self::Silent => "the caller never said a word",
            Self::TooLong => "it reached its maximum duration",
            Self::Fallback => "its media stream or the AI failed",
            Self::Dropped => "the connection to the caller was lost",
            Self::Shutdown => "the daemon stops",
            Self::NotConnected => "it was not connected",
            Self::Blocked => "the caller is blocked",
            Self::Robot => "the caller is a machine",
            Self::Interrupted => "the daemon was interrupted",
        }
    }
}

text_enum! {
    /// Why a transfer failed.
    TransferFailure {
        /// The human agent answered and pressed another key than 1.
        Declined = "declined",
        /// The call was answered, but no key was pressed: by voicemail, or by a human agent who did not react.
        NotAccepted = "not_accepted",
        /// The line was busy, or the human agent rejected the call.
        Busy = "busy",
        /// The human agent did not answer in time.
        NoAnswer = "no_answer",
        /// The number could not be reached.
        Failed = "failed",
    }
}

impl TransferFailure {
    /// Returns the reason in words, for the daemon's log.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Declined => "the human agent declined the call",
            Self::NotAccepted => "the call was answered, but not accepted with a key",
            Self::Busy => "the line was busy, or the call was rejected",
            Self::NoAnswer => "the human agent did not answer in time",
            Self::Failed => "the number could not be reached",
        }
    }
}

text_enum! {
    /// The speaker of a turn.
    Speaker {
        Caller = "caller",
        Agent = "agent",
        /// A use of a tool by the agent.
        Tool = "tool",
        /// A hint of an employee.
        System = "system",
        /// An employee who talked with the caller. The text is the employee's name; the words are not transcribed.
        Employee = "employee",
    }
}

/// A phone call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The id: the number of the database row.
    pub id: CallId,
    /// The business that was called or that called.
    pub business_id: BusinessId,
    /// Twilio's id of the call.
    pub call_sid: CallSid,
    /// The thread of calls with this contact.
    pub thread_id: ThreadId,
    /// The contact at the other end of the line.
    pub contact_id: ContactId,
    /// Whether the contact or the business called.
    pub direction: CallDirection,
    /// The network: phone or WhatsApp.
    pub medium: CallMedium,
    /// The contact's number in E.164, or the value that Twilio sent instead, such as `anonymous`.
    pub peer_number: String,
    /// The business's number that was called or that called.
    pub own_number: String,
    /// The phase in which the call is.
    pub state: CallState,
    /// The voice engine; none before the stream begins.
    pub engine: Option<EngineKind>,
    /// The name of the AI model; none if no AI was used.
    pub model: Option<String>,
    /// When Twilio announced the call.
    pub started_at: Timestamp,
    /// When the media stream began; none if the call has had no media stream.
    pub answered_at: Option<Timestamp>,
    /// When the call ended; none while it is active.
    pub ended_at: Option<Timestamp>,
    /// Why the call, or the agent's part of it, ended.
    pub end_reason: Option<EndReason>,
    /// Whether the service was off or unreachable during the call, and found the call in Twilio's list afterwards.
    pub missed: bool,
    /// The duration that Twilio reports, or the measured duration if Twilio reports none.
    pub duration_ms: Option<i64>,
    /// The cost of the AI, in millionths of a dollar.
    pub cost_micros: i64,
    /// The transcript of the message that the caller left, if there is one.
    pub message_text: Option<String>,
}

/// Information that was extracted from a call after its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallFindings {
    /// The full summary of the conversation; none if no summary was written yet.
    pub summary: Option<String>,
    /// The language that the caller spoke, ISO 639-1.
    pub language: Option<String>,
    /// The lead that the call produced; none if it produced none.
    pub lead: Option<Lead>,
    /// The questions that the agent could not answer. A question that was asked again belongs only to the latest call.
    pub questions: Vec<KnowledgeGap>,
}

/// The latency of each stage of an answer, in milliseconds after the caller stopped speaking. A stage that was reached
/// before that has 0; a stage that was not observed is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TurnLatency {
    /// The last partial transcript of the caller's speech arrived.
    pub transcript_partial_ms: Option<i64>,
    /// The final transcript of the caller's speech arrived. A Realtime engine may send it after the answer.
    pub transcript_final_ms: Option<i64>,
    /// The first text of the answer arrived from the AI.
    pub first_token_ms: Option<i64>,
    /// The AI began to respond.
    pub response_created_ms: Option<i64>,
    /// The first audio arrived from the AI.
    pub first_delta_ms: Option<i64>,
    /// The first audio was sent to Twilio.
    pub first_sent_ms: Option<i64>,
    /// The caller began to hear the answer, according to Twilio's mark.
    pub first_played_ms: Option<i64>,
}

/// A tool call of the agent: the content of a turn of [`Speaker::Tool`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolUse {
    /// The name of the tool.
    pub name: String,
    /// The arguments that the model passed.
    pub arguments: Value,
    /// The output of the tool; none while the tool runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Value>,
}

impl ToolUse {
    /// Creates a tool call without an output.
    pub fn new(name: &str, arguments: &str) -> Self {
        Self { name: name.to_owned(), arguments: parsed(arguments), output: None }
    }

    /// Returns the tool call with its output.
    #[must_use]
    pub fn with_output(self, output: &str) -> Self {
        Self { output: Some(parsed(output)), ..self }
    }

    /// Returns the output for an engine that continues the conversation. While the tool runs, the output says so: a
    /// model that does not know of the tool call would make it again.
    pub fn output_for_model(&self) -> String {
        self.output.as_ref().map_or_else(|| STILL_RUNNING.to_owned(), Value::to_string)
    }

    /// Returns true if the output for a model says that the tool is still running.
    pub fn is_running(output_for_model: &str) -> bool {
        output_for_model == STILL_RUNNING
    }

    /// Returns the stored form: JSON.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Parses the stored form; none if it is invalid.
    pub fn from_text(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Returns the output if the tool succeeded: a JSON object without the field `error`.
    pub fn success(&self) -> Option<&Value> {
        self.output.as_ref().filter(|output| output.is_object() && output.get("error").is_none())
    }
}

/// Parses the JSON of a model or a tool. Invalid or very long JSON is stored as a string that contains its beginning.
fn parsed(json: &str) -> Value {
    let value = if json.len() <= MAX_TOOL_JSON { serde_json::from_str(json).ok() } else { None };
    value.unwrap_or_else(|| Value::String(json.chars().take(MAX_TOOL_TEXT).collect()))
}

/// What a model receives in place of the output of a tool that is still running.
const STILL_RUNNING: &str = r#"{"error":"it is still running; do not call it again: its result follows"}"#;
/// The longest JSON that is stored as JSON, in bytes.
const MAX_TOOL_JSON: usize = 16 * 1024;
/// The length to which longer or invalid JSON is truncated, in characters.
const MAX_TOOL_TEXT: usize = 1_000;

/// When a word of an utterance was spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WordTime {
    /// The start of the word, in milliseconds.
    pub start_ms: u64,
    /// The end of the word, counted in the same way.
    pub end_ms: u64,
}

/// An entry of a call's transcript: an utterance, a use of a tool, a hint, or an employee's talk with the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The id: the number of the database row.
    pub id: TurnId,
    /// The call to which the turn belongs.
    pub call_id: CallId,
    /// The position in the call, from 1.
    pub seq: i64,
    /// The party that spoke, or the source of the entry.
    pub speaker: Speaker,
    /// The whole text. For a tool, the stored form of a [`ToolUse`].
    pub text: String,
    /// The part of `text` that the other side heard.
    pub heard_text: String,
    /// Whether the utterance was cut off before its end.
    pub interrupted: bool,
    /// When the utterance began, in milliseconds since the first stream of the call began. Utterances that only
    /// Twilio's recorder has recorded count from the start of the call.
    pub started_ms: i64,
    /// When the utterance ended, counted in the same way; none if it is unknown.
    pub ended_ms: Option<i64>,
    /// When each word of `text` was spoken, counted like `started_ms`; empty if the times are unknown.
    pub word_times: Vec<WordTime>,
    /// The latency of each stage of the answer.
    pub latency: TurnLatency,
    /// The number of input tokens of the AI for this turn.
    pub tokens_in: i64,
    /// The number of output tokens of the AI for this turn.
    pub tokens_out: i64,
    /// The cost, in millionths of a dollar.
    pub cost_micros: i64,
}

/// An appointment that the agent booked, moved or cancelled in a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallBooking {
    /// The current state of the appointment.
    pub appointment: Appointment,
    /// The actions of the agent.
    pub changes: CallBookingChanges,
}

/// The actions of the agent on an appointment in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallBookingChanges {
    /// The agent booked the appointment.
    pub booked: bool,
    /// The agent moved the appointment.
    pub moved: bool,
    /// The agent cancelled the appointment.
    pub cancelled: bool,
}
