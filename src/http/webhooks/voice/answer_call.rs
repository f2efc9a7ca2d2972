//! Webhooks of incoming calls.

use super::conversation::{Stored, begin, greeting, store, store_call};
use super::response::answer;
use super::ring;
use super::webhook::{NO_CALL, call_sid, incoming, log_malformed, raw, store_best_effort};
use crate::clock;
use crate::crm::call;
use crate::http::{AppState, TwilioForm};
use crate::providers::twilio::twiml::Verb;
use crate::runtime::calls::ForwardedBack;
use axum::extract::{FromRequest, Request, State};
use axum::response::Response;

const PATH: &str = "/webhook/incoming_call";

/// Handles `POST /webhook/incoming_call`.
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
        store_best_effort(&state, PATH, call_sid.as_str(), move |tx| {
            store_call(tx, &call, &raw, &business)?;
            call::end_looped(tx, &call.call_sid, clock::now())
        })
        .await;
        return answer(&[Verb::Reject]);
    }
    let (context, rings_first) = match store(&state, &form, PATH, call).await {
        Stored::Call(context, rings_first) => (context, rings_first),
        Stored::Blocked => return answer(&[Verb::Reject]),
        Stored::Over => return answer(&[Verb::Hangup]),
    };
    let transfer = if rings_first { state.calls.ring_first(&context) } else { None };
    match transfer {
        Some(transfer) => ring::dial(&state, &call_sid, transfer),
        None => begin(&state, context),
    }
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
