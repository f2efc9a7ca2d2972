//! Scheduled messages. The message policy and the provider's messaging window are checked when a message is sent, not when
//! it is scheduled: the contact may write before. A message is not scheduled if it can only be refused, because the contact
//! has opted out, or the text is too long for the named provider.

use super::idempotency::{KeyedRequest, Kind};
use super::outbox::{self, NewChatLimits, SendError, SendRefusal, SendRequest};
use super::{Error, RequestError};
use crate::domain::{
    ContactId, MessageId, Provider, ScheduledMessage, ScheduledState, Thread, ThreadId, ThreadType, Timestamp,
    TurnEvent,
};
use crate::inbox::policy::{NoRoute, RoutingRules};
use crate::store::{self, NewScheduledMessage, ReadTx, StoredResponse, WriteTx};
use serde_json::json;
use std::time::Duration;

#[derive(Clone, Debug)]
pub struct ScheduleRequest {
    pub thread: ThreadId,
    pub text: String,
    /// The SHA-256 of the file to send, if any.
    pub media: Option<String>,
    pub send_at: Timestamp,
    /// The requested provider. `None` lets the policy select one.
    pub provider: Option<Provider>,
    pub author: String,
}

/// A partial change of a scheduled message: `None` leaves a field unchanged.
#[derive(Clone, Debug, Default)]
pub struct ScheduledMessageUpdate {
    pub text: Option<String>,
    /// The SHA-256 of the new file; `Some(None)` removes the file.
    pub media: Option<Option<String>>,
    pub send_at: Option<Timestamp>,
    /// The new provider; `Some(None)` lets the policy select one.
    pub provider: Option<Option<Provider>>,
}

pub fn find(tx: &ReadTx<'_>, id: i64) -> Result<ScheduledMessage, Error> {
    Ok(tx.scheduled_message(id)?.ok_or(RequestError::NotFound("scheduled message"))?)
}

/// A retry with the same idempotency key returns the same message. If that message was cancelled since, the retry is
/// refused.
pub fn create(tx: &WriteTx<'_>, request: &ScheduleRequest, key: Option<&str>, now: Timestamp) -> Result<i64, Error> {
    let keyed = key.map(|key| KeyedRequest::new(Kind::SCHEDULED_MESSAGE, key, fingerprint(request)));
    let first = keyed.as_ref().map(|keyed| keyed.first_id(tx)).transpose()?.flatten();
    if let Some(first) = first {
        let message = find(tx, first)?;
        return if message.state == ScheduledState::Cancelled { Err(not_waiting()) } else { Ok(message.id) };
    }
    let id = insert(tx, request, now)?;
    if let Some(keyed) = keyed {
        keyed.store_id(tx, id, now)?;
    }
    Ok(id)
}

fn fingerprint(request: &ScheduleRequest) -> String {
    let ScheduleRequest { thread, text, media, send_at, provider, author: _ } = request;
    StoredResponse::fingerprint(&json!([thread.0, text, media, send_at, provider]))
}

fn insert(tx: &WriteTx<'_>, request: &ScheduleRequest, now: Timestamp) -> Result<i64, Error> {
    let thread = super::thread::find(tx, request.thread)?;
    if thread.kind != ThreadType::WhatsApp {
        return Err(RequestError::Invalid("only messages by WhatsApp can be scheduled".into()).into());
    }
    let media = request.media.as_deref();
    check_time(request.send_at, now)?;
    check_content(tx, &request.text, media)?;
    check_sendable(tx, thread.contact_id, &request.text, request.provider)?;
    let new = NewScheduledMessage {
        thread: thread.id,
        text: &request.text,
        media,
        send_at: request.send_at,
        provider: request.provider,
        author: &request.author,
        appointment: None,
    };
    Ok(tx.insert_scheduled(&new, now)?)
}

/// Changes a waiting message. Refused if the message was sent or cancelled, or has failed.
pub fn change(tx: &WriteTx<'_>, id: i64, change: ScheduledMessageUpdate, now: Timestamp) -> Result<(), Error> {
    let before = find(tx, id)?;
    let mut message = before.clone();
    // The stored time is not checked, because it may have passed: the message is due, or is held since a restore.
    if let Some(at) = change.send_at {
        check_time(at, now)?;
    }
    message.text = change.text.unwrap_or(message.text);
    message.media_id = change.media.unwrap_or(message.media_id);
    message.send_at = change.send_at.unwrap_or(message.send_at);
    message.provider = change.provider.unwrap_or(message.provider);
    check_content(tx, &message.text, message.media_id.as_deref())?;
    if message == before && message.state == ScheduledState::Waiting {
        return Ok(());
    }
    check_sendable(tx, message.contact_id, &message.text, message.provider)?;
    if tx.update_scheduled(&message, now)? { Ok(()) } else { Err(not_waiting()) }
}

/// Cancels a waiting message, or discards one that has failed. Refused if the message was sent or cancelled.
pub fn cancel(tx: &WriteTx<'_>, id: i64, now: Timestamp) -> Result<(), Error> {
    find(tx, id)?;
    if tx.end_scheduled(id, ScheduledState::Cancelled, None, None, now)? { Ok(()) } else { Err(not_waiting()) }
}

fn not_waiting() -> Error {
    RequestError::Conflict("the message was sent or cancelled already".into()).into()
}

fn check_time(send_at: Timestamp, now: Timestamp) -> Result<(), Error> {
    if send_at < now || send_at.since(now) > MAX_WAIT {
        return Err(RequestError::field("send_at", "send_at must be within the next 366 days").into());
    }
    Ok(())
}

fn check_content(tx: &ReadTx<'_>, text: &str, media: Option<&str>) -> Result<(), Error> {
    outbox::check_text(text, media.is_some()).map_err(|error| RequestError::field("text", error.to_string()))?;
    if let Some(media) = media
        && tx.media(media)?.is_none_or(|file| file.is_pruned)
    {
        return Err(RequestError::NotFound("file").into());
    }
    Ok(())
}

/// Refuses what can only be refused when it is due, with the code of `POST /api/whatsapp/send`.
fn check_sendable(tx: &ReadTx<'_>, to: ContactId, text: &str, named: Option<Provider>) -> Result<(), Error> {
    let refusal = if tx.contact_has_opted_out(to)? {
        SendRefusal::NoRoute(NoRoute::OptedOut)
    } else if named == Some(Provider::Twilio) && text.chars().count() > outbox::max_chars(Provider::Twilio) {
        SendRefusal::TooLongForTwilio
    } else {
        return Ok(());
    };
    Err(RequestError::NotSendable { code: refusal.code(), message: refusal.to_string().into() }.into())
}

pub struct SendContext<'a> {
    pub rules: &'a RoutingRules,
    /// The providers that cannot send at present.
    pub down: &'a [Provider],
    pub new_chats: NewChatLimits,
    /// The time that the created message gets, from the clock of messages (`crm/message_clock.rs`).
    pub written_at: Timestamp,
}

/// Queues a scheduled message that is due. If the message is refused or hours late, marks it as failed, with the error
/// code, and its thread as waiting, because the contact gets no message and a user has to decide. Returns the new state;
/// `None` if the message no longer waits.
pub fn send_due(
    tx: &WriteTx<'_>,
    id: i64,
    context: &SendContext<'_>,
    now: Timestamp,
) -> store::Result<Option<ScheduledState>> {
    let Some(message) = tx.scheduled_message(id)?.filter(|message| message.state == ScheduledState::Waiting) else {
        return Ok(None);
    };
    let (state, sent, error) = match deliver(tx, &message, context, now)? {
        Delivery::Sent(sent) => (ScheduledState::Sent, Some(sent), None),
        Delivery::Refused(code) => (ScheduledState::Failed, None, Some(code)),
    };
    tx.end_scheduled(id, state, sent, error, now)?;
    if state == ScheduledState::Failed {
        tx.apply_turn_without_message(message.thread_id, TurnEvent::AnswerFailed(now))?;
    }
    Ok(Some(state))
}

enum Delivery {
    Sent(MessageId),
    Refused(&'static str),
}

fn deliver(
    tx: &WriteTx<'_>,
    message: &ScheduledMessage,
    context: &SendContext<'_>,
    now: Timestamp,
) -> store::Result<Delivery> {
    if now.since(message.send_at) > MAX_LATE {
        return Ok(Delivery::Refused("too_late"));
    }
    if let Some(id) = message.appointment_id {
        // A merge of contacts may have been undone since.
        let appointment = tx.appointment(id)?;
        if appointment.is_none_or(|of| of.contact_id != message.contact_id || of.starts_at <= now) {
            return Ok(Delivery::Refused("appointment_changed"));
        }
    }
    let thread = tx.thread(message.thread_id)?;
    let Some(to) = thread.as_ref().and_then(Thread::recipient) else {
        return Ok(Delivery::Refused("invalid_recipient"));
    };
    let file = message.media_id.as_deref().map(|media| outbox::LocalFile::find(tx, media)).transpose()?;
    if file.as_ref().is_some_and(Option::is_none) {
        return Ok(Delivery::Refused("media_expired"));
    }
    let request = SendRequest {
        file: file.flatten(),
        named: message.provider,
        new_chats: Some(context.new_chats.clone()),
        // After a restore from a backup, the bridge recognizes the message if it was sent before.
        send_key: format!("scheduled-{}-{}", message.id, message.created_at.as_millis()),
        ..SendRequest::text(to, message.text.clone(), message.author.clone(), context.written_at)
    };
    match outbox::send(tx, &request, context.rules, context.down, now) {
        Ok(sent) => Ok(Delivery::Sent(sent.message_id)),
        Err(SendError::Refused(refusal)) => Ok(Delivery::Refused(refusal.code())),
        Err(SendError::Store(error)) => Err(error),
    }
}

const MAX_WAIT: Duration = Duration::from_hours(366 * 24);

/// After a longer outage, words such as "tomorrow" may be wrong, so a user decides whether a message is still sent.
const MAX_LATE: Duration = Duration::from_hours(2);
