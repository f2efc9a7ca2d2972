//! Phone calls and what was said in them.

use super::{BusinessId, CallId, CallSid, ContactId, ThreadId, Timestamp, TurnId, text_enum};
use serde::{Deserialize, Serialize};

text_enum! {
    /// Who called whom.
    CallDirection { In = "in", Out = "out" }
}

text_enum! {
    /// By which network a call came.
    CallMedium {
        /// The telephone network.
        Phone = "phone",
        /// WhatsApp.
        WhatsApp = "whatsapp",
    }
}

text_enum! {
    /// Where a call stands.
    CallState {
        /// Twilio told us of it; the greeting plays.
        Ringing = "ringing",
        /// The caller talks with the agent.
        Live = "live",
        /// Twilio records turn by turn, because the live stream is not there.
        Fallback = "fallback",
        /// A person of the business has taken over.
        Transferred = "transferred",
        /// Over.
        Ended = "ended",
    }
}

text_enum! {
    /// Why a call ended. Exactly one for each call.
    EndReason {
        /// The caller hung up.
        CallerHungUp = "caller_hung_up",
        /// The agent said goodbye and hung up.
        AgentHungUp = "agent_hung_up",
        /// The caller left a message.
        MessageTaken = "message_taken",
        /// A person of the business took over.
        Transferred = "transferred",
        /// Nobody spoke any more.
        Idle = "idle",
        /// The longest call that the settings allow.
        TooLong = "too_long",
        /// The stream or the AI failed, and Twilio's recorder took over.
        Fallback = "fallback",
        /// The connection to the caller was lost.
        Dropped = "dropped",
        /// The daemon was stopped while the call was live.
        Shutdown = "shutdown",
        /// The call never got as far as a stream: busy, failed, cancelled.
        NotConnected = "not_connected",
        /// Found unfinished after a crash.
        Interrupted = "interrupted",
    }
}

text_enum! {
    /// Why a call that was to be put through came back.
    TransferFailure {
        /// The person answered and pressed another key than 1.
        Declined = "declined",
        /// Something answered and pressed nothing: a mailbox, or nobody at the phone.
        NotAccepted = "not_accepted",
        /// The line was busy, or the person refused the call.
        Busy = "busy",
        /// Nobody answered in time.
        NoAnswer = "no_answer",
        /// The number could not be reached.
        Failed = "failed",
    }
}

text_enum! {
    /// Who spoke a turn.
    Speaker { Caller = "caller", Agent = "agent", Tool = "tool", System = "system" }
}

/// One phone call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Call {
    /// Our id.
    #[schema(value_type = i64)]
    pub id: CallId,
    /// Whose call it is.
    #[schema(value_type = i64)]
    pub business_id: BusinessId,
    /// Twilio's id.
    #[schema(value_type = String)]
    pub call_sid: CallSid,
    /// The thread of calls with this person.
    #[schema(value_type = i64)]
    pub thread_id: ThreadId,
    /// The person.
    #[schema(value_type = i64)]
    pub contact_id: ContactId,
    /// Who called whom.
    pub direction: CallDirection,
    /// By which network.
    pub medium: CallMedium,
    /// The other side: E.164 with `+` where a number is known, else what Twilio said (`anonymous`).
    pub peer_number: String,
    /// Our number.
    pub own_number: String,
    /// Where it stands.
    pub state: CallState,
    /// What answers: `realtime`, `voicemail`, `record`; none before the stream began.
    pub engine: Option<String>,
    /// The AI model.
    pub model: Option<String>,
    /// When Twilio told us of it.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// When the stream began.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub answered_at: Option<Timestamp>,
    /// When it was over.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// Why it ended.
    pub end_reason: Option<EndReason>,
    /// Whether the service did not answer it, because it was off or could not be reached. Twilio told of it afterwards.
    pub missed: bool,
    /// Its length as Twilio counts it, else from our own times.
    pub duration_ms: Option<i64>,
    /// What it cost at the AI, in millionths of a dollar.
    pub cost_micros: i64,
    /// The message that the caller left, in words, where it is known.
    pub message_text: Option<String>,
}

/// When the stages of one answer happened, in milliseconds after the caller stopped speaking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TurnLatency {
    /// The AI began to answer.
    pub response_created_ms: Option<i64>,
    /// Its first audio reached us.
    pub first_delta_ms: Option<i64>,
    /// We sent it on.
    pub first_sent_ms: Option<i64>,
    /// The caller heard it, as Twilio's mark says.
    pub first_played_ms: Option<i64>,
}

/// One uttering by one speaker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Turn {
    /// Our id.
    #[schema(value_type = i64)]
    pub id: TurnId,
    /// The call.
    #[schema(value_type = i64)]
    pub call_id: CallId,
    /// Its place in the conversation, from 1.
    pub seq: i64,
    /// Who spoke.
    pub speaker: Speaker,
    /// What was said, all of it.
    pub text: String,
    /// What of it the other side heard; for the agent a prefix of `text`.
    pub heard_text: String,
    /// Whether the other side cut it short.
    pub interrupted: bool,
    /// From the beginning of the stream.
    pub started_ms: i64,
    /// From the beginning of the stream.
    pub ended_ms: Option<i64>,
    /// How long each stage of the answer took.
    pub latency: TurnLatency,
    /// AI tokens read and written for this turn.
    pub tokens_in: i64,
    /// AI tokens written for this turn.
    pub tokens_out: i64,
    /// What it cost, in millionths of a dollar.
    pub cost_micros: i64,
}
