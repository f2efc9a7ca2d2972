//! The transfer of a call to a human agent, who hears the caller's name and reason and accepts by pressing 1. Voicemail
//! presses nothing.

use super::{NO_CALL, answer, at, keep_odd, note, own_query, raw, record};
use crate::clock;
use crate::crm::call;
use crate::domain::{CallSid, PersonName, TransferFailure};
use crate::drive::calls::PendingTransfer;
use crate::http::{AppState, TwilioForm};
use crate::providers::twilio::twiml::Verb;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;

pub(super) const PATH: &str = "/webhook/transfer";
/// How long the human agent's phone rings.
const RING_S: u32 = 25;
/// How long to wait for a key after each prompt.
const KEY_S: u32 = 5;

/// Dials the human agent; Twilio requests `action` when the dialled call is over.
pub(super) fn dial(state: &AppState, sid: &CallSid, transfer: PendingTransfer, action: &str) -> Verb {
    // Twilio shows the caller's number as the caller id if it is a phone number, else ours.
    let by_whatsapp = transfer.our_number.strip_prefix("whatsapp:").map(str::to_owned);
    let is_withheld = !transfer.caller_number.starts_with('+');
    let caller_id = by_whatsapp.or_else(|| is_withheld.then_some(transfer.our_number));
    Verb::Dial {
        number: transfer.person,
        url: asks(state, sid),
        caller_id: caller_id.filter(|number| number.starts_with('+')),
        action: at(state, action),
        timeout_s: RING_S,
    }
}

/// `POST /webhook/transfer?call=CA…`: the human agent answered, or pressed a key. The webhook describes the agent's
/// leg; the transferred call is named in the query, which Twilio has signed with the rest.
pub(super) async fn ask(State(state): State<AppState>, uri: Uri, form: TwilioForm) -> Response {
    let sid = own_query(&uri).and_then(|query| query.value("call")?.parse::<CallSid>().ok());
    let Some(sid) = sid.filter(|_| form.is_of_our_account) else {
        keep_odd(&state, &form, PATH, NO_CALL).await;
        return answer(&[Verb::Hangup]);
    };
    let (raw, asked, now) = (raw(&form, PATH), sid.clone(), clock::now());
    note(&state, move |tx| call::keep_notice(tx, &raw, &asked, now)).await;
    match form.form.value("Digits") {
        // The two are connected where the document ends.
        Some("1") if state.calls.accept_transfer(&sid) => answer(&[]),
        Some("") | None => match state.calls.pending_transfer(&sid) {
            Some(transfer) => answer(&question(&state, &sid, &transfer)),
            None => answer(&[Verb::Hangup]),
        },
        Some(_) => {
            state.calls.decline_transfer(&sid);
            answer(&[Verb::Hangup])
        }
    }
}

/// Returns true if the two have talked: the human agent has accepted, or Twilio reports it of a call that an earlier
/// daemon process has transferred.
pub(super) fn is_taken(state: &AppState, sid: &CallSid, status: &str, bridged: Option<&str>) -> bool {
    if state.calls.is_transferred(sid) {
        return true;
    }
    !state.calls.is_on(sid) && matches!(status, "completed" | "answered") && bridged != Some("false")
}

/// Records that the human agent did not accept, by the result of transfer `number`. Returns true if the conversation
/// continues.
pub(super) fn fail(state: &AppState, sid: &CallSid, number: u32, status: &str) -> bool {
    let why = match status {
        "completed" | "answered" => TransferFailure::NotAccepted,
        "busy" => TransferFailure::Busy,
        "no-answer" | "canceled" => TransferFailure::NoAnswer,
        _ => TransferFailure::Failed,
    };
    let goes_on = state.calls.fail_transfer(sid, number, why);
    if !goes_on {
        tracing::info!(event = "TRANSFER_FAILED", call.sid = %sid, why = status, "Transfer of call {sid} failed ({status}); the caller is asked to leave a message");
    }
    goes_on
}

/// The caller's name and reason, said twice.
fn question(state: &AppState, sid: &CallSid, transfer: &PendingTransfer) -> [Verb; 3] {
    let gather = || Verb::Gather {
        action: asks(state, sid),
        timeout_s: KEY_S,
        prompt: Box::new(record::say(state, &words(transfer))),
    };
    [gather(), gather(), Verb::Hangup]
}

fn words(transfer: &PendingTransfer) -> String {
    let who = match &transfer.caller_name {
        PersonName::ByOwner(name) | PersonName::ByProfile(name) => name.clone(),
        // Digit by digit, because the voice would read it as one large number.
        PersonName::Unknown if transfer.caller_number.starts_with('+') => {
            transfer.caller_number.chars().filter(char::is_ascii_digit).flat_map(|digit| [digit, ' ']).collect()
        }
        PersonName::Unknown => "מספר חסוי".to_owned(),
    };
    let reason = transfer.reason.trim_end_matches('.');
    let about = if reason.is_empty() { String::new() } else { format!(" {reason}.") };
    format!("שיחה מ: {}.{about} לקבלת השיחה הקישו 1.", who.trim())
}

fn asks(state: &AppState, sid: &CallSid) -> String {
    at(state, &format!("{PATH}?call={sid}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_hears_who_calls_and_why() {
        let transfer = |caller_name, caller_number: &str, reason: &str| PendingTransfer {
            caller_name,
            caller_number: caller_number.into(),
            our_number: "+97235551234".into(),
            person: "+97235550000".into(),
            number: 1,
            reason: reason.into(),
        };
        let known = transfer(PersonName::ByOwner("רותי כהן".into()), "+972501234567", "רוצה להזיז תור.");
        assert_eq!(words(&known), "שיחה מ: רותי כהן. רוצה להזיז תור. לקבלת השיחה הקישו 1.");
        let unknown = transfer(PersonName::Unknown, "+97250", "");
        assert_eq!(words(&unknown), "שיחה מ: 9 7 2 5 0. לקבלת השיחה הקישו 1.");
        let withheld = transfer(PersonName::Unknown, "anonymous", "");
        assert_eq!(words(&withheld), "שיחה מ: מספר חסוי. לקבלת השיחה הקישו 1.");
    }
}
