//! The endpoints that create, read, list, redirect and end calls.

use super::faults::Operation;
use super::format::{error, rfc2822, without_json};
use super::lists::{self, List};
use super::shared::Shared;
use crate::server::Parameters;
use crate::twilio::records::{CallRecord, CallUpdate, DialRequest, random_sid};
use crate::twilio::state::CallError;
use crate::twilio::twiml;
use crate::{Party, twilio};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use url::Url;

/// `GET …/Calls/{sid}.json`
pub(super) async fn read(
    State(shared): State<Arc<Shared>>,
    Path((account, call)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let path = [("AccountSid", account.as_str()), ("Sid", without_json(&call))];
    let operation = "GET /2010-04-01/Accounts/{AccountSid}/Calls/{Sid}.json";
    if let Err(answer) = shared.check_request(Operation::Other, operation, &path, &[], &[], &headers).await {
        return answer;
    }
    match shared.twilio_state.call(without_json(&call)) {
        Some(record) => Json(value(&account, &record)).into_response(),
        None => error(StatusCode::NOT_FOUND, 20404, &format!("The requested resource /Calls/{call} was not found")),
    }
}

/// `GET …/Calls.json`
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    Path(account): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let list = List { operation: Operation::ListCalls, resource: "Calls", field: "calls" };
    list.answer(&shared, &account, query.as_deref(), &headers, |query| {
        let mut calls = shared.twilio_state.calls();
        calls.retain(|call| lists::is_within(Some(call.started_at), query, "StartTime"));
        calls.retain(|call| query.get("To").is_none_or(|to| call.to == to));
        calls.sort_by_key(|call| std::cmp::Reverse(call.started_at));
        calls.iter().map(|call| value(&account, call)).collect()
    })
    .await
}

/// `POST …/Calls.json`
pub(super) async fn create(
    State(shared): State<Arc<Shared>>,
    Path(account): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let operation = "POST /2010-04-01/Accounts/{AccountSid}/Calls.json";
    let path = [("AccountSid", account.as_str())];
    let form = match shared.check_form(Operation::CreateCall, operation, &path, &body, &headers).await {
        Ok(form) => form,
        Err(answer) => return answer,
    };
    let field = |name: &str| form.get(name).map(str::to_owned);
    let (Some(from), Some(to), Some(url)) = (field("From"), field("To"), field("Url")) else {
        shared.log.violation(Party::Twilio, "a new call needs From, To and Url");
        return error(StatusCode::BAD_REQUEST, 21201, "No 'To' number is specified");
    };
    let request = DialRequest {
        sid: random_sid("CA"),
        from,
        to,
        url,
        status_callback: field("StatusCallback"),
        amd_callback: field("AsyncAmdStatusCallback").filter(|_| field("MachineDetection").is_some()),
    };
    let record = shared.twilio_state.dial(request);
    shared.faults.after(Operation::CreateCall).await;
    (StatusCode::CREATED, Json(value(&account, &record))).into_response()
}

/// `POST …/Calls/{sid}.json`
pub(super) async fn update(
    State(shared): State<Arc<Shared>>,
    Path((account, call)): Path<(String, String)>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let path = [("AccountSid", account.as_str()), ("Sid", without_json(&call))];
    let operation = "POST /2010-04-01/Accounts/{AccountSid}/Calls/{Sid}.json";
    let form = match shared.check_form(Operation::UpdateCall, operation, &path, &body, &headers).await {
        Ok(form) => form,
        Err(answer) => return answer,
    };
    let update = match wanted(&shared, &form) {
        Ok(update) => update,
        Err(complaint) => {
            shared.log.violation(Party::Twilio, format!("update of a call: {complaint}"));
            return error(StatusCode::BAD_REQUEST, 21205, &complaint);
        }
    };
    let changed = shared.twilio_state.update_call(without_json(&call), update);
    shared.faults.after(Operation::UpdateCall).await;
    match changed {
        Ok(record) => Json(value(&account, &record)).into_response(),
        Err(CallError::NotInProgress) => {
            error(StatusCode::BAD_REQUEST, 21220, "Call is not in-progress. Cannot redirect.")
        }
        Err(CallError::Unknown) => {
            error(StatusCode::NOT_FOUND, 20404, &format!("The requested resource /Calls/{call} was not found"))
        }
    }
}

fn wanted(shared: &Shared, form: &Parameters) -> Result<CallUpdate, String> {
    match (form.get("Status"), form.get("Twiml"), form.get("Url")) {
        (Some(_), _, _) => Ok(CallUpdate::End),
        (None, Some(_), Some(_)) => Err("Url and Twiml exclude each other".into()),
        (None, Some(document), None) => {
            if document.chars().count() > 4_000 {
                return Err("Twiml is longer than 4000 characters".into());
            }
            let verbs = twiml::parse(document)?;
            if let Ok(base) = Url::parse(&shared.twilio_state.api_base_url()) {
                for complaint in twilio::twiml::check(&verbs, &base) {
                    shared.log.violation(Party::Twilio, format!("Twiml of a call update: {complaint}"));
                }
            }
            Ok(CallUpdate::Twiml(document.to_owned()))
        }
        (None, None, Some(url)) => {
            Ok(CallUpdate::Url { url: url.to_owned(), method: form.get("Method").unwrap_or("POST").to_owned() })
        }
        (None, None, None) => Err("neither Status nor Twiml nor Url".into()),
    }
}

fn value(account: &str, record: &CallRecord) -> Value {
    let uri = format!("/2010-04-01/Accounts/{account}/Calls/{}.json", record.sid);
    let duration = record.ended_at.map(|ended| ended.since(record.started_at).as_secs().to_string());
    json!({
        "sid": record.sid, "account_sid": account, "from": record.from, "to": record.to, "status": record.status,
        "direction": record.direction, "api_version": "2010-04-01", "uri": uri, "price_unit": "USD",
        "date_created": rfc2822(Some(record.started_at)), "start_time": rfc2822(Some(record.started_at)),
        "end_time": rfc2822(record.ended_at), "duration": duration, "parent_call_sid": null,
    })
}
