//! Incoming calls that ring at the phones of the staff before the AI answers (`voice.ring_first`). One of the staff
//! accepts such a call like a transfer.

use super::conversation::{self, Stored};
use super::response::answer;
use super::webhook::{NO_CALL, call_sid, incoming, log_malformed, raw, store_best_effort};
use super::{record, transfer};
use crate::clock;
use crate::crm::call;
use crate::domain::{CallSid, EndReason};
use crate::http::{AppState, TwilioForm};
use crate::providers::twilio::call_progress::CallProgress;
use crate::providers::twilio::twiml::Verb;
use crate::runtime::calls::PendingTransfer;
use axum::extract::State;
use axum::response::Response;

pub(super) const PATH: &str = "/webhook/ring_ended";

pub(super) fn dial(state: &AppState, sid: &CallSid, pending: PendingTransfer) -> Response {
    tracing::info!(event = "CALL_RINGING", call.sid = %sid, "Twilio is instructed to ring the phones of the staff for call {sid}");
    answer(&[transfer::dial(state, sid, pending, PATH, state.config().voice.ring_first_s)])
}

/// Handles `POST /webhook/ring_ended`: the phones stopped ringing, or the conversation with the human agent ended.
/// Twilio may send this webhook twice.
pub(super) async fn ended(State(state): State<AppState>, form: TwilioForm) -> Response {
    let Some(sid) = call_sid(&form) else {
        log_malformed(&state, &form, PATH, NO_CALL).await;
        return answer(&record::prompt(&state));
    };
    let value = |name: &str| form.form.value(name);
    let status = value("DialCallStatus").unwrap_or_default();
    let ringing = state.calls.stop_ringing(&sid);
    if ringing.is_none() && transfer::was_accepted(&state, &sid, status, value("DialBridged")) {
        let (raw, at) = (raw(&form, PATH), clock::now());
        store_best_effort(&state, PATH, sid.clone().as_str(), move |tx| {
            call::log_notification(tx, &raw, &sid, at)?;
            call::end(tx, &sid, EndReason::Transferred, None, at)
        })
        .await;
        state.jobs.wake();
        return answer(&[Verb::Hangup]);
    }
    if value("CallStatus").and_then(CallProgress::of).is_some_and(CallProgress::is_over) {
        // The caller has hung up; Twilio reports the end of the call in another webhook.
        return answer(&[Verb::Hangup]);
    }
    tracing::info!(event = "CALL_RING_NOT_ACCEPTED", call.sid = %sid, status, "No human agent accepted call {sid}: {}; the AI or voicemail answers it, unless the call is over or its caller is blocked", transfer::failure_of(status).words());
    // The process may have restarted while the phone rang, so the context may be missing.
    let context = match ringing {
        Some(context) => Some(context),
        None => match conversation::store(&state, &form, PATH, incoming(&form, sid)).await {
            Stored::Call(context, _) => Some(context),
            Stored::Blocked | Stored::Over => None,
        },
    };
    match context {
        Some(context) => conversation::begin(&state, context),
        None => answer(&[Verb::Hangup]),
    }
}
