//! Webhooks of incoming calls.

use super::{NO_CALL, answer, call_sid, incoming, log_malformed, public_url, raw, ring, store_best_effort, stream};
use crate::config::BusinessConfig;
use crate::crm::call::{self, IncomingCall, Received};
use crate::crm::webhook_log::RawWebhook;
use crate::host::local_time::start_of_day;
use crate::http::{AppState, TwilioForm};
use crate::providers::twilio::twiml::Verb;
use crate::runtime::answering::rings_first;
use crate::runtime::calls::{CallContext, Carrier, ForwardedBack};
use crate::store::WriteTx;
use crate::{clock, store};
use axum::extract::{FromRequest, Request, State};
use axum::response::Response;

const PATH: &str = "/webhook/incoming_call";

/// Handles `POST /webhook/incoming_call`: returns the TwiML that answers, rings or rejects the call.
pub(super) async fn call(State(state): State<AppState>, form: TwilioForm) -> Response {
    let Some(call_sid) = call_sid(&form) else {
        log_malformed(&state, &form, PATH, NO_CALL).await;
        return answer(&greeting(&state, None));
    };
    let mut call = incoming(&form, call_sid.clone());
    let forwarded_back = state.calls.forwarded_back(&call);
    call.may_be_forwarded_back = forwarded_back == ForwardedBack::Perhaps;
    if forwarded_back == ForwardedBack::Yes {
        tracing::warn!(event = "TRANSFER_LOOPED", call.sid = %call_sid, "Call {call_sid} rejected: the human agent's phone forwarded a transferred call back to this server; switch off call forwarding on that phone");
        let (raw, business) = (raw(&form, PATH), state.config().business.clone());
        // The call is stored, so that it is not imported from Twilio's list as a missed call later.
        store_best_effort(&state, call_sid.as_str(), move |tx| {
            store_call(tx, &call, &raw, &business)?;
            call::end_looped(tx, &call.call_sid, clock::now())
        })
        .await;
        return answer(&[Verb::Reject]);
    }
    let medium = call.medium();
    let (context, rings_first) = match store(&state, &form, PATH, call).await {
        Stored::Call(context, rings_first) => (context, rings_first),
        Stored::Blocked => return answer(&[Verb::Reject]),
        Stored::Over => return answer(&[Verb::Hangup]),
    };
    tracing::info!(event = "CALL_IN", call.sid = %call_sid, medium = %medium, "Incoming call {call_sid} by {medium}");
    let transfer = if rings_first { state.calls.ring_first(&context) } else { None };
    match transfer {
        Some(transfer) => ring::dial(&state, &call_sid, transfer),
        None => begin(&state, context),
    }
}

/// Starts the conversation with the AI, and returns the TwiML for it.
pub(super) fn begin(state: &AppState, context: CallContext) -> Response {
    let sid = context.call.call_sid.clone();
    state.calls.start(context);
    answer(&greeting(state, state.calls.token(&sid)))
}

/// The result of storing an incoming call.
pub(super) enum Stored {
    /// A call that must be answered, and whether it rings at the human agent's phone first.
    Call(CallContext, bool),
    /// The call of a blocked contact.
    Blocked,
    /// A call that has already ended.
    Over,
}

/// Stores a call as received now, if the database is writable.
pub(super) async fn store(state: &AppState, form: &TwilioForm, path: &'static str, call: IncomingCall) -> Stored {
    let (known, raw, config) = (call.clone(), raw(form, path), state.config());
    let for_write = config.clone();
    let stored = store_best_effort(state, call.call_sid.as_str(), move |tx| {
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
        tracing::warn!(event = "CALL_WEBHOOK_IGNORED", call.sid = %call_sid, "Webhook of call {call_sid} ignored: the call is over, so no conversation starts");
        return Stored::Over;
    }
    // A number's usage limits apply to its calls from all networks.
    let call = IncomingCall { from: call.caller().to_owned(), ..call };
    let context =
        CallContext { call, name: received.name, ai_today, carrier: Carrier::Twilio, is_stored, purpose: None };
    Stored::Call(context, rings_first)
}

fn store_call(
    tx: &WriteTx<'_>,
    call: &IncomingCall,
    raw: &RawWebhook,
    business: &BusinessConfig,
) -> store::Result<Received> {
    let now = clock::now();
    call::receive(tx, call, raw, business.country, start_of_day(now, &business.time_zone), now)
}

/// Handles `GET /webhook/incoming_call`. With a signature header, the request is a call; otherwise, the response is a
/// preview of the TwiML for a call.
pub(super) async fn preview(State(state): State<AppState>, request: Request) -> Response {
    if !request.headers().contains_key("x-twilio-signature") {
        return answer(&greeting(&state, None));
    }
    match TwilioForm::from_request(request, &state).await {
        Ok(form) => call(State(state), form).await,
        Err(refused) => refused,
    }
}

/// Returns the verbs that play the greeting and connect the media stream.
fn greeting(state: &AppState, token: Option<String>) -> [Verb; 3] {
    let [stream, next] = connect(state, token, 1);
    let path = state.settings.current().prompts.greeting_path();
    [Verb::Play(public_url(state, &path)), stream, next]
}

/// Returns the verb that connects the media stream, and the verb that follows it. The stream's `action` and the next
/// verb have the same URL, because Twilio uses one or the other, depending on how the stream ends. `number` is the
/// number of the call's streams, including this one.
pub(super) fn connect(state: &AppState, token: Option<String>, number: u32) -> [Verb; 2] {
    let next = public_url(state, &stream::path_after(number, None));
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
