//! The endpoints that send, read and list messages, and return media files.

use super::faults::Operation;
use super::format::{error, rfc2822, without_json};
use super::lists::{self, List};
use super::shared::Shared;
use super::status;
use crate::Party;
use crate::twilio::records::MessageRecord;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Json, Response};
use serde_json::{Value, json};
use std::sync::Arc;

/// `POST …/Messages.json`
pub(super) async fn create(
    State(shared): State<Arc<Shared>>,
    Path(account): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let path = [("AccountSid", account.as_str())];
    let operation = "POST /2010-04-01/Accounts/{AccountSid}/Messages.json";
    let form = match shared.check_form(Operation::SendMessage, operation, &path, &body, &headers).await {
        Ok(form) => form,
        Err(answer) => return answer,
    };
    let field = |name: &str| form.get(name).map(str::to_owned);
    let message = MessageRecord {
        direction: "outbound-api".into(),
        from: field("From").unwrap_or_default(),
        to: field("To").unwrap_or_default(),
        body: field("Body").unwrap_or_default(),
        content_sid: field("ContentSid"),
        content_variables: field("ContentVariables"),
        media_urls: form.all("MediaUrl").map(str::to_owned).collect(),
        status: "queued".into(),
        status_callback: field("StatusCallback"),
        ..MessageRecord::default()
    };
    if let Err((code, complaint)) = check(&message) {
        shared.log.violation(Party::Twilio, format!("new message: {complaint}"));
        return error(StatusCode::BAD_REQUEST, code, complaint);
    }
    let message = shared.twilio_state.add_message(message);
    shared.log.note(Party::Twilio, format!("accepts a message to {} ({})", message.to, message.sid));
    tokio::spawn(status::send_status_callbacks(shared.clone(), message.clone()));
    shared.faults.after(Operation::SendMessage).await;
    (StatusCode::CREATED, Json(value(&account, &message))).into_response()
}

/// Checks for the errors that Twilio reports in the response, and not by a status callback.
fn check(message: &MessageRecord) -> Result<(), (u32, &'static str)> {
    let numbers = [&message.from, &message.to].map(|number| number.strip_prefix("whatsapp:"));
    let e164 =
        |number: &str| number.strip_prefix('+').is_some_and(|digits| digits.bytes().all(|it| it.is_ascii_digit()));
    match (numbers, &message.content_sid) {
        ([None, _], _) => Err((21603, "A 'From' phone number is required: whatsapp:+…")),
        ([_, None], _) => Err((21211, "The 'To' number is not a WhatsApp address: whatsapp:+…")),
        ([Some(from), _], _) if !e164(from) => Err((21212, "The 'From' number is not a valid phone number")),
        ([_, Some(to)], _) if !e164(to) => Err((21211, "The 'To' number is not a valid phone number")),
        (_, None) if message.body.is_empty() && message.media_urls.is_empty() => {
            Err((21602, "Message body is required"))
        }
        (_, Some(_)) if !message.body.is_empty() => Err((21619, "Body and ContentSid exclude each other")),
        _ if message.body.chars().count() > 1_600 => {
            Err((21617, "The concatenated message body exceeds the 1600 character limit"))
        }
        _ if message.media_urls.len() > 1 => Err((63021, "A WhatsApp message has at most one file")),
        _ => Ok(()),
    }
}

/// `GET …/Messages.json`
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    Path(account): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let list = List { operation: Operation::ListMessages, resource: "Messages", field: "messages" };
    list.answer(&shared, &account, uri.query(), &headers, |query| {
        let mut messages = shared.twilio_state.messages();
        messages.reverse();
        messages.retain(|message| {
            query.get("To").is_none_or(|to| message.to == to)
                && query.get("From").is_none_or(|from| message.from == from)
                && lists::is_within(message.created_at, query, "DateSent")
        });
        messages.iter().map(|message| value(&account, message)).collect()
    })
    .await
}

/// `GET …/Messages/{sid}.json`
pub(super) async fn read(
    State(shared): State<Arc<Shared>>,
    Path((account, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let sid = without_json(&name);
    let operation = "GET /2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json";
    let path = [("AccountSid", account.as_str()), ("Sid", sid)];
    if let Err(answer) = shared.check_request(Operation::Other, operation, &path, &[], &[], &headers).await {
        return answer;
    }
    match shared.twilio_state.message(sid) {
        Some(message) => Json(value(&account, &message)).into_response(),
        None => error(StatusCode::NOT_FOUND, 20404, &format!("The requested resource /Messages/{name} was not found")),
    }
}

/// `GET …/Messages/{sid}/Media.json`
pub(super) async fn list_media(
    State(shared): State<Arc<Shared>>,
    Path((account, sid)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let operation = "GET /2010-04-01/Accounts/{AccountSid}/Messages/{MessageSid}/Media.json";
    let path = [("AccountSid", account.as_str()), ("MessageSid", sid.as_str())];
    if let Err(answer) = shared.check_request(Operation::Other, operation, &path, &[], &[], &headers).await {
        return answer;
    }
    let files = shared.twilio_state.message(&sid).map(|message| message.media).unwrap_or_default();
    let uri = format!("/2010-04-01/Accounts/{account}/Messages/{sid}/Media");
    let list: Vec<_> = files
        .iter()
        .map(|file| {
            json!({"sid": file.sid, "account_sid": account, "parent_sid": sid, "content_type": file.content_type,
                "uri": format!("{uri}/{}.json", file.sid)})
        })
        .collect();
    Json(json!({"media_list": list, "uri": format!("{uri}.json"), "page": 0, "page_size": 50})).into_response()
}

/// `GET …/Messages/{sid}/Media/{sid}`: redirects to the file, whose URL needs no credentials.
pub(super) async fn media(
    State(shared): State<Arc<Shared>>,
    Path((account, sid, media)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response {
    let operation = "GET /2010-04-01/Accounts/{AccountSid}/Messages/{MessageSid}/Media.json";
    let path = [("AccountSid", account.as_str()), ("MessageSid", sid.as_str())];
    if let Err(answer) = shared.check_request(Operation::Fetch, operation, &path, &[], &[], &headers).await {
        return answer;
    }
    let known =
        shared.twilio_state.message(&sid).is_some_and(|message| message.media.iter().any(|file| file.sid == media));
    let late = shared.options().media_late && shared.twilio_state.first_request_for(&media);
    if !known || late {
        return error(StatusCode::NOT_FOUND, 20404, &format!("The requested resource /Media/{media} was not found"));
    }
    let place = format!("/media-content/{media}?Expires=1764000000&Signature=signed");
    (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, place)]).into_response()
}

/// `GET /media-content/{media}`: returns the content of a media file.
pub(super) async fn media_content(State(shared): State<Arc<Shared>>, Path(media): Path<String>) -> Response {
    let files = shared.twilio_state.messages().into_iter().flat_map(|message| message.media);
    match files.into_iter().find(|file| file.sid == media) {
        Some(file) => ([(header::CONTENT_TYPE, file.content_type)], file.content).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn value(account: &str, message: &MessageRecord) -> Value {
    let uri = format!("/2010-04-01/Accounts/{account}/Messages/{}.json", message.sid);
    let date = rfc2822(message.created_at);
    let files = message.media.len().max(message.media_urls.len());
    json!({
        "sid": message.sid, "account_sid": account, "api_version": "2010-04-01", "direction": message.direction,
        "from": message.from, "to": message.to, "body": message.body, "status": message.status,
        "num_media": files.to_string(), "num_segments": "1", "price": null, "price_unit": null,
        "error_code": message.error_code, "error_message": null, "messaging_service_sid": null,
        "date_created": date, "date_updated": date, "date_sent": date, "uri": uri,
        "subresource_uris": {"media": format!("/2010-04-01/Accounts/{account}/Messages/{}/Media.json", message.sid)},
    })
}
