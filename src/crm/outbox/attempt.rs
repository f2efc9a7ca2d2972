//! Records the start of an attempt, and the outcome of an attempt or a lookup.

use crate::crm::inbox::apply_early;
use crate::crm::thread::answer_failed;
use crate::domain::{BusinessId, MessageEventKind, MessageStatus, Refusal, StoredNotice, Timestamp};
use crate::inbox::delivery::{Delivery, StepResult};
use crate::inbox::policy::Route;
use crate::store::{NewMessageEvent, OutboxEntry, OutboxState, OutboxUpdate, Result, WriteTx};

/// Returns false if the message must not be sent any more.
pub fn begin(tx: &WriteTx<'_>, entry: &OutboxEntry, route: Route, now: Timestamp) -> Result<bool> {
    if !tx.begin_outbox_attempt(entry.id, route.provider, route.template, now)? {
        return Ok(false);
    }
    tx.begin_message_attempt(entry.message, route.provider, route.template)?;
    Ok(true)
}

/// Records the outcome of an attempt or a lookup. `error` is the code and the notice that are shown with a message
/// that failed permanently or may have been sent; `last_error` is the provider's error in this attempt or lookup.
pub fn finish(
    tx: &WriteTx<'_>,
    entry: &OutboxEntry,
    delivery: &Delivery,
    result: &StepResult,
    error: Option<(&str, &StoredNotice)>,
    last_error: Option<&StoredNotice>,
    now: Timestamp,
) -> Result<()> {
    let Some(message) = tx.message(entry.message)? else { return Ok(()) };
    let has_arrived = matches!(message.status, MessageStatus::Delivered | MessageStatus::Read);
    let (state, at) = match result {
        // An earlier attempt delivered the message while this one ran.
        StepResult::Retry { .. } | StepResult::Failed(_) if has_arrived => (OutboxState::Done, now),
        StepResult::Sent { .. } => (OutboxState::Done, now),
        StepResult::Failed(_) => (OutboxState::Failed, now),
        StepResult::Retry { at } if delivery.unconfirmed => (OutboxState::Unconfirmed, *at),
        StepResult::Retry { at } => (OutboxState::Queued, *at),
    };
    tx.update_outbox(
        entry.id,
        &OutboxUpdate {
            state,
            unconfirmed_attempts: delivery.unconfirmed_attempts,
            refused: &delivery.refused,
            last_refusal: delivery.last_refusal.as_ref(),
            next_attempt_at: at,
            no_file_since: delivery.no_file_since,
            last_error,
        },
        now,
    )?;
    match result {
        StepResult::Sent { provider_msg_id } => {
            tx.set_provider_id(entry.message, delivery.route.provider, provider_msg_id.as_deref())?;
            tx.set_thread_provider(entry.thread, delivery.route.provider)?;
            advance(tx, entry, delivery, MessageStatus::Sent, None, now)?;
            match provider_msg_id {
                Some(id) => apply_early(tx, BusinessId::FIRST, delivery.route.provider, id, now),
                None => Ok(()),
            }
        }
        StepResult::Failed(_) => {
            if delivery.last_refusal.as_ref().is_some_and(|last| last.refusal == Refusal::Contact) {
                tx.set_opted_out(entry.thread, now)?;
            }
            advance(tx, entry, delivery, MessageStatus::Failed, error, now)
        }
        StepResult::Retry { .. } if message.error.as_ref() != error.map(|(_, notice)| notice) => {
            tx.set_message_status(entry.message, message.status, error, now)
        }
        StepResult::Retry { .. } => Ok(()),
    }
}

fn advance(
    tx: &WriteTx<'_>,
    entry: &OutboxEntry,
    delivery: &Delivery,
    status: MessageStatus,
    failure: Option<(&str, &StoredNotice)>,
    now: Timestamp,
) -> Result<()> {
    let Some(message) = tx.message(entry.message)? else { return Ok(()) };
    let next = message.status.advance(status);
    // A message that may have been sent shows an error until its status is known.
    if next != message.status || next != MessageStatus::Failed && message.error.is_some() {
        tx.set_message_status(entry.message, next, failure, now)?;
        answer_failed(tx, &message, next)?;
    }
    let detail = failure.map(|(code, notice)| serde_json::json!({ "code": code, "error": notice }).to_string());
    tx.insert_message_event(&NewMessageEvent {
        message: entry.message,
        kind: MessageEventKind::Status,
        value: status.as_str(),
        actor: "",
        provider: delivery.route.provider,
        provider_event_id: None,
        at: now,
        is_timed: false,
        detail: detail.as_deref(),
    })?;
    Ok(())
}
