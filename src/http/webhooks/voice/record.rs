//! The fallback without a media stream: Twilio records the caller, turn by turn.

use super::response::{self, RECORDER as PATH, answer};
use super::webhook::{
    NO_CALL, call_sid, incoming, is_outbound, log_malformed, own_query, public_url, raw, store_best_effort,
};
use crate::clock;
use crate::crm::call;
use crate::crm::recording::{self, NewRecording, RecordingPurpose};
use crate::domain::{CallSid, EndReason, RecordingSid};
use crate::http::{AppState, TwilioForm};
use crate::messages::Phrase;
use crate::providers::twilio::twiml::Verb;
use crate::runtime::recorded_turns::Reply;
use crate::store::WriteTx;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;

/// The seconds of silence that end a recording.
const SILENCE_S: u32 = 5;

/// Handles `POST /webhook/handle_recording`, with or without a recording. With `answer` in the query, returns the
/// answer to an earlier recording.
pub(super) async fn handle(State(state): State<AppState>, uri: Uri, form: TwilioForm) -> Response {
    let Some(call) = call_sid(&form) else {
        log_malformed(&state, &form, PATH, NO_CALL).await;
        return answer(&prompt(&state));
    };
    state.calls.hand_to_recorder(&call);
    let country = state.config().business.country;
    if let Some(waited) = PendingReply::read(&uri) {
        return reply(&state, &call, waited).await;
    }
    let Some(new) = new_recording(&form, &call) else {
        if is_outbound(&state, &call).await {
            let (raw, asked, at) = (raw(&form, PATH), call.clone(), clock::now());
            store_best_effort(&state, PATH, call.as_str(), move |tx| call::log_notification(tx, &raw, &asked, at))
                .await;
            return apologise(&state, &call);
        }
        tracing::info!(event = "FALLBACK_RECORD", call.sid = %call, "Twilio's recorder records what the caller of call {call} says: the AI answers each recording if it is available, otherwise the recording is a message");
        let (new, raw, at) = (incoming(&form, call.clone()), raw(&form, PATH), clock::now());
        store_best_effort(&state, PATH, call.as_str(), move |tx| {
            recording::start_fallback(tx, &new, &raw, country, at)
        })
        .await;
        return answer(&prompt(&state));
    };
    let hung_up = form.form.value("Digits") == Some("hangup");
    let is_answered = !hung_up && state.recorded_turns.has_ai();
    let is_message = !is_answered && state.recorded_turns.may_use_ai();
    let purpose = if is_message { RecordingPurpose::Message } else { RecordingPurpose::Storage };
    let (raw, taken, at) = (raw(&form, PATH), NewRecording { purpose, ..new.clone() }, clock::now());
    store_best_effort(&state, PATH, call.as_str(), move |tx| recording::ingest(tx, &taken, &raw, country, at)).await;
    state.jobs.wake();
    if !is_answered {
        return thanks(&state, &call).await;
    }
    state.recorded_turns.process(&new);
    reply(&state, &call, PendingReply { recording: new.recording_sid, round: 0 }).await
}

/// Returns the response for a call that has lost its media stream: the caller can leave a message. A contact whom the
/// agent has called does not expect to leave one, and hears an apology instead.
pub(super) async fn without_stream(state: &AppState, call: &CallSid) -> Response {
    if is_outbound(state, call).await { apologise(state, call) } else { answer(&prompt(state)) }
}

fn apologise(state: &AppState, call: &CallSid) -> Response {
    tracing::warn!(event = "OUTBOUND_BROKEN_OFF", call.sid = %call, "Outbound call {call} has no media stream: the contact hears an apology, and the call ends");
    answer(&[say_phrase(state, &Phrase::SayError), Verb::Hangup])
}

/// Twilio executes the verb after the recorder only if the caller said nothing.
pub(super) fn prompt(state: &AppState) -> [Verb; 3] {
    let path = state.settings.current().prompts.fallback_path();
    [Verb::Play(public_url(state, &path)), recorder(state), Verb::Hangup]
}

fn recorder(state: &AppState) -> Verb {
    Verb::Record {
        action: public_url(state, PATH),
        status_callback: public_url(state, "/webhook/recording_status"),
        max_length_s: state.config().voice.message_max_s,
        timeout_s: SILENCE_S,
    }
}

async fn thanks(state: &AppState, call: &CallSid) -> Response {
    let (sid, at) = (call.clone(), clock::now());
    store_best_effort(state, PATH, call.as_str(), move |tx| {
        call::end_at_recorder(tx, &sid, EndReason::MessageTaken, at)
    })
    .await;
    answer(&[say_phrase(state, &Phrase::SayThanks), Verb::Hangup])
}

/// Asks the caller to wait while the answer is not ready, up to [`PendingReply::MAX_ROUNDS`] times.
async fn reply(state: &AppState, call: &CallSid, waiting: PendingReply) -> Response {
    match state.recorded_turns.reply(&waiting.recording).await {
        Reply::Say(text) => {
            let (sid, at) = (call.clone(), clock::now());
            let answered = move |tx: &WriteTx<'_>| call::answer_at_recorder(tx, &sid, at);
            store_best_effort(state, PATH, call.as_str(), answered).await;
            answer(&[say(state, &text), recorder(state), Verb::Hangup])
        }
        Reply::SayAndHangUp(text) => {
            let (sid, at) = (call.clone(), clock::now());
            let end = move |tx: &WriteTx<'_>| call::end_at_recorder(tx, &sid, EndReason::AgentHungUp, at);
            store_best_effort(state, PATH, call.as_str(), end).await;
            answer(&[say(state, &text), Verb::Hangup])
        }
        Reply::Pending if waiting.round < PendingReply::MAX_ROUNDS => {
            answer(&[say_phrase(state, &Phrase::SayOneMoment), Verb::Redirect(public_url(state, &waiting.next()))])
        }
        Reply::Pending | Reply::Unavailable => {
            if state.recorded_turns.may_use_ai() {
                let (sid, at) = (waiting.recording, clock::now());
                let keep = move |tx: &WriteTx<'_>| recording::keep_as_message(tx, &sid, at);
                store_best_effort(state, PATH, call.as_str(), keep).await;
                state.jobs.wake();
            }
            thanks(state, call).await
        }
    }
}

fn say(state: &AppState, text: &str) -> Verb {
    response::say(&state.config(), text)
}

fn say_phrase(state: &AppState, phrase: &Phrase) -> Verb {
    response::say_phrase(&state.config(), phrase)
}

/// Returns the recording of a webhook; none if the webhook has no URL or no valid id of a recording.
pub(super) fn new_recording(webhook: &TwilioForm, call: &CallSid) -> Option<NewRecording> {
    let form = &webhook.form;
    let url = form.value("RecordingUrl")?.to_owned();
    let named = form.value("RecordingSid").map(str::to_owned);
    let sid = named.or_else(|| url.rsplit('/').next().map(|name| name.split('.').next().unwrap_or(name).to_owned()))?;
    let seconds: i64 = form.value("RecordingDuration").and_then(|text| text.parse().ok()).unwrap_or(0);
    let duration_ms = seconds.saturating_mul(1000);
    Some(NewRecording {
        call: incoming(webhook, call.clone()),
        recording_sid: sid.parse().ok()?,
        url,
        duration_ms,
        purpose: RecordingPurpose::Storage,
    })
}

/// A caller's wait for the answer to a recording, encoded in the query: `?answer=RE…&round=2`.
struct PendingReply {
    recording: RecordingSid,
    round: u32,
}

impl PendingReply {
    const MAX_ROUNDS: u32 = 4;

    fn read(uri: &Uri) -> Option<Self> {
        let query = own_query(uri)?;
        let round = query.value("round").and_then(|text| text.parse().ok()).unwrap_or(0);
        Some(Self { recording: query.value("answer")?.parse().ok()?, round })
    }

    fn next(&self) -> String {
        format!("{PATH}?answer={}&round={}", self.recording, self.round + 1)
    }
}
