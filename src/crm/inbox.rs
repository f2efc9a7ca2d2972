//! Inbound WhatsApp messages, and later updates to messages.

mod message_update;

pub use message_update::{UpdateEffect, apply_early, apply_listed_status, apply_update, is_new_status};

use super::contact::resolve::{self, Sighting};
use super::message_clock::MAX_OUTBOX_RETRY;
use super::webhook_log::{RawWebhook, log_webhook};
use crate::domain::{
    BusinessId, Direction, InboundMessage, JobKind, MediaState, MessageId, MessageStatus, OutboundAuthor, Provider,
    ThreadId, ThreadType, Timestamp, TurnEvent, without_bidi_controls,
};
use crate::inbox::message_time::{self, Arrival};
use crate::inbox::window::MAX_AHEAD;
use crate::store::{FoundThread, NewMessage, Result, WebhookOutcome, WriteTx};
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// The id under which the message was stored; `None` if the message was stored before.
    pub message: Option<MessageId>,
    pub thread: ThreadId,
    /// Whether the message is new and has files.
    pub has_media: bool,
}

/// A message that is stored already is not stored again. `None` for a message that was erased with its contact: it is not
/// stored again either, and its webhook, which contains the contact's address, is not logged.
pub fn receive(
    tx: &WriteTx<'_>,
    business: BusinessId,
    new: &InboundMessage,
    raw: &RawWebhook,
    arrival: Arrival,
    now: Timestamp,
) -> Result<Option<Received>> {
    if let Some((known, thread)) = find_known(tx, business, new)? {
        // A repeated webhook must not revert later updates.
        log_webhook(tx, raw, WebhookOutcome::Duplicate, "", Some(known), now)?;
        return Ok(Some(Received { message: None, thread, has_media: false }));
    }
    if let Some(id) = &new.provider_msg_id
        && tx.was_erased(id)?
    {
        return Ok(None);
    }
    // A message that the business wrote on its phone has the business's name, not the contact's.
    let name = if new.from_phone { String::new() } else { shown_name(&new.profile_name) };
    let written = arrival.written.filter(|_| new.is_delayed());
    // A thread that starts with a delayed message has that message's time, so it is not listed as the newest.
    let begins_at = written.map_or(arrival.at, |written| written.min(arrival.at));
    let (channel, addresses) = (ThreadType::WhatsApp, new.peer.as_slice());
    let seen = Sighting { business, channel, addresses, name: &name, seen_at: written, begins_at };
    let thread = resolve::observe(tx, &seen)?;
    let created_at = time_in_thread(tx, new, &thread, written, arrival.at)?;
    let (direction, status, author) = if new.from_phone {
        (Direction::Out, MessageStatus::Sent, Some("phone"))
    } else {
        (Direction::In, MessageStatus::Received, None)
    };
    let message = tx.insert_message(&NewMessage {
        thread: thread.id,
        direction,
        kind: new.kind,
        text: &new.text,
        media_url: new.media.first().map(|file| file.url.as_str()).filter(|url| !url.is_empty()),
        provider: new.provider,
        provider_msg_id: new.provider_msg_id.as_deref(),
        status,
        author,
        quoted: new.quoted.as_deref(),
        extra: new.extra.as_deref(),
        created_at,
        provider_time: arrival.written.and(new.provider_time),
    })?;
    if let Some(message) = message {
        if new.history || (!new.from_phone && tx.is_contact_blocked(thread.contact)?) {
            tx.record_history(thread.id, new.provider, created_at)?;
        } else if new.from_phone {
            tx.record_outbound(thread.id, new.provider, created_at, OutboundAuthor::Phone)?;
        } else {
            let written_at = created_at.min(arrival.at);
            let latest = arrival.at.plus(MAX_AHEAD);
            tx.record_inbound(thread.id, new.provider, created_at, written_at, new.opens_twilio, latest)?;
            // A first message to the contact may have been postponed by the limit of new conversations. The limit no
            // longer applies to it, and the answer to the contact waits for it.
            tx.hasten_late_outbox_of(thread.contact, now.plus(MAX_OUTBOX_RETRY), now)?;
        }
        store_media(tx, message, new, now)?;
        if let Some(id) = &new.provider_msg_id {
            apply_early(tx, business, new.provider, id, now)?;
        }
    }
    let outcome = if message.is_some() { WebhookOutcome::Stored } else { WebhookOutcome::Duplicate };
    log_webhook(tx, raw, outcome, "", message, now)?;
    Ok(Some(Received { message, thread: thread.id, has_media: message.is_some() && !new.media.is_empty() }))
}

/// Records that a message that has just been stored needs no answer by a user, because the daemon answers it. If
/// earlier messages of the thread are unread or wait for an answer, the state of the thread is unchanged.
pub fn needs_no_answer(tx: &WriteTx<'_>, received: &Received) -> Result<()> {
    let Some(thread) = tx.thread(received.thread)? else { return Ok(()) };
    if thread.unread_count == 1 {
        tx.mark_thread_read(thread.id)?;
    }
    if thread.waiting_since.is_some() && thread.waiting_since == thread.last_message_at {
        tx.apply_turn(thread.id, TurnEvent::Done)?;
    }
    Ok(())
}

/// Finds a stored message and its thread. Twilio's ids are unique; WhatsApp's ids are unique only within a chat.
fn find_known(tx: &WriteTx<'_>, business: BusinessId, new: &InboundMessage) -> Result<Option<(MessageId, ThreadId)>> {
    let Some(id) = &new.provider_msg_id else { return Ok(None) };
    let known = tx.messages_by_provider_id(new.provider, id, None)?;
    if known.is_empty() || new.provider == Provider::Twilio {
        return Ok(known.first().map(|message| (message.id, message.thread)));
    }
    let Some(contact) = resolve::find_any(tx, business, &new.peer)? else { return Ok(None) };
    let chat = tx.thread_with(business, ThreadType::WhatsApp, contact)?;
    Ok(chat.and_then(|chat| known.iter().find(|message| message.thread == chat).map(|message| (message.id, chat))))
}

/// `written` is the time at which a delayed message was written; `None` if the message is not delayed.
fn time_in_thread(
    tx: &WriteTx<'_>,
    new: &InboundMessage,
    thread: &FoundThread,
    written: Option<Timestamp>,
    arrived: Timestamp,
) -> Result<Timestamp> {
    let latest = message_time::live(arrived, thread.newest);
    let (Some(written), Some(provider_time)) = (written, new.provider_time) else { return Ok(latest) };
    let predecessor = tx.latest_not_written_after(thread.id, new.provider, provider_time, written, None)?;
    Ok(message_time::delayed(written, predecessor, latest))
}

/// Stores the time at which a message was written, if its webhook did not contain the time. Moves a delayed message to
/// the position of that time.
pub fn note_provider_time(
    tx: &WriteTx<'_>,
    provider: Provider,
    provider_msg_id: &str,
    provider_time: Timestamp,
    written: Timestamp,
) -> Result<()> {
    let Some((id, thread, current)) = tx.message_without_provider_time(provider, provider_msg_id)? else {
        return Ok(());
    };
    tx.set_provider_time(id, provider_time)?;
    if current.since(written) <= MAX_LIVE_DELAY {
        return Ok(());
    }
    // Messages with the same time are listed in the order in which they were stored. The predecessor may have been
    // stored after this message, so this message gets a later time than the predecessor.
    let predecessor = tx.latest_not_written_after(thread, provider, provider_time, written.minus(STEP), Some(id))?;
    let at = message_time::delayed(written, predecessor.map(|predecessor| predecessor.plus(STEP)), current);
    if at == current { Ok(()) } else { tx.set_message_time(id, at) }
}

/// Makes an untrusted name safe to show on one line.
fn shown_name(reported: &str) -> String {
    let line: String = without_bidi_controls(reported)
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MAX_NAME_CHARS)
        .collect();
    line.trim().to_owned()
}

fn store_media(tx: &WriteTx<'_>, message: MessageId, new: &InboundMessage, now: Timestamp) -> Result<()> {
    for (position, file) in (0..).zip(&new.media) {
        let state = if file.error.is_some() { MediaState::Failed } else { MediaState::Waiting };
        let (mime, file_name) = (file.mime.as_deref(), file.file_name.as_deref());
        tx.insert_message_media(message, position, &file.url, mime, file_name, state)?;
        if let Some(error) = &file.error {
            tx.fail_media(message, position, error)?;
            continue;
        }
        let payload = serde_json::json!({ "message": message, "position": position, "provider": new.provider });
        tx.insert_job(
            JobKind::FetchMedia,
            Some(&JobKind::FetchMedia.key(format_args!("{message}:{position}"))),
            &payload.to_string(),
            now,
            now,
        )?;
    }
    Ok(())
}

const MAX_NAME_CHARS: usize = 200;
/// A message counts as delayed if its webhook arrives later than this after the message was written. Providers report
/// whole seconds.
const MAX_LIVE_DELAY: Duration = Duration::from_secs(2);
/// The resolution of message times.
const STEP: Duration = Duration::from_millis(1);

#[cfg(test)]
mod order_tests;
