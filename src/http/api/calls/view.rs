//! API types of calls.

#![expect(clippy::struct_field_names, reason = "the fields are those of the JSON")]

use crate::audio::peaks::resample;
use crate::domain::{self, EngineKind, Role, Timestamp};
use crate::http::api::appointments::view::Appointment;
use crate::http::api::knowledge_gaps::view::KnowledgeGap;
use crate::http::api::leads::view::Lead;
use crate::http::api::one_of::OneOf;
use crate::http::api::response::views;
use crate::http::media_stream::ANSWER_PATH;
use crate::runtime::calls::BrowserTicket;
use crate::store::StoredPeaks;
use serde::{Deserialize, Serialize};
use serde_json::Value;

type CallDirection = OneOf<domain::CallDirection>;
pub(super) type CallOutcome = OneOf<domain::CallOutcome>;
type CallMedium = OneOf<domain::CallMedium>;
type CallState = OneOf<domain::CallState>;
type EndReason = OneOf<domain::EndReason>;
type RecordingSource = OneOf<domain::RecordingSource>;
type RecordingState = OneOf<domain::RecordingState>;
type Speaker = OneOf<domain::Speaker>;

/// A page of calls, newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct CallPage {
    pub(super) calls: Vec<CallItem>,
    /// `cursor` of the next page; null on the last page.
    pub(super) next_cursor: Option<String>,
}

/// A call as an item of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct CallItem {
    #[serde(flatten)]
    call: Call,
    /// The name of the contact; may be empty.
    contact_name: String,
    /// The outcome of the call.
    outcome: CallOutcome,
    /// One line about the subject of the call: from the summary, the caller's message, or the caller's first utterance;
    /// null if there is none of these.
    summary_line: Option<String>,
    /// Whether a recording of the call can be played.
    has_audio: bool,
}

impl CallItem {
    pub(in crate::http::api) fn new(item: domain::CallItem, reader: Role) -> Self {
        Self {
            call: Call::new(item.call, reader),
            contact_name: item.contact_name,
            outcome: item.outcome.into(),
            summary_line: item.summary_line,
            has_audio: item.has_audio,
        }
    }
}

/// A call with its turns and recordings.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct CallDetail {
    #[serde(flatten)]
    pub(super) call: CallItem,
    /// The turns of the call in order.
    pub(super) turns: Vec<Turn>,
    /// Whether turns of the call were deleted because of their age, as the settings say.
    pub(super) transcript_pruned: bool,
    /// The recordings of the call; `/api/calls/{id}/recording` returns their audio.
    pub(super) recordings: Vec<Recording>,
    /// Whether the call is being transferred to a phone, which has not accepted it yet. If no one accepts it, the agent
    /// continues the call.
    pub(super) transferring: bool,
    /// The name of the user or API token that ended the call; null if the call ended in another way. The name of a
    /// removed user ends with the user's id, such as `Dana #3`.
    pub(super) hung_up_by: Option<String>,
    /// The appointments that the agent booked, moved or cancelled in the call, in their current state, ordered by time.
    pub(super) bookings: Vec<CallBooking>,
    /// The findings that were extracted from the transcript after the end of the call.
    #[serde(flatten)]
    pub(super) findings: CallFindings,
}

/// The findings that were extracted from a call's transcript after its end.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct CallFindings {
    /// The complete summary; null if none was created.
    summary: Option<String>,
    /// The code of the language that the caller spoke, such as `he`; null if it is not known.
    language: Option<String>,
    /// The lead that was created from the call; null if none was created, or the lead was deleted.
    lead: Option<Lead>,
    /// The questions that the agent could not answer. If a question was asked again in a later call, only that call
    /// lists it.
    questions: Vec<KnowledgeGap>,
}

impl From<domain::CallFindings> for CallFindings {
    fn from(found: domain::CallFindings) -> Self {
        Self {
            summary: found.summary,
            language: found.language,
            lead: found.lead.map(Lead::from),
            questions: views(found.questions),
        }
    }
}

/// An appointment that the agent booked, moved or cancelled in a call.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct CallBooking {
    /// The current state of the appointment.
    appointment: Appointment,
    /// Whether the appointment was booked in the call.
    booked: bool,
    /// Whether the appointment was moved in the call.
    moved: bool,
    /// Whether the appointment was cancelled in the call.
    cancelled: bool,
}

impl From<domain::CallBooking> for CallBooking {
    fn from(of: domain::CallBooking) -> Self {
        let domain::CallBookingChanges { booked, moved, cancelled } = of.changes;
        Self { appointment: of.appointment.into(), booked, moved, cancelled }
    }
}

/// A phone call.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Call {
    /// The id of the call.
    id: i64,
    /// The id of the business.
    business_id: i64,
    /// The id of the call at Twilio (CallSid).
    call_sid: String,
    /// The id of the thread of calls with this contact.
    thread_id: i64,
    /// The id of the contact.
    contact_id: i64,
    /// Whether the call is inbound or outbound.
    direction: CallDirection,
    /// The network of the call: phone or WhatsApp.
    medium: CallMedium,
    /// The contact's number in E.164, or the text that Twilio sent instead (`anonymous`).
    peer_number: String,
    /// The number of the business in this call.
    own_number: String,
    /// The state of the call.
    state: CallState,
    /// The voice engine: `realtime`, `pipeline` or `voicemail`; null if no media stream has begun.
    engine: Option<&'static str>,
    /// The name of the AI model of the voice engine; null if no model was used.
    model: Option<String>,
    /// When Twilio reported the call to the daemon, or, for a call that the daemon found later, when it started.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// When the media stream began, or the agent first answered a recording of Twilio's recorder; null if neither happened.
    #[schema(value_type = Option<String>, format = DateTime)]
    answered_at: Option<Timestamp>,
    /// When the call ended; null while it continues.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    /// Why the call ended; null until the agent's part of the call has ended.
    end_reason: Option<EndReason>,
    /// Whether the service was off or unreachable during the call. The daemon found such a call later in Twilio's list
    /// of calls.
    missed: bool,
    /// The duration in milliseconds, as reported by Twilio, or as measured by the daemon if Twilio has not reported it;
    /// null until the call has ended.
    duration_ms: Option<i64>,
    /// The cost of the AI, in millionths of a dollar; null if the user or token does not have the role `owner`.
    cost_micros: Option<i64>,
    /// The transcript of the message that the caller left; null if there is none.
    message_text: Option<String>,
}

impl Call {
    fn new(call: domain::Call, reader: Role) -> Self {
        Self {
            id: call.id.0,
            business_id: call.business_id.0,
            call_sid: call.call_sid.to_string(),
            thread_id: call.thread_id.0,
            contact_id: call.contact_id.0,
            direction: call.direction.into(),
            medium: call.medium.into(),
            peer_number: call.peer_number,
            own_number: call.own_number,
            state: call.state.into(),
            engine: call.engine.map(EngineKind::as_str),
            model: call.model,
            started_at: call.started_at,
            answered_at: call.answered_at,
            ended_at: call.ended_at,
            end_reason: call.end_reason.map(OneOf),
            missed: call.missed,
            duration_ms: call.duration_ms,
            cost_micros: cost_for(reader, call.cost_micros),
            message_text: call.message_text,
        }
    }
}

/// An utterance of one speaker, or another step of the call, such as a use of a tool.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Turn {
    /// The id of the turn.
    id: i64,
    /// The id of the call.
    call_id: i64,
    /// The position of the turn in the call, from 1.
    seq: i64,
    /// The speaker of the turn.
    speaker: Speaker,
    /// The complete text of the turn; empty if the speaker is `tool`. If the speaker is `employee`, the name of the
    /// employee who talked with the caller through the browser during the turn; the words are not transcribed.
    text: String,
    /// The tool that the agent used; null if the speaker is not `tool`, or if the stored turn cannot be read.
    tool: Option<ToolUse>,
    /// The part of `text` that the other party heard; empty if the speaker is `tool`.
    heard_text: String,
    /// Whether the other party interrupted the turn.
    interrupted: bool,
    /// The start of the turn, in milliseconds since the first media stream of the call began; if only Twilio recorded
    /// the turn, since the start of the call.
    started_ms: i64,
    /// The end of the turn, measured like `started_ms`; null while the turn continues, and if the end is not known.
    ended_ms: Option<i64>,
    /// When each word of `text` was spoken; null if the times are not known. Only some transcribers report them, and only
    /// for the caller's words.
    words: Option<Vec<TurnWord>>,
    /// The latency of each stage of the agent's answer.
    latency: TurnLatency,
    /// The number of AI input tokens of this turn.
    tokens_in: i64,
    /// The number of AI output tokens of this turn.
    tokens_out: i64,
    /// The cost of the AI for this turn, in millionths of a dollar; null if the user or token does not have the role
    /// `owner`.
    cost_micros: Option<i64>,
}

impl Turn {
    pub(super) fn new(turn: domain::Turn, reader: Role) -> Self {
        let is_tool = turn.speaker == domain::Speaker::Tool;
        let tool = if is_tool { domain::ToolUse::from_text(&turn.text) } else { None };
        let text = |text: String| if is_tool { String::new() } else { text };
        Self {
            tool: tool.map(ToolUse::from),
            words: words_of(&turn),
            id: turn.id.0,
            call_id: turn.call_id.0,
            seq: turn.seq,
            speaker: turn.speaker.into(),
            text: text(turn.text),
            heard_text: text(turn.heard_text),
            interrupted: turn.interrupted,
            started_ms: turn.started_ms,
            ended_ms: turn.ended_ms,
            latency: turn.latency.into(),
            tokens_in: turn.tokens_in,
            tokens_out: turn.tokens_out,
            cost_micros: cost_for(reader, turn.cost_micros),
        }
    }
}

/// A word of a turn, with its time.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TurnWord {
    /// The word, with the punctuation that follows it.
    text: String,
    /// The start of the word, in milliseconds since the first media stream of the call began. The recording of that
    /// stream has the same clock.
    start_ms: u64,
    /// The end of the word, measured like `start_ms`.
    end_ms: u64,
}

/// Returns `None` unless each word of the text has a time.
fn words_of(turn: &domain::Turn) -> Option<Vec<TurnWord>> {
    let words: Vec<&str> = turn.text.split_whitespace().collect();
    if words.is_empty() || words.len() != turn.word_times.len() {
        return None;
    }
    let timed = words.into_iter().zip(&turn.word_times);
    let word = |(text, time): (&str, &domain::WordTime)| TurnWord {
        text: text.to_owned(),
        start_ms: time.start_ms,
        end_ms: time.end_ms,
    };
    Some(timed.map(word).collect())
}

pub(in crate::http::api) fn cost_for(reader: Role, micros: i64) -> Option<i64> {
    (reader == Role::Owner).then_some(micros)
}

/// A use of a tool by the agent.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ToolUse {
    /// The name of the tool, such as `book_appointment`.
    name: String,
    /// The arguments that the model passed to the tool. For invalid or very long JSON, a string with its beginning.
    arguments: Value,
    /// The result that was returned to the model, with `error` if the tool failed; null while the tool runs.
    output: Option<Value>,
}

impl From<domain::ToolUse> for ToolUse {
    fn from(tool: domain::ToolUse) -> Self {
        Self { name: tool.name, arguments: tool.arguments, output: tool.output }
    }
}

/// The latency of each stage of one answer, in milliseconds after the caller stopped speaking. A stage that was reached
/// before the end of the speech has 0. A stage that was not observed is null.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TurnLatency {
    /// When the last partial transcript of the caller's speech arrived.
    transcript_partial_ms: Option<i64>,
    /// When the final transcript of the caller's speech arrived. A speech-to-speech model may send it after its answer.
    transcript_final_ms: Option<i64>,
    /// When the AI service began to respond.
    response_created_ms: Option<i64>,
    /// When the first text of the answer arrived from the AI service.
    first_token_ms: Option<i64>,
    /// When the first audio arrived from the AI service.
    first_delta_ms: Option<i64>,
    /// When the first audio was sent to Twilio.
    first_sent_ms: Option<i64>,
    /// When the caller began to hear the answer, as reported by Twilio's mark.
    first_played_ms: Option<i64>,
}

impl From<domain::TurnLatency> for TurnLatency {
    fn from(latency: domain::TurnLatency) -> Self {
        Self {
            transcript_partial_ms: latency.transcript_partial_ms,
            transcript_final_ms: latency.transcript_final_ms,
            response_created_ms: latency.response_created_ms,
            first_token_ms: latency.first_token_ms,
            first_delta_ms: latency.first_delta_ms,
            first_sent_ms: latency.first_sent_ms,
            first_played_ms: latency.first_played_ms,
        }
    }
}

/// A recording of a call.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Recording {
    /// The id of the recording.
    id: i64,
    /// The id of the call.
    call_id: i64,
    /// Whether the daemon or Twilio made the recording.
    source: RecordingSource,
    /// The MIME type of the audio.
    mime: String,
    /// The number of audio channels. With two channels, the caller is on the left channel, and the agent on the right.
    channels: i64,
    /// The duration of the recording in milliseconds.
    duration_ms: i64,
    /// The size of the audio file in bytes.
    bytes: i64,
    /// The state of the recording.
    state: RecordingState,
    /// The offset in milliseconds at which the caller's message begins; null if there is no message.
    message_ms: Option<i64>,
    /// Why the recording could not be downloaded from Twilio; null if no download failed.
    error: Option<String>,
    /// When the recording began; for a recording by Twilio, when the daemon first learned of it.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<domain::Recording> for Recording {
    fn from(recording: domain::Recording) -> Self {
        Self {
            id: recording.id.0,
            call_id: recording.call_id.0,
            source: recording.source.into(),
            mime: recording.mime,
            channels: recording.channels,
            duration_ms: recording.duration_ms,
            bytes: recording.bytes,
            state: recording.state.into(),
            message_ms: recording.message_ms,
            error: recording.error,
            created_at: recording.created_at,
        }
    }
}

/// The id and secret with which a client opens the WebSocket to answer a call.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct CallAnswer {
    /// The id to send as `callSid` in the first message on the WebSocket.
    #[schema(example = "CA00000000000000000000000000000001")]
    id: String,
    /// The secret to send in the first message on the WebSocket. It is valid for one connection and one minute.
    token: String,
    /// The path of the WebSocket on this server.
    #[schema(example = "/ws/answer")]
    socket_path: &'static str,
}

impl From<BrowserTicket> for CallAnswer {
    fn from(ticket: BrowserTicket) -> Self {
        Self { id: ticket.id.as_str().to_owned(), token: ticket.token, socket_path: ANSWER_PATH }
    }
}

/// A hint for the agent of a running call.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HintRequest {
    /// The hint: 1 to 500 characters, in any language.
    #[schema(max_length = 500)]
    pub(super) text: String,
}

/// The loudness of a recording over time, to draw a waveform.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Peaks {
    /// The duration of the recording in milliseconds.
    duration_ms: i64,
    /// The peak levels of the caller's audio in equal intervals, 0 to 255.
    caller: Vec<u8>,
    /// The peak levels of the agent's audio in equal intervals, 0 to 255; empty if only the caller was recorded.
    agent: Vec<u8>,
}

impl Peaks {
    pub(super) fn new(peaks: &StoredPeaks, bins: usize) -> Self {
        let [caller, agent] = [&peaks.caller, &peaks.agent].map(|side| resample(side, bins));
        Self { duration_ms: peaks.duration_ms, caller, agent }
    }
}

/// The file format of a sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::http::api) enum Format {
    Opus,
    Wav,
}
