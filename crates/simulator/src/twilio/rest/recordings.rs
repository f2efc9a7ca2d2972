//! The endpoints that return, list and delete recordings.

use super::faults::Operation;
use super::format::{error, rfc2822, without_json};
use super::lists::{self, List};
use super::shared::Shared;
use crate::twilio::records::RecordingRecord;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use serde_json::{Value, json};
use std::sync::Arc;

/// `GET …/Recordings/{sid}`, as a file with or without the suffix `.wav`, or as `.json`.
pub(super) async fn read(
    State(shared): State<Arc<Shared>>,
    Path((account, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let (sid, kind) = name.split_once('.').unwrap_or((&name, "wav"));
    let path = [("AccountSid", account.as_str()), ("Sid", sid)];
    let operation = "GET /2010-04-01/Accounts/{AccountSid}/Recordings/{Sid}.json";
    if let Err(answer) = shared.check_request(Operation::Fetch, operation, &path, &[], &[], &headers).await {
        return answer;
    }
    match (shared.twilio_state.recording(sid), kind) {
        (Some(recording), "wav") => ([(header::CONTENT_TYPE, "audio/x-wav")], recording.wav).into_response(),
        (Some(recording), "json") => Json(value(&account, &recording)).into_response(),
        _ => error(StatusCode::NOT_FOUND, 20404, &format!("The requested resource /Recordings/{name} was not found")),
    }
}

/// `GET …/Recordings.json`
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    Path(account): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let list = List { operation: Operation::ListRecordings, resource: "Recordings", field: "recordings" };
    list.answer(&shared, &account, query.as_deref(), &headers, |query| {
        let mut recordings = shared.twilio_state.recordings();
        recordings.retain(|recording| lists::is_within(Some(recording.created_at), query, "DateCreated"));
        recordings.sort_by_key(|recording| std::cmp::Reverse(recording.created_at));
        recordings.iter().map(|recording| value(&account, recording)).collect()
    })
    .await
}

fn value(account: &str, recording: &RecordingRecord) -> Value {
    let uri = format!("/2010-04-01/Accounts/{account}/Recordings/{}", recording.sid);
    let created = rfc2822(Some(recording.created_at));
    json!({
        "sid": recording.sid, "account_sid": account, "call_sid": recording.call_sid, "status": "completed", "channels": 1,
        "duration": recording.duration_s.to_string(), "source": "RecordVerb", "api_version": "2010-04-01",
        "date_created": created, "start_time": created, "uri": format!("{uri}.json"),
    })
}

/// `DELETE …/Recordings/{sid}.json`
pub(super) async fn delete(
    State(shared): State<Arc<Shared>>,
    Path((account, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let sid = without_json(&name);
    let path = [("AccountSid", account.as_str()), ("Sid", sid)];
    let operation = "DELETE /2010-04-01/Accounts/{AccountSid}/Recordings/{Sid}.json";
    if let Err(answer) = shared.check_request(Operation::Other, operation, &path, &[], &[], &headers).await {
        return answer;
    }
    if shared.twilio_state.remove_recording(sid) {
        StatusCode::NO_CONTENT.into_response()
    } else {
        error(StatusCode::NOT_FOUND, 20404, &format!("The requested resource /Recordings/{name} was not found"))
    }
}
