//! Transfers of calls to a human agent, who hears the caller's name and reason, and accepts by pressing 1. The key
//! press distinguishes a person from voicemail.

use super::response::{answer, language_of, say};
use super::webhook::{NO_CALL, log_malformed, own_query, public_url, raw, store_best_effort};
use crate::clock;
use crate::crm::call;
use crate::domain::{CallMedium, CallSid, ContactName, Language, TransferFailure};
use crate::http::{AppState, TwilioForm};
use crate::messages::{self, Phrase};
use crate::providers::twilio::call_progress::CallProgress;
use crate::providers::twilio::twiml::Verb;
use crate::runtime::calls::PendingTransfer;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use phonenumber::country;

pub(super) const PATH: &str = "/webhook/transfer";
/// The seconds that the human agent's phone rings for a transfer.
pub(super) const RING_TIMEOUT_S: u32 = 25;
/// The seconds to wait for a key press after each prompt.
const KEY_TIMEOUT_S: u32 = 5;

/// Returns the verb that dials the human agent. Twilio requests `action` when the dialled call has ended.
pub(super) fn dial(state: &AppState, sid: &CallSid, transfer: PendingTransfer, action: &str, timeout_s: u32) -> Verb {
    // By default, Twilio uses the caller's number as the caller id. If the caller's number is not a phone number, or
    // belongs to a WhatsApp call, the business's number is used.
    let shows_ours = transfer.medium == CallMedium::WhatsApp || transfer.caller_number.is_none();
    let caller_id = transfer.called_number.filter(|_| shows_ours);
    Verb::Dial {
        numbers: transfer.numbers,
        url: prompt_url(state, sid),
        caller_id: caller_id.map(|number| number.to_string()),
        action: public_url(state, action),
        timeout_s,
    }
}

/// Handles `POST /webhook/transfer?call=CA…`: the human agent answered, or pressed a key. The webhook describes the
/// call to the human agent. The query contains the id of the transferred call; Twilio's signature covers the query.
pub(super) async fn handle(State(state): State<AppState>, uri: Uri, form: TwilioForm) -> Response {
    let sid = own_query(&uri).and_then(|query| query.value("call")?.parse::<CallSid>().ok());
    let Some(sid) = sid.filter(|_| form.is_own_account) else {
        log_malformed(&state, &form, PATH, NO_CALL).await;
        return answer(&[Verb::Hangup]);
    };
    let (raw, asked, now) = (raw(&form, PATH), sid.clone(), clock::now());
    store_best_effort(&state, PATH, sid.as_str(), move |tx| call::log_notification(tx, &raw, &asked, now)).await;
    match form.form.value("Digits") {
        // An empty TwiML document connects the human agent with the caller.
        Some("1") if state.calls.accept_ringing(&sid) => {
            record_acceptance(&state, sid).await;
            answer(&[])
        }
        Some("1") if state.calls.accept_transfer(&sid) => answer(&[]),
        Some("") | None => match state.calls.pending_transfer(&sid) {
            Some(transfer) => answer(&prompt_verbs(&state, &sid, &transfer)),
            None => answer(&[Verb::Hangup]),
        },
        Some(_) => {
            state.calls.decline_transfer(&sid);
            answer(&[Verb::Hangup])
        }
    }
}

/// Records that the human agent accepted a call that rings before the AI answers.
async fn record_acceptance(state: &AppState, sid: CallSid) {
    tracing::info!(event = "TRANSFER_ACCEPTED", call.sid = %sid, "The human agent accepted call {sid}");
    let at = clock::now();
    store_best_effort(state, PATH, sid.clone().as_str(), move |tx| call::accept_by_human(tx, &sid, at)).await;
}

/// Returns true if the human agent accepted the call. If this process has no such call, Twilio's report decides.
pub(super) fn was_accepted(state: &AppState, sid: &CallSid, status: &str, bridged: Option<&str>) -> bool {
    if state.calls.is_transferred(sid) {
        return true;
    }
    !state.calls.is_active(sid) && is_answered(CallProgress::of(status)) && bridged != Some("false")
}

/// Records that the human agent did not accept transfer `number`, with the reason. Returns true if the conversation
/// continues.
pub(super) fn fail(state: &AppState, sid: &CallSid, number: u32, status: &str) -> bool {
    let why = failure_of(status);
    let continues = state.calls.fail_transfer(sid, number, why);
    if !continues {
        tracing::info!(event = "TRANSFER_FAILED", call.sid = %sid, why = status, "Transfer of call {sid} to a human agent failed: {}; the call has no conversation to return to, so, unless the call is over, an incoming caller is asked to leave a message, and a called contact hears an apology", why.words());
    }
    continues
}

/// Returns why the human agent did not accept a call, by Twilio's status of the call to the human agent's phone.
pub(super) fn failure_of(status: &str) -> TransferFailure {
    match CallProgress::of(status) {
        progress if is_answered(progress) => TransferFailure::NotAccepted,
        Some(CallProgress::Busy) => TransferFailure::Busy,
        Some(CallProgress::NoAnswer | CallProgress::Canceled) => TransferFailure::NoAnswer,
        _ => TransferFailure::Failed,
    }
}

fn is_answered(progress: Option<CallProgress>) -> bool {
    matches!(progress, Some(CallProgress::Completed | CallProgress::Answered))
}

fn prompt_verbs(state: &AppState, sid: &CallSid, transfer: &PendingTransfer) -> [Verb; 3] {
    let config = state.config();
    let language = language_of(&config.voice.say_voice);
    let gather = || Verb::Gather {
        action: prompt_url(state, sid),
        timeout_s: KEY_TIMEOUT_S,
        prompt: Box::new(say(&config, &announcement(transfer, language, config.business.country))),
    };
    [gather(), gather(), Verb::Hangup]
}

/// A number of the business's country is said as it is dialled there.
fn announcement(transfer: &PendingTransfer, language: Language, country: country::Id) -> String {
    let caller = match &transfer.caller_name {
        ContactName::ByOwner(name) | ContactName::ByProfile(name) => name.clone(),
        ContactName::Unknown => match &transfer.caller_number {
            Some(number) => number.national_digits(country).unwrap_or_else(|| number.to_string()),
            None => messages::text(language, &Phrase::SayWithheldNumber),
        },
    };
    let (caller, reason) = (caller.trim().to_owned(), transfer.reason.trim_end_matches('.').to_owned());
    let phrase =
        if reason.is_empty() { Phrase::SayTransfer { caller } } else { Phrase::SayTransferBecause { caller, reason } };
    messages::text(language, &phrase)
}

fn prompt_url(state: &AppState, sid: &CallSid) -> String {
    public_url(state, &format!("{PATH}?call={sid}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::PhoneNumber;
    use crate::spoken::{Dictionary, for_synthesis};

    #[test]
    fn the_human_agent_hears_the_name_and_the_reason() {
        let transfer = |caller_name, caller_number: &str, reason: &str| PendingTransfer {
            caller_name,
            caller_number: PhoneNumber::from_e164(caller_number),
            medium: CallMedium::Phone,
            called_number: PhoneNumber::from_e164("+97235551234"),
            numbers: vec!["+97235550000".into()],
            number: 1,
            reason: reason.into(),
        };
        let known = transfer(ContactName::ByOwner("רותי כהן".into()), "+972501234567", "רוצה להזיז תור.");
        let announcement = |transfer| announcement(transfer, Language::Hebrew, country::IL);
        assert_eq!(announcement(&known), "שיחה מ: רותי כהן. רוצה להזיז תור. לקבלת השיחה הקישו 1.");
        let unknown = transfer(ContactName::Unknown, "+972501234567", "");
        assert_eq!(announcement(&unknown), "שיחה מ: 0501234567. לקבלת השיחה הקישו 1.");
        let said = for_synthesis(&announcement(&unknown), "he-IL", &Dictionary::default());
        assert!(said.starts_with("שיחה מ: אפס חמש אפס, אחת שתיים שלוש, ארבע חמש שש שבע."), "{said}");
        let abroad = transfer(ContactName::Unknown, "+14155552671", "");
        assert_eq!(announcement(&abroad), "שיחה מ: +14155552671. לקבלת השיחה הקישו 1.");
        let withheld = transfer(ContactName::Unknown, "anonymous", "");
        assert_eq!(announcement(&withheld), "שיחה מ: מספר חסוי. לקבלת השיחה הקישו 1.");
    }
}
