//! The WhatsApp senders with their webhooks, from Twilio's Messaging API.

use super::faults::Operation;
use super::shared::Shared;
use crate::server::Parameters;
use crate::twilio::records::SenderRecord;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Json, Response};
use serde_json::{Value, json};
use std::sync::Arc;

/// `GET /v2/Channels/Senders`, in a single page.
pub(super) async fn list(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let query = Parameters::parse(query.as_deref().unwrap_or_default());
    let operation = "GET /v2/Channels/Senders";
    if let Err(answer) = shared.check_request(Operation::Other, operation, &[], &query.0, &[], &headers).await {
        return answer;
    }
    let is_whatsapp = query.get("Channel") == Some("whatsapp");
    let senders: Vec<_> = shared.twilio_state.senders().iter().filter(|_| is_whatsapp).map(value).collect();
    let url = "https://messaging.twilio.com/v2/Channels/Senders?PageSize=1000&Page=0";
    Json(json!({
        "senders": senders,
        "meta": {
            "page": 0, "page_size": 1000, "first_page_url": url, "previous_page_url": null, "url": url,
            "next_page_url": null, "key": "senders",
        },
    }))
    .into_response()
}

fn value(record: &SenderRecord) -> Value {
    let reasons = match record.offline_reason.as_str() {
        "" => Value::Null,
        reason => {
            json!([{"code": "63020", "message": reason, "more_info": "https://www.twilio.com/docs/errors/63020"}])
        }
    };
    json!({
        "sid": record.sid, "status": record.status, "sender_id": format!("whatsapp:{}", record.number),
        "configuration": {"waba_id": "12345678912345"},
        "webhook": {
            "callback_url": record.callback_url, "callback_method": "POST", "fallback_url": "", "fallback_method": "POST",
            "status_callback_url": "", "status_callback_method": "POST",
        },
        "profile": {"name": "A shop"}, "properties": {"quality_rating": "HIGH", "messaging_limit": "1K Customers/24hr"},
        "offline_reasons": reasons, "url": format!("https://messaging.twilio.com/v2/Channels/Senders/{}", record.sid),
    })
}
