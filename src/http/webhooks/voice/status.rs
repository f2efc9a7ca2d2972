//! Twilio's notifications about calls and recordings.

use super::outbound;
use super::record::new_recording;
use super::webhook::{call_sid, log_malformed, raw, store_best_effort};
use crate::clock;
use crate::crm::{call, outbound_call, recording};
use crate::domain::EndReason;
use crate::http::{AppState, TwilioForm};
use crate::providers::twilio::call_progress::CallProgress;
use crate::runtime::outbound_calls::{attempt_end, calling_hours};
use axum::extract::State;
use axum::http::{StatusCode, Uri};

/// Handles `POST /webhook/recording_status`: a recording is ready.
pub(super) async fn recording(State(state): State<AppState>, form: TwilioForm) -> StatusCode {
    const PATH: &str = "/webhook/recording_status";
    let is_ready = form.form.value("RecordingStatus").is_none_or(|status| status == "completed");
    let new = call_sid(&form).and_then(|call| new_recording(&form, &call)).filter(|_| is_ready);
    match new {
        None => log_malformed(&state, &form, PATH, "no completed recording").await,
        Some(new) => {
            let (raw, at, country) = (raw(&form, PATH), clock::now(), state.config().business.country);
            let sid = new.call.call_sid.clone();
            store_best_effort(&state, PATH, sid.as_str(), move |tx| recording::ingest(tx, &new, &raw, country, at))
                .await;
            state.jobs.wake();
        }
    }
    StatusCode::NO_CONTENT
}

/// Handles `POST /webhook/call_status`: the status of a call changed.
pub(super) async fn call(State(state): State<AppState>, uri: Uri, form: TwilioForm) -> StatusCode {
    const PATH: &str = "/webhook/call_status";
    let (Some(sid), Some(status)) = (call_sid(&form), form.form.value("CallStatus")) else {
        log_malformed(&state, &form, PATH, "no call of the configured account, or no CallStatus").await;
        return StatusCode::NO_CONTENT;
    };
    let progress = CallProgress::of(status);
    let reason = match progress.filter(|progress| progress.is_over()) {
        Some(CallProgress::Completed) => Some(EndReason::CallerHungUp),
        Some(_) => Some(EndReason::NotConnected),
        None => None,
    };
    let words = match progress {
        Some(CallProgress::Queued | CallProgress::Initiated) => "it begins",
        Some(CallProgress::Ringing) => "it rings",
        Some(CallProgress::InProgress) => "it was answered",
        Some(CallProgress::Completed) => "it has ended",
        Some(CallProgress::Busy) => "the line is busy",
        Some(CallProgress::NoAnswer) => "it was not answered",
        Some(CallProgress::Canceled) => "it was cancelled before it was answered",
        Some(CallProgress::Failed) => "it could not be connected",
        Some(CallProgress::Answered) | None => status,
    };
    tracing::info!(event = "CALL_STATUS", call.sid = %sid, status, "Twilio reports the status of call {sid}: {words}");
    if reason.is_some() {
        state.calls.hung_up(&sid);
    }
    let seconds: Option<i64> = form.form.value("CallDuration").and_then(|text| text.parse().ok());
    let (raw, at, config) = (raw(&form, PATH), clock::now(), state.config());
    let (requested, end) = (outbound::outbound_call_id(&uri), progress.and_then(attempt_end));
    store_best_effort(&state, PATH, sid.clone().as_str(), move |tx| {
        outbound::adopt(tx, requested, &sid, config.business.country, at)?;
        call::log_notification(tx, &raw, &sid, at)?;
        if let Some(reason) = reason {
            call::end(tx, &sid, reason, seconds.map(|s| s.saturating_mul(1000)), at)?;
        }
        if let Some(end) = end {
            outbound_call::end_attempt(tx, &sid, end, &calling_hours(&config), at)?;
        }
        Ok(())
    })
    .await;
    if end.is_some() {
        state.outbound_changed.wake();
    }
    state.jobs.wake();
    StatusCode::NO_CONTENT
}
