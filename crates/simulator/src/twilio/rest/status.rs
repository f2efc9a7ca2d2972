//! Status callbacks: signed requests that report the statuses of an accepted message to the daemon.

use super::shared::Shared;
use crate::Party;
use crate::daemon_connector::root_cause;
use crate::twilio::random_sid;
use crate::twilio::records::MessageRecord;
use crate::twilio::request::{SignaturePlan, SignedRequest};
use std::sync::Arc;
use url::Url;

/// Sends the status callbacks of a message, and sets its status before each.
pub(super) async fn send_status_callbacks(shared: Arc<Shared>, message: MessageRecord) {
    let options = shared.options();
    let mut statuses: Vec<(&str, Option<u32>)> = options.statuses.iter().map(|status| (*status, None)).collect();
    let free_text = message.content_sid.is_none();
    if options.enforce_window && free_text && !shared.twilio_state.window_is_open(&message.from, &message.to) {
        let what = format!("63016: a text to {} outside of its 24 hours ({})", message.to, message.sid);
        shared.log.violation(Party::Twilio, what);
        statuses = vec![("failed", Some(63016))];
    }
    let callback = message.status_callback.as_deref().and_then(|url| Url::parse(url).ok());
    let stopping = shared.stopping.clone();
    for (status, code) in statuses {
        tokio::select! {
            () = tokio::time::sleep(options.status_gap) => {}
            () = stopping.cancelled() => return,
        }
        shared.twilio_state.set_message_status(&message.sid, status, code);
        if let Some(url) = &callback {
            for _ in 0..if options.statuses_twice { 2 } else { 1 } {
                send_status_callback(&shared, &message, url, status, code).await;
            }
        }
    }
}

async fn send_status_callback(shared: &Shared, message: &MessageRecord, url: &Url, status: &str, code: Option<u32>) {
    let account = shared.twilio_state.account();
    let own = [
        ("AccountSid", account.sid.as_str()),
        ("ApiVersion", "2010-04-01"),
        ("ChannelPrefix", "whatsapp"),
        ("From", &message.from),
        ("MessageSid", &message.sid),
        ("MessageStatus", status),
        ("SmsSid", &message.sid),
        ("SmsStatus", status),
        ("To", &message.to),
    ];
    let mut fields: Vec<_> = own.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    fields.extend(code.map(|code| ("ErrorCode".to_owned(), code.to_string())));
    let request = SignedRequest {
        method: "POST",
        url,
        fields: &fields,
        signature: SignaturePlan::Good,
        auth_token: &account.auth_token,
        idempotency_token: &random_sid(""),
    };
    match request.send(&shared.connector).await {
        Ok(answer) if answer.status >= 400 => {
            shared.log.violation(Party::Twilio, format!("{} answered {}", url.path(), answer.status));
        }
        Ok(_) => shared.log.note(Party::Twilio, format!("reports that {} is {status}", message.sid)),
        Err(error) => {
            shared
                .log
                .violation(Party::Twilio, format!("11200: no answer from {}: {}", url.path(), root_cause(&error)));
        }
    }
}
