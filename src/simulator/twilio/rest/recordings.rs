//! Recordings: fetched and deleted.

use super::{Operation, Shared, error};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use serde_json::json;
use std::sync::Arc;

/// `GET …/Recordings/{sid}`, as a file with or without `.wav`, or as `.json`.
pub(super) async fn read(
    State(shared): State<Arc<Shared>>,
    Path((account, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let (sid, kind) = name.split_once('.').unwrap_or((&name, "wav"));
    let path = [("AccountSid", account.as_str()), ("Sid", sid)];
    let operation = "GET /2010-04-01/Accounts/{AccountSid}/Recordings/{Sid}.json";
    if let Err(answer) = shared.gate(Operation::Fetch, operation, &path, &[], &[], &headers).await {
        return answer;
    }
    match (shared.exchange.recording(sid), kind) {
        (Some(recording), "wav") => ([(header::CONTENT_TYPE, "audio/x-wav")], recording.wav).into_response(),
        (Some(recording), "json") => Json(json!({
            "sid": sid, "account_sid": account, "call_sid": recording.call_sid, "status": "completed", "channels": 1,
            "duration": recording.duration_s.to_string(), "source": "RecordVerb", "api_version": "2010-04-01",
            "uri": format!("/2010-04-01/Accounts/{account}/Recordings/{sid}.json"),
        }))
        .into_response(),
        _ => error(StatusCode::NOT_FOUND, 20404, &format!("The requested resource /Recordings/{name} was not found")),
    }
}

/// `DELETE …/Recordings/{sid}.json`
pub(super) async fn delete(
    State(shared): State<Arc<Shared>>,
    Path((account, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let sid = super::without_json(&name);
    let path = [("AccountSid", account.as_str()), ("Sid", sid)];
    let operation = "DELETE /2010-04-01/Accounts/{AccountSid}/Recordings/{Sid}.json";
    if let Err(answer) = shared.gate(Operation::Other, operation, &path, &[], &[], &headers).await {
        return answer;
    }
    if shared.exchange.remove_recording(sid) {
        StatusCode::NO_CONTENT.into_response()
    } else {
        error(StatusCode::NOT_FOUND, 20404, &format!("The requested resource /Recordings/{name} was not found"))
    }
}
