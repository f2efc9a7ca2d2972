//! Processing of an authenticated webhook of either provider.

use crate::clock;
use crate::crm::inbox::{self, UpdateEffect};
use crate::crm::webhook_log::{RawWebhook, Subject, log_webhook};
use crate::domain::{BusinessId, Change, Inbound, InboundMessage, Malformed, MessageStatus, MessageUpdate, Provider};
use crate::http::AppState;
use crate::messages;
use crate::runtime::inbound_messages;
use crate::store::{self, WebhookOutcome, WriteTx};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

pub(super) async fn ingest(app: &AppState, read: Result<Inbound, Malformed>, raw: RawWebhook) -> Response {
    let (raw_copy, named) = (raw.clone(), provider_id(&read));
    let stored = match read {
        Ok(Inbound::Message(message)) => receive(app, message, raw).await,
        Ok(Inbound::Update(update)) => apply_update(app, update, raw).await,
        Ok(Inbound::Ignored(why)) => log_only(app, raw, WebhookOutcome::Ignored, why).await,
        Err(Malformed(why)) => {
            let path = raw.path;
            let stored = log_only(app, raw, WebhookOutcome::Malformed, why).await;
            let outcome = if stored.is_ok() { "it is stored but not processed" } else { "it is not processed" };
            tracing::warn!(event = "WA_IN_MALFORMED", path, why, "Malformed webhook at {path}: {why}; {outcome}");
            stored
        }
    };
    match stored {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => on_store_error(app, raw_copy, &named, &error).await,
    }
}

async fn receive(app: &AppState, message: InboundMessage, raw: RawWebhook) -> store::Result<()> {
    let (provider, contact) = (message.provider, message.peer.first().map(|peer| peer.masked().to_string()));
    let contact = contact.unwrap_or_default();
    let source = if message.from_phone {
        format!("sent to {contact} from the phone of the business")
    } else {
        format!("received from {contact} by {provider}")
    };
    let (from, to) = if message.from_phone { (None, Some(contact)) } else { (Some(contact), None) };
    let arrival = app.message_clock.arrival(&message);
    let settings = app.settings.current();
    let receive =
        move |tx: &WriteTx<'_>| inbound_messages::receive(tx, &settings, &message, &raw, arrival, clock::now());
    let Some(received) = app.store.write(receive).await? else {
        tracing::info!(
            event = "WA_IN_ERASED",
            provider = provider.as_str(),
            "A message that was erased with its contact arrived again and is ignored"
        );
        return Ok(());
    };
    if received.message.is_some() {
        // The message may have been a command of the owner or an opt-out, whose answer is then queued in the outbox.
        app.outbox.wake();
    }
    if received.has_media {
        app.jobs.wake();
    }
    let event = match provider {
        Provider::Twilio => "WA_IN_TWILIO",
        Provider::Baileys => "WA_IN_BAILEYS",
    };
    let duplicate = if received.message.is_some() { "false" } else { "true" };
    let labels = [("provider", provider.as_str()), ("duplicate", duplicate)];
    metrics::counter!("agentlocator_whatsapp_received_total", &labels).increment(1);
    match received.message {
        Some(message) => {
            tracing::info!(event, message.id = %message, thread.id = %received.thread, from, to, "Message {message} {source}");
        }
        None => {
            tracing::info!(event, thread.id = %received.thread, from, to, duplicate = true, "Duplicate of a message {source} ignored in thread {}", received.thread);
        }
    }
    Ok(())
}

async fn apply_update(app: &AppState, update: MessageUpdate, raw: RawWebhook) -> store::Result<()> {
    let refusal = match &update.change {
        Change::Status(MessageStatus::Failed, late) => Some((update.provider, late.clone())),
        _ => None,
    };
    let what = match &update.change {
        Change::Status(..) => "a new status",
        Change::Edit(_) => "an edited text",
        Change::Reaction(_) => "a changed reaction",
        Change::Deletion => "its deletion by the author",
    };
    let applied =
        app.store.write(move |tx| inbox::apply_update(tx, BusinessId::FIRST, &update, &raw, clock::now())).await?;
    if let Some((message, _)) = applied {
        tracing::debug!(event = "WA_UPDATE", message.id = %message, "Message {message} was updated: {what} is stored");
    }
    if let Some((provider, late)) = refusal {
        let error = late.map(|late| late.provider_error);
        let code = error.as_ref().map(|error| error.code.as_str()).unwrap_or_default();
        let reason = error.as_ref().map(|error| messages::logged(&error.code, &error.notice)).unwrap_or_default();
        let follows = applied.and_then(|(message, effect)| match effect {
            // A repeated report, or one about a message that was delivered.
            UpdateEffect::Stored => None,
            UpdateEffect::Requeued => Some((message, "the daemon tries the next route, if there is one")),
            UpdateEffect::Failed => Some((message, "the message is marked as failed")),
        });
        if let Some((message, consequence)) = follows {
            tracing::info!(event = "WA_OUT_REFUSED", message.id = %message, %provider, code, reason,
                "Message {message} was rejected by {provider} after it had been accepted; {consequence}");
        }
        app.outbox.wake();
    }
    Ok(())
}

async fn log_only(app: &AppState, raw: RawWebhook, outcome: WebhookOutcome, why: &'static str) -> store::Result<()> {
    app.store.write(move |tx| log_webhook(tx, &raw, outcome, why, Subject::default(), clock::now())).await
}

fn provider_id(read: &Result<Inbound, Malformed>) -> String {
    let id = match read {
        Ok(Inbound::Message(message)) => message.provider_msg_id.clone(),
        Ok(Inbound::Update(update)) => Some(update.provider_msg_id.clone()),
        Ok(Inbound::Ignored(_)) | Err(_) => None,
    };
    id.unwrap_or_else(|| "unknown".to_owned())
}

/// Acknowledges a webhook whose processing failed, once it is in the webhook log, so that the provider does not retry a
/// webhook that triggers a bug forever. If nothing can be stored, the response is 503. `named` is the provider's id of
/// the message.
async fn on_store_error(app: &AppState, raw: RawWebhook, named: &str, error: &store::Error) -> Response {
    let path = raw.path;
    let nothing_can_be_stored = matches!(
        error,
        store::Error::NotWritable(_) | store::Error::Busy(_) | store::Error::Closed | store::Error::File { .. }
    );
    let is_logged = !nothing_can_be_stored
        && log_only(app, raw, WebhookOutcome::Malformed, "the message could not be stored").await.is_ok();
    let outcome = if is_logged {
        "it is kept in the webhook log only"
    } else {
        "it is answered with HTTP 503: the bridge retries, and Twilio's messages are read from Twilio's list later"
    };
    tracing::error!(
        event = "WA_IN_FAILED",
        path,
        message.sid = named,
        error = error as &dyn std::error::Error,
        "Webhook at {path} about message {named} was not processed; {outcome}"
    );
    if is_logged {
        return StatusCode::NO_CONTENT.into_response();
    }
    // The bridge retries the webhook. Twilio may not, so Twilio's list of messages is read when the database is
    // writable again.
    app.catch_up.request_pass();
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "10")]).into_response()
}
