//! Webhooks of outbound calls.

use super::conversation::connect;
use super::response::{answer, say_phrase};
use super::webhook::{NO_CALL, call_sid, log_malformed, own_query, raw, store_best_effort};
use crate::clock;
use crate::crm::call;
use crate::crm::outbound_call::{self, MachineReport};
use crate::domain::{CallSid, Timestamp};
use crate::host::local_time::start_of_day;
use crate::http::{AppState, TwilioForm};
use crate::messages::Phrase;
use crate::providers::twilio::rest;
use crate::providers::twilio::twiml::Verb;
use crate::runtime::calls::{CallContext, Transport};
use crate::runtime::outbound_calls::{ANSWERED_PATH, ID, MACHINE_PATH};
use crate::store::{self, WriteTx};
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use phonenumber::country;
use std::time::Duration;

/// The path of the TwiML that leaves a message on an answering machine.
pub(super) const MESSAGE_PATH: &str = "/webhook/outbound_message";
/// The delays before the retries of the request to leave the message.
const RETRY_AFTER: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];
const LIMIT: Duration = Duration::from_secs(5);
/// The maximum time for which a machine records silence before the message.
const READ_LIMIT: Duration = Duration::from_secs(1);

/// Handles `POST /webhook/outbound_call`: the contact, or an answering machine, has answered.
pub(super) async fn answered(State(state): State<AppState>, uri: Uri, form: TwilioForm) -> Response {
    let Some(sid) = call_sid(&form) else {
        log_malformed(&state, &form, ANSWERED_PATH, NO_CALL).await;
        return answer(&[Verb::Hangup]);
    };
    let (raw, asked, now) = (raw(&form, ANSWERED_PATH), sid.clone(), clock::now());
    let (requested, business) = (outbound_call_id(&uri), state.config().business.clone());
    let today = start_of_day(now, &business.time_zone);
    let found = store_best_effort(&state, ANSWERED_PATH, sid.as_str(), move |tx| {
        adopt(tx, requested, &asked, business.country, now)?;
        call::log_notification(tx, &raw, &asked, now)?;
        outbound_call::answered(tx, &asked, today, now)
    });
    let found = found.await;
    let why = if found.is_some() {
        "no planned outbound call in progress belongs to it"
    } else {
        "the database could not be used"
    };
    let Some(found) = found.flatten() else {
        tracing::warn!(event = "CALL_WEBHOOK_IGNORED", call.sid = %sid, "Hanging up outbound call {sid}: {why}");
        return answer(&[Verb::Hangup]);
    };
    tracing::info!(event = "CALL_OUT", call.sid = %sid, "Outbound call {sid} was answered");
    state.calls.start(CallContext {
        call: found.call,
        name: found.name,
        ai_today: Some(found.ai_today),
        transport: Transport::Twilio,
        is_stored: true,
        purpose: Some(found.purpose),
    });
    answer(&connect(&state, state.calls.token(&sid), 1))
}

/// Handles `POST /webhook/outbound_machine`: Twilio has detected who answers.
pub(super) async fn machine(State(state): State<AppState>, uri: Uri, form: TwilioForm) -> StatusCode {
    let Some(sid) = call_sid(&form) else {
        log_malformed(&state, &form, MACHINE_PATH, NO_CALL).await;
        return StatusCode::NO_CONTENT;
    };
    let Some(by) = form.form.value("AnsweredBy").map(str::to_owned) else {
        log_malformed(&state, &form, MACHINE_PATH, "no AnsweredBy").await;
        return StatusCode::NO_CONTENT;
    };
    let is_machine = by.starts_with("machine") || by == "fax";
    let who = match by.as_str() {
        "human" => "a person",
        "fax" => "a fax machine",
        _ if is_machine => "an answering machine",
        _ => "not detected",
    };
    tracing::info!(event = "OUTBOUND_ANSWERED_BY", call.sid = %sid, by, "Twilio's detection of who answered outbound call {sid}: {who}");
    let (raw, asked, now) = (raw(&form, MACHINE_PATH), sid.clone(), clock::now());
    let (requested, country) = (outbound_call_id(&uri), state.config().business.country);
    let reported = store_best_effort(&state, MACHINE_PATH, sid.as_str(), move |tx| {
        adopt(tx, requested, &asked, country, now)?;
        call::log_notification(tx, &raw, &asked, now)?;
        if is_machine { outbound_call::record_machine(tx, &asked, now) } else { Ok(MachineReport::Unneeded) }
    });
    match reported.await {
        // A fax machine records no message.
        Some(MachineReport::Recorded) if by == "fax" => {
            tokio::spawn(async move { state.calls.complete_unheard(sid).await });
        }
        Some(MachineReport::Recorded) => {
            tokio::spawn(leave_message(state, sid));
        }
        Some(MachineReport::Ignored) => {
            tracing::info!(event = "OUTBOUND_MACHINE_IGNORED", call.sid = %sid, by, "Twilio reports a machine in outbound call {sid}, which is ignored: the other party has said several turns, or the agent has done something for them; the call continues");
        }
        Some(MachineReport::Unneeded) | None => {}
    }
    StatusCode::NO_CONTENT
}

/// The redirect ends the agent's media stream.
async fn leave_message(state: AppState, sid: CallSid) {
    let services = state.calls.services();
    for wait in RETRY_AFTER.into_iter().map(Some).chain([None]) {
        let config = services.config();
        let url = format!("{}{MESSAGE_PATH}", config.http.base_url());
        let Err(error) = rest::redirect_call(&services.client, &config.twilio, &sid, &url, LIMIT).await else { return };
        let Some(wait) = wait.filter(|_| error.is_retryable() && !error.is_call_over()) else {
            tracing::warn!(event = "OUTBOUND_NO_MESSAGE", call.sid = %sid, %error, "Cannot leave a message on the answering machine that answered outbound call {sid}; leaving the message is not retried");
            return;
        };
        tokio::time::sleep(wait).await;
    }
}

/// Handles `POST /webhook/outbound_message`: returns the message for an answering machine, which names the business and
/// the purpose of the call.
pub(super) async fn message(State(state): State<AppState>, form: TwilioForm) -> Response {
    let purpose = match call_sid(&form) {
        Some(sid) => {
            let (asked, now) = (sid.clone(), clock::now());
            let record = move |tx: &WriteTx<'_>| outbound_call::record_machine_message(tx, &asked, now);
            let recorded = store_best_effort(&state, MESSAGE_PATH, sid.as_str(), record);
            tokio::join!(purpose_of(&state, sid.clone()), recorded).0
        }
        None => None,
    };
    let config = state.config();
    let business = Some(config.business.name.clone()).filter(|name| !name.is_empty());
    let phrase = match (business, purpose) {
        (Some(business), Some(purpose)) => Phrase::SayCalledBackBecause { business, purpose },
        (Some(business), None) => Phrase::SayCalledBack { business },
        (None, Some(purpose)) => Phrase::SayCalledBackBecauseUnnamed { purpose },
        (None, None) => Phrase::SayCalledBackUnnamed,
    };
    answer(&[say_phrase(&config, &phrase), Verb::Hangup])
}

/// Returns the purpose of an outbound call as a part of a sentence. `None` if it cannot be read in time, because the
/// machine is recording already.
async fn purpose_of(state: &AppState, sid: CallSid) -> Option<String> {
    let read = state.store.read(move |tx| Ok(tx.outbound_call_by_sid(&sid)?.map(|call| call.purpose)));
    let purpose = tokio::time::timeout(READ_LIMIT, read).await.ok()?.ok()??;
    let purpose = purpose.split_whitespace().collect::<Vec<_>>().join(" ");
    let purpose = purpose.trim_end_matches(['.', ' ']);
    (!purpose.is_empty()).then(|| purpose.to_owned())
}

/// Returns none if the query has no valid id.
pub(super) fn outbound_call_id(uri: &Uri) -> Option<i64> {
    own_query(uri)?.value(ID)?.parse().ok()
}

/// A webhook of the call may arrive before Twilio's response to the dialling request has been stored.
pub(super) fn adopt(
    tx: &WriteTx<'_>,
    requested: Option<i64>,
    sid: &CallSid,
    country: country::Id,
    now: Timestamp,
) -> store::Result<()> {
    requested.map_or(Ok(()), |id| outbound_call::record_dialed(tx, id, sid, country, now))
}
