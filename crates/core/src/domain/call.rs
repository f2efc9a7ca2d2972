//! Phone calls and their transcripts.

use super::{
    Appointment, BusinessId, CallId, CallSid, ContactId, KnowledgeGap, Lead, ThreadId, Timestamp, TurnId, text_enum,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

text_enum! {
    /// Who called whom.
    CallDirection { In = "in", Out = "out" }
}

text_enum! {
    /// The network of a call.
    CallMedium {
        /// The telephone network.
        Phone = "phone",
        /// WhatsApp.
        WhatsApp = "whatsapp",
    }
}

text_enum! {
    /// The state of a call.
    CallState {
        /// Twilio announced it; the greeting plays.
        Ringing = "ringing",
        /// The caller talks with the agent.
        Live = "live",
        /// Twilio records turn by turn, because there is no media stream.
        Fallback = "fallback",
        /// A human agent has taken over.
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
        /// The agent said goodbye and hung up.
        AgentHungUp = "agent_hung_up",
        /// An employee ended the call on the page or through the API.
        EmployeeHungUp = "employee_hung_up",
        /// The caller left a message.
        MessageTaken = "message_taken",
        /// A human agent took over.
        Transferred = "transferred",
        /// The caller was silent for too long.
        Idle = "idle",
        /// The call reached the maximum duration.
        TooLong = "too_long",
        /// The stream or the AI failed, and Twilio's recorder took over.
        Fallback = "fallback",
        /// The connection to the caller was lost.
        Dropped = "dropped",
        /// The daemon was stopped while the call was live.
        Shutdown = "shutdown",
        /// The call never reached a media stream: busy, failed, cancelled.
        NotConnected = "not_connected",
        /// Rejected, because its caller is blocked.
        Blocked = "blocked",
        /// Found unfinished after a crash.
        Interrupted = "interrupted",
    }
}

text_enum! {
    /// Why a transfer failed.
    TransferFailure {
        /// The human agent answered and pressed another key than 1.
        Declined = "declined",
        /// The call was answered and no key was pressed: voicemail, or no reaction.
        NotAccepted = "not_accepted",
        /// The line was busy, or the human agent rejected the call.
        Busy = "busy",
        /// Not answered in time.
        NoAnswer = "no_answer",
        /// The number could not be reached.
        Failed = "failed",
    }
}

text_enum! {
    /// The speaker of a turn.
    Speaker { Caller = "caller", Agent = "agent", Tool = "tool", System = "system" }
}

/// A phone call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The id.
    pub id: CallId,
    /// The business.
    pub business_id: BusinessId,
    /// Twilio's CallSid.
    pub call_sid: CallSid,
    /// The thread of calls with this contact.
    pub thread_id: ThreadId,
    /// The contact.
    pub contact_id: ContactId,
    /// Who called whom.
    pub direction: CallDirection,
    /// The network: phone or WhatsApp.
    pub medium: CallMedium,
    /// The caller's number in E.164, else what Twilio sent (`anonymous`).
    pub peer_number: String,
    /// The business's number.
    pub own_number: String,
    /// The state of the call.
    pub state: CallState,
    /// The voice engine: `realtime`, `voicemail`, `record`; null before the stream began.
    pub engine: Option<String>,
    /// The AI model.
    pub model: Option<String>,
    /// When Twilio announced the call.
    pub started_at: Timestamp,
    /// When the media stream began.
    pub answered_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why it ended.
    pub end_reason: Option<EndReason>,
    /// Whether the call was missed: the service was off or unreachable, and learned of the call from Twilio's list afterwards.
    pub missed: bool,
    /// The duration as Twilio reports it, else as measured here.
    pub duration_ms: Option<i64>,
    /// The cost of the AI, in millionths of a dollar.
    pub cost_micros: i64,
    /// The transcript of the message that the caller left, if there is one.
    pub message_text: Option<String>,
}

/// What was recorded about a call after its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallFindings {
    /// The whole summary.
    pub summary: Option<String>,
    /// The language that the caller spoke, ISO 639-1.
    pub language: Option<String>,
    /// What the caller may buy.
    pub lead: Option<Lead>,
    /// The questions that the agent could not answer, and that were not asked again in a later call.
    pub questions: Vec<KnowledgeGap>,
}

/// The latency of each stage of one answer, in milliseconds after the caller stopped speaking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TurnLatency {
    /// The AI began to respond.
    pub response_created_ms: Option<i64>,
    /// The first audio arrived from the AI.
    pub first_delta_ms: Option<i64>,
    /// The first audio was sent to Twilio.
    pub first_sent_ms: Option<i64>,
    /// The caller began to hear it, by Twilio's mark.
    pub first_played_ms: Option<i64>,
}

/// What a turn of [`Speaker::Tool`] says: a tool that the agent used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolUse {
    /// The tool.
    pub name: String,
    /// Its arguments, as the model passed them.
    pub arguments: Value,
    /// What it returned to the model; none while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Value>,
}

impl ToolUse {
    /// A tool that has not answered.
    pub fn new(name: &str, arguments: &str) -> Self {
        Self { name: name.to_owned(), arguments: parsed(arguments), output: None }
    }

    /// The same with its answer.
    #[must_use]
    pub fn with_output(self, output: &str) -> Self {
        Self { output: Some(parsed(output)), ..self }
    }

    /// The stored form.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads the stored form.
    pub fn from_text(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The answer of a tool that did what it was asked to do: without an error.
    pub fn success(&self) -> Option<&Value> {
        self.output.as_ref().filter(|output| output.is_object() && output.get("error").is_none())
    }
}

/// The JSON of a model or a tool. What is no JSON, or very long, is kept as the beginning of its text.
fn parsed(json: &str) -> Value {
    let value = if json.len() <= MAX_TOOL_JSON { serde_json::from_str(json).ok() } else { None };
    value.unwrap_or_else(|| Value::String(json.chars().take(MAX_TOOL_TEXT).collect()))
}

/// The longest JSON that is kept, in bytes.
const MAX_TOOL_JSON: usize = 16 * 1024;
/// How much is kept of longer ones, in characters.
const MAX_TOOL_TEXT: usize = 1_000;

/// An utterance of one speaker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The id.
    pub id: TurnId,
    /// The call.
    pub call_id: CallId,
    /// The position in the call, from 1.
    pub seq: i64,
    /// The speaker.
    pub speaker: Speaker,
    /// The whole text.
    pub text: String,
    /// The part of `text` that the other side heard.
    pub heard_text: String,
    /// Whether the other side interrupted it.
    pub interrupted: bool,
    /// Milliseconds since the stream began.
    pub started_ms: i64,
    /// Milliseconds since the stream began.
    pub ended_ms: Option<i64>,
    /// The latency of each stage of the answer.
    pub latency: TurnLatency,
    /// AI tokens read for this turn.
    pub tokens_in: i64,
    /// AI tokens written for this turn.
    pub tokens_out: i64,
    /// The cost, in millionths of a dollar.
    pub cost_micros: i64,
}

/// An appointment that the agent booked, moved or cancelled in a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallBooking {
    /// The appointment as it is now.
    pub appointment: Appointment,
    /// What the agent did.
    pub changes: CallBookingChanges,
}

/// What the agent did with an appointment in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallBookingChanges {
    /// It was booked.
    pub booked: bool,
    /// It was moved.
    pub moved: bool,
    /// It was cancelled.
    pub cancelled: bool,
}
