//! Stores an incoming call, starts its conversation with the AI, and connects its media streams.

use super::response::answer;
use super::webhook::{public_url, raw, store_best_effort};
use crate::config::BusinessConfig;
use crate::crm::call::{self, IncomingCall, Received};
use crate::crm::webhook_log::RawWebhook;
use crate::host::local_time::start_of_day;
use crate::http::{AppState, TwilioForm};
use crate::providers::twilio::twiml::Verb;
use crate::runtime::answering::rings_first;
use crate::runtime::calls::{CallContext, Transport};
use crate::store::WriteTx;
use crate::{clock, store};
use axum::response::Response;

/// The path that Twilio requests after a stream or a transfer.
pub(super) const ENDED_PATH: &str = "/webhook/stream_ended";
/// The query parameter of [`ENDED_PATH`] with the number of the stream.
pub(super) const CONNECT: &str = "connect";
/// The query parameter of [`ENDED_PATH`] with the number of the transfer.
pub(super) const TRANSFER: &str = "transfer";

pub(super) fn begin(state: &AppState, context: CallContext) -> Response {
    let sid = context.call.call_sid.clone();
    state.calls.start(context);
    answer(&greeting(state, state.calls.token(&sid)))
}

pub(super) enum Stored {
    /// A call that must be answered, and whether it rings at the human agent's phone first.
    Call(CallContext, bool),
    Blocked,
    Over,
}

/// If the call cannot be stored, it is answered even if its contact is blocked.
pub(super) async fn store(state: &AppState, form: &TwilioForm, path: &'static str, call: IncomingCall) -> Stored {
    let (known, raw, config) = (call.clone(), raw(form, path), state.config());
    let for_write = config.clone();
    let stored = store_best_effort(state, path, call.call_sid.as_str(), move |tx| {
        let received = store_call(tx, &known, &raw, &for_write.business)?;
        let rings_first = rings_first(tx, &for_write, received.is_vip, clock::now())?;
        Ok((received, rings_first))
    });
    let stored = stored.await;
    let is_stored = stored.is_some();
    let ai_today = stored.as_ref().map(|(received, _)| received.ai_today);
    let (received, rings_first) = if let Some(stored) = stored {
        stored
    } else {
        // A database that cannot be written, such as on a full disk, can still be read.
        let read = state.store.read(move |tx| rings_first(tx, &config, false, clock::now()));
        (Received::default(), read.await.unwrap_or_default())
    };
    let call_sid = &call.call_sid;
    if received.is_blocked {
        tracing::info!(event = "CALL_BLOCKED", call.sid = %call_sid, "Call {call_sid} rejected: its caller is blocked");
        return Stored::Blocked;
    }
    if received.is_over {
        tracing::warn!(event = "CALL_WEBHOOK_IGNORED", call.sid = %call_sid, path, "Webhook at {path} of call {call_sid} ignored: the call is over, so no conversation starts");
        return Stored::Over;
    }
    if !received.is_repeated {
        let medium = call.medium();
        tracing::info!(event = "CALL_IN", call.sid = %call_sid, medium = %medium, "Incoming call {call_sid} by {medium}");
    }
    // The usage limits of a number apply to its phone calls and WhatsApp calls together, so the prefix for WhatsApp is
    // removed.
    let call = IncomingCall { from: call.caller().to_owned(), ..call };
    let context =
        CallContext { call, name: received.name, ai_today, transport: Transport::Twilio, is_stored, purpose: None };
    Stored::Call(context, rings_first)
}

pub(super) fn store_call(
    tx: &WriteTx<'_>,
    call: &IncomingCall,
    raw: &RawWebhook,
    business: &BusinessConfig,
) -> store::Result<Received> {
    let now = clock::now();
    call::receive(tx, call, raw, business.country, start_of_day(now, &business.time_zone), now)
}

pub(super) fn greeting(state: &AppState, token: Option<String>) -> [Verb; 3] {
    let [stream, next] = connect(state, token, 1);
    let path = state.settings.current().prompts.greeting_path();
    [Verb::Play(public_url(state, &path)), stream, next]
}

/// Returns the verb that connects the media stream, and the verb that follows it. The stream's `action` and the next
/// verb have the same URL, because Twilio requests the URL of one or the other, depending on how the stream ends.
/// `number` is the number of streams of the call so far, including this one.
pub(super) fn connect(state: &AppState, token: Option<String>, number: u32) -> [Verb; 2] {
    let next = public_url(state, &path_after(number, None));
    [
        Verb::Connect {
            action: next.clone(),
            stream_url: format!("{}/ws/twilio-media", state.config().http.websocket_url()),
            status_callback: public_url(state, "/webhook/stream_status"),
            parameters: token.map(|token| ("token".to_owned(), token)).into_iter().collect(),
        },
        Verb::Redirect(next),
    ]
}

/// Returns the path that Twilio requests after a stream or a transfer. The numbers distinguish a repeated request from
/// a request for the next stream or transfer.
pub(super) fn path_after(connect: u32, transfer: Option<u32>) -> String {
    match (connect, transfer) {
        (1, None) => ENDED_PATH.to_owned(),
        (_, None) => format!("{ENDED_PATH}?{CONNECT}={connect}"),
        (_, Some(transfer)) => format!("{ENDED_PATH}?{CONNECT}={connect}&{TRANSFER}={transfer}"),
    }
}
