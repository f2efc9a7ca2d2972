//! The webhooks about a call's media stream.

use super::conversation::{CONNECT, ENDED_PATH as PATH, TRANSFER, connect, path_after};
use super::response::answer;
use super::webhook::{NO_CALL, call_sid, log_malformed, own_query, raw, store_best_effort};
use super::{record, transfer};
use crate::call::StreamEndAction;
use crate::clock;
use crate::crm::call;
use crate::domain::EndReason;
use crate::http::twilio_form::AnyForm;
use crate::http::{AppState, Peer, TwilioForm};
use crate::providers::twilio::twiml::Verb;
use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, Ordering};

/// The maximum number of bytes of an unsigned notification that are logged.
const MAX_LOGGED_BYTES: usize = 1024;
/// The maximum length of a notification. Twilio's notifications have less than 1 KiB.
const MAX_STATUS_BYTES: usize = 16 << 10;

/// Handles `POST /webhook/stream_ended`: a media stream or a transfer has ended. Returns the TwiML that follows. Twilio
/// may send this webhook twice.
pub(super) async fn ended(State(state): State<AppState>, uri: Uri, form: TwilioForm) -> Response {
    let Some(sid) = call_sid(&form) else {
        log_malformed(&state, &form, PATH, NO_CALL).await;
        return answer(&record::prompt(&state));
    };
    let raw = raw(&form, PATH);
    let (asked, at_now) = (sid.clone(), clock::now());
    let stored = store_best_effort(&state, PATH, sid.as_str(), move |tx| {
        call::log_notification(tx, &raw, &asked, at_now)?;
        tx.call_end(&asked)
    });
    let stored = stored.await.flatten();
    if let Some(status) = form.form.value("DialCallStatus") {
        if transfer::was_accepted(&state, &sid, status, form.form.value("DialBridged")) {
            let at = clock::now();
            store_best_effort(&state, PATH, sid.clone().as_str(), move |tx| {
                call::end(tx, &sid, EndReason::Transferred, None, at)
            })
            .await;
            return answer(&[Verb::Hangup]);
        }
        if !transfer::fail(&state, &sid, query_number(&uri, TRANSFER), status) {
            return record::without_stream(&state, &sid).await;
        }
    }
    let after = match state.calls.stream_end_action(&sid, query_number(&uri, CONNECT).max(1)).await {
        Some(after) => after,
        None => after_restart(stored),
    };
    let pending = state.calls.pending_transfer(&sid);
    let next = match after {
        StreamEndAction::HangUp => "hang up",
        StreamEndAction::Resume => "open another stream",
        StreamEndAction::Transfer if pending.is_some() => "transfer the call",
        StreamEndAction::Transfer | StreamEndAction::CallerGone | StreamEndAction::Record => {
            "record a message, or end an outbound call with an apology"
        }
    };
    let ended = if form.form.value("DialCallStatus").is_some() { "Transfer" } else { "Media stream" };
    tracing::info!(event = "STREAM_ACTION_REQUESTED", call.sid = %sid, after = ?after, "{ended} of call {sid} ended; the daemon's next instruction to Twilio: {next}");
    match (after, pending) {
        (StreamEndAction::HangUp, _) => answer(&[Verb::Hangup]),
        (StreamEndAction::Resume, _) => answer(&connect(&state, state.calls.token(&sid), state.calls.connects(&sid))),
        (StreamEndAction::Transfer, Some(pending)) => {
            let action = path_after(state.calls.connects(&sid), Some(pending.number));
            answer(&[transfer::dial(&state, &sid, pending, &action, transfer::RING_TIMEOUT_S)])
        }
        (StreamEndAction::Transfer, None) | (StreamEndAction::CallerGone | StreamEndAction::Record, _) => {
            record::without_stream(&state, &sid).await
        }
    }
}

/// Returns a number in the query of a URL of this server; 0 if the query has none.
fn query_number(uri: &Uri, name: &str) -> u32 {
    own_query(uri).and_then(|query| query.value(name)?.parse().ok()).unwrap_or(0)
}

/// Returns the action after a restart of the daemon.
fn after_restart(ended: Option<EndReason>) -> StreamEndAction {
    match ended {
        Some(
            EndReason::AgentHungUp
            | EndReason::EmployeeHungUp
            | EndReason::Robot
            | EndReason::Silent
            | EndReason::Idle
            | EndReason::MessageTaken
            | EndReason::TooLong,
        ) => StreamEndAction::HangUp,
        _ => StreamEndAction::Record,
    }
}

/// Handles `POST /webhook/stream_status`. Every notification is acknowledged; only those with Twilio's signature are
/// processed.
pub(super) async fn status(State(state): State<AppState>, peer: Peer, request: Request) -> Response {
    match TwilioForm::read_any(request, &state, MAX_STATUS_BYTES).await {
        Ok(AnyForm::Signed(form)) => signed(&state, &form).await,
        Ok(AnyForm::Unsigned(body)) => unsigned(peer.origin(), &body),
        // A notification that cannot be read is acknowledged too.
        Err(_) => {}
    }
    let headers =
        [(header::CACHE_CONTROL, "no-store, no-cache, must-revalidate, max-age=0"), (header::PRAGMA, "no-cache")];
    (StatusCode::NO_CONTENT, headers).into_response()
}

async fn signed(state: &AppState, form: &TwilioForm) {
    const PATH: &str = "/webhook/stream_status";
    let value = |name: &str| form.form.value(name).unwrap_or_default();
    let (stream, what, error) = (value("StreamSid"), value("StreamEvent"), value("StreamError"));
    let Some(sid) = call_sid(form) else { return log_malformed(state, form, PATH, NO_CALL).await };
    let words = match what {
        "stream-started" => "it has started",
        "stream-stopped" => "it has stopped",
        "stream-error" => "it failed",
        other => other,
    };
    tracing::info!(event = "STREAM_STATUS", call.sid = %sid, stream.sid = stream, stream.event = what, error, "Twilio reports the status of the media stream of call {sid}: {words}");
    if what == "stream-error" {
        state.calls.stream_failed(&sid, stream);
    }
    let (raw, at) = (raw(form, PATH), clock::now());
    state.store.write_soon(move |tx| call::log_notification(tx, &raw, &sid, at));
}

/// Logs an unsigned notification, truncated, and at most one per second, because any client can send notifications.
fn unsigned(address: IpAddr, body: &[u8]) {
    static LAST: AtomicI64 = AtomicI64::new(0);
    let second = clock::now().as_secs();
    if LAST.swap(second, Ordering::Relaxed) != second {
        let start = String::from_utf8_lossy(&body[..body.len().min(MAX_LOGGED_BYTES)]);
        let mut body = String::with_capacity(MAX_LOGGED_BYTES);
        for shown in start.chars().map(char::escape_debug) {
            if body.len() + shown.clone().map(char::len_utf8).sum::<usize>() > MAX_LOGGED_BYTES {
                break;
            }
            body.extend(shown);
        }
        tracing::info!(event = "STREAM_STATUS", signed = false, %address, body, "Unsigned media stream notification from {address} ignored");
    }
}
