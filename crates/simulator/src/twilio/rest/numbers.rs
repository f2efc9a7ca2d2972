//! The account, and its phone numbers with their webhooks.

use super::faults::Operation;
use super::format::{error, without_json};
use super::lists::List;
use super::shared::Shared;
use crate::server::Parameters;
use crate::twilio::records::NumberRecord;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use serde_json::{Value, json};
use std::sync::Arc;

/// `GET /2010-04-01/Accounts/{sid}.json`
pub(super) async fn account(
    State(shared): State<Arc<Shared>>,
    Path(account): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Some(answer) = shared.check_credentials("GET /2010-04-01/Accounts/{Sid}.json", &[], &headers) {
        return answer;
    }
    let own = shared.twilio_state.account();
    if without_json(&account) != own.sid {
        return error(StatusCode::NOT_FOUND, 20404, "The requested resource was not found");
    }
    let state = shared.twilio_state.account_state();
    Json(json!({
        "sid": own.sid, "auth_token": own.auth_token, "friendly_name": "A shop", "status": state.status,
        "type": state.kind, "owner_account_sid": own.sid, "uri": format!("/2010-04-01/Accounts/{}.json", own.sid),
    }))
    .into_response()
}

/// `GET …/IncomingPhoneNumbers.json`
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    Path(account): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let list = List { operation: Operation::Other, resource: "IncomingPhoneNumbers", field: "incoming_phone_numbers" };
    list.answer(&shared, &account, query.as_deref(), &headers, |query| {
        let wanted = query.get("PhoneNumber");
        let mut numbers = shared.twilio_state.numbers();
        numbers.retain(|record| wanted.is_none_or(|wanted| record.phone_number == wanted));
        numbers.iter().map(|record| value(&account, record)).collect()
    })
    .await
}

/// `POST …/IncomingPhoneNumbers/{sid}.json`
pub(super) async fn update(
    State(shared): State<Arc<Shared>>,
    Path((account, number)): Path<(String, String)>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let form = Parameters::parse(&body);
    let path = [("AccountSid", account.as_str()), ("Sid", without_json(&number))];
    let operation = "POST /2010-04-01/Accounts/{AccountSid}/IncomingPhoneNumbers/{Sid}.json";
    // Twilio accepts an empty URL to remove a webhook, but the schema does not allow it.
    let is_removed =
        |(name, value): &&(String, String)| value.is_empty() && (name.ends_with("Url") || name == "StatusCallback");
    let checked: Vec<_> = form.0.iter().filter(|pair| !is_removed(pair)).cloned().collect();
    if let Err(answer) = shared.check_request(Operation::UpdateNumber, operation, &path, &[], &checked, &headers).await
    {
        return answer;
    }
    let changed = shared.twilio_state.change_number(without_json(&number), |record| {
        for (name, value) in &form.0 {
            let field = match name.as_str() {
                "VoiceUrl" => &mut record.voice_url,
                "VoiceMethod" => &mut record.voice_method,
                "VoiceFallbackUrl" => &mut record.voice_fallback_url,
                "StatusCallback" => &mut record.status_callback,
                "StatusCallbackMethod" => &mut record.status_callback_method,
                "VoiceApplicationSid" => &mut record.voice_application_sid,
                _ => continue,
            };
            field.clone_from(value);
        }
    });
    shared.faults.after(Operation::UpdateNumber).await;
    match changed {
        Some(record) => Json(value(&account, &record)).into_response(),
        None => error(StatusCode::NOT_FOUND, 20404, &format!("The requested resource /{number} was not found")),
    }
}

fn value(account: &str, record: &NumberRecord) -> Value {
    let or_null = |text: &str| if text.is_empty() { Value::Null } else { text.into() };
    json!({
        "sid": record.sid, "account_sid": account, "friendly_name": record.phone_number,
        "phone_number": record.phone_number, "origin": "twilio", "api_version": "2010-04-01", "beta": false,
        "capabilities": {"voice": true, "sms": true, "mms": false, "fax": false}, "status": "in-use",
        "voice_url": or_null(&record.voice_url), "voice_method": record.voice_method,
        "voice_fallback_url": or_null(&record.voice_fallback_url), "voice_fallback_method": "POST",
        "status_callback": or_null(&record.status_callback), "status_callback_method": record.status_callback_method,
        "voice_application_sid": or_null(&record.voice_application_sid), "trunk_sid": or_null(&record.trunk_sid),
        "voice_caller_id_lookup": false, "address_requirements": "none",
        "uri": format!("/2010-04-01/Accounts/{account}/IncomingPhoneNumbers/{}.json", record.sid),
    })
}
