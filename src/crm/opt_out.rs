//! A contact's choice whether to get messages, made by a word in a message.

use super::outbox::{self, SendError, SendRefusal, SendRequest};
use crate::domain::{ActorId, InboundMessage, MessageId, OptOutChoice, ThreadId, Timestamp, TurnEvent};
use crate::inbox::policy::RoutingRules;
use crate::store::{Result, WriteTx};

/// The actions in the audit log.
const OPTED_OUT: &str = "contact_opted_out";
const OPTED_IN: &str = "contact_opted_in";
/// How much of the contact's text is stored with the opt-out.
const MAX_WORD_CHARS: usize = 100;

/// What a contact's choice changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The contact gets no messages from now on.
    OptedOut,
    /// The contact gets messages again.
    OptedIn,
    /// The contact had chosen the same before, or a newer decision of the contact or a user applies.
    Unchanged,
}

/// Applies a choice that the contact wrote at `written` in a message that has just been stored in `thread`.
pub fn choose(
    tx: &WriteTx<'_>,
    thread: ThreadId,
    choice: OptOutChoice,
    message: &InboundMessage,
    written: Timestamp,
    now: Timestamp,
) -> Result<Effect> {
    let contact = tx.contact_of_thread(thread)?;
    if tx.opt_out_decided_at(contact)?.is_some_and(|decided| decided > written) {
        return Ok(Effect::Unchanged);
    }
    let was_opted_out = tx.contact_has_opted_out(contact)?;
    let word: String = message.text.trim().chars().take(MAX_WORD_CHARS).collect();
    let out = (choice == OptOutChoice::Out).then_some(word.as_str());
    let changed = tx.set_opt_out_by_contact(contact, out, written, now)?;
    let subject = format!("contact:{contact}");
    Ok(match choice {
        _ if !changed => Effect::Unchanged,
        OptOutChoice::Out => {
            tx.insert_audit(ActorId::Contact, OPTED_OUT, &subject, now)?;
            if was_opted_out { Effect::Unchanged } else { Effect::OptedOut }
        }
        OptOutChoice::In => {
            tx.insert_audit(ActorId::Contact, OPTED_IN, &subject, now)?;
            Effect::OptedIn
        }
    })
}

/// Records that the contact does not wait for an answer to the message that was just stored: after an opt-out no answer
/// can be sent. The message remains unread, so that users see it. If an earlier message waits, the contact still waits.
pub fn needs_no_answer(tx: &WriteTx<'_>, thread: ThreadId) -> Result<()> {
    let Some(thread) = tx.thread(thread)? else { return Ok(()) };
    if thread.waiting_since.is_some() && thread.waiting_since == thread.last_message_at {
        tx.apply_turn(thread.id, TurnEvent::Done)?;
    }
    Ok(())
}

/// Queues the confirmation of an opt-out, once for each `message` with the word. It goes by the provider of that message,
/// because the contact may not know the other number.
pub fn confirm(
    tx: &WriteTx<'_>,
    message: MessageId,
    inbound: &InboundMessage,
    text: String,
    rules: &RoutingRules,
    now: Timestamp,
) -> Result<std::result::Result<(), SendRefusal>> {
    let Some(to) = inbound.peer.first().cloned() else { return Ok(Ok(())) };
    let request = SendRequest {
        named: Some(inbound.provider),
        idempotency_key: Some(format!("opt-out {message}")),
        confirms_opt_out: true,
        ..SendRequest::text(to, text, ActorId::Daemon.to_string(), now)
    };
    match outbox::send(tx, &request, rules, &[], now) {
        Ok(_) => Ok(Ok(())),
        Err(SendError::Refused(refusal)) => Ok(Err(refusal)),
        Err(SendError::Store(error)) => Err(error),
    }
}
