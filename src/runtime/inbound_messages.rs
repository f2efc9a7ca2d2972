//! Stores inbound WhatsApp messages, and executes what some of them ask for: the owner's commands, and a contact's choice
//! to get no messages. Both providers' webhooks and the catch-up with Twilio's list use this, so each is executed once,
//! however the message arrives.

use super::{ActiveSettings, owner_commands};
use crate::crm::inbox::{self, Received};
use crate::crm::opt_out::{self, Effect};
use crate::crm::webhook_log::RawWebhook;
use crate::domain::{BusinessId, InboundMessage, Language, MediaKind, OptOutChoice, PeerAddress, Timestamp};
use crate::inbox::message_time::Arrival;
use crate::inbox::opt_out::{WordLanguage, parse};
use crate::messages::{self, Phrase};
use crate::store::{self, WriteTx};
use std::time::Duration;

/// What a message asks for is done in the transaction that stores the message. See [`inbox::receive`].
pub fn receive(
    tx: &WriteTx<'_>,
    settings: &ActiveSettings,
    message: &InboundMessage,
    raw: &RawWebhook,
    arrival: Arrival,
    now: Timestamp,
) -> store::Result<Option<Received>> {
    let Some(received) = inbox::receive(tx, BusinessId::FIRST, message, raw, arrival, now)? else { return Ok(None) };
    if received.message.is_some() {
        if is_from_owner(settings, message) {
            owner_commands::execute(tx, settings, message, &received, arrival, now)?;
        } else {
            apply_opt_out(tx, settings, message, &received, arrival, now)?;
        }
    }
    Ok(Some(received))
}

/// Only the number in the settings identifies the owner, because every user may edit the contacts of the CRM. The owner
/// gets alerts at this number as long as the settings say so, and cannot opt out of them by a word.
fn is_from_owner(settings: &ActiveSettings, message: &InboundMessage) -> bool {
    let Some(owner) = &settings.config.alerts.whatsapp_to else { return false };
    message.peer.iter().any(|peer| matches!(peer, PeerAddress::Phone(number) if number == owner))
}

fn apply_opt_out(
    tx: &WriteTx<'_>,
    settings: &ActiveSettings,
    message: &InboundMessage,
    received: &Received,
    arrival: Arrival,
    now: Timestamp,
) -> store::Result<()> {
    let (false, Some(id)) = (message.from_phone, received.message) else { return Ok(()) };
    let word = Some(&message.text).filter(|_| message.kind == MediaKind::Text).and_then(|text| parse(text));
    // Twilio may have keywords that are not known here.
    let Some(choice) = message.provider_opt_out.or(word.map(|word| word.choice)) else { return Ok(()) };
    // The provider's time also for a live message, so that it can be compared with that of a delayed message.
    let written = arrival.written.unwrap_or(arrival.at).min(now);
    let thread = received.thread;
    let effect = opt_out::choose(tx, thread, choice, message, written, now)?;
    if choice == OptOutChoice::Out && !message.history {
        opt_out::needs_no_answer(tx, thread)?;
    }
    match effect {
        Effect::Unchanged => return Ok(()),
        Effect::OptedIn => {
            tracing::info!(event = "CONTACT_OPTED_IN", thread.id = %thread, message.id = %id, "The contact of thread {thread} opted in by message {id} and gets messages again");
            return Ok(());
        }
        Effect::OptedOut => {
            tracing::info!(event = "CONTACT_OPTED_OUT", thread.id = %thread, message.id = %id, "The contact of thread {thread} opted out by message {id} and gets no messages from now on");
        }
    }
    let Some(word) = word.filter(|_| may_confirm(message, written, now)) else { return Ok(()) };
    if tx.is_contact_blocked(tx.contact_of_thread(thread)?)? {
        return Ok(());
    }
    let text = confirmation(word.language, &settings.config.business.name);
    if let Err(refusal) = opt_out::confirm(tx, id, message, text, &settings.rules, now)? {
        tracing::info!(event = "OPT_OUT_UNCONFIRMED", thread.id = %thread, message.id = %id, %refusal, "The contact's opt-out in message {id} is stored, but its confirmation cannot be sent: {refusal}");
    }
    Ok(())
}

/// Returns false if the provider has answered already, or if the message is so old that the answer would surprise.
fn may_confirm(message: &InboundMessage, written: Timestamp, now: Timestamp) -> bool {
    message.provider_opt_out.is_none() && !message.history && now.since(written) <= TOO_OLD
}

fn confirmation(language: WordLanguage, business: &str) -> String {
    let text = match language {
        WordLanguage::Hebrew => messages::text(Language::Hebrew, &Phrase::OptOutConfirmed),
        WordLanguage::English => messages::text(Language::English, &Phrase::OptOutConfirmed),
        // The locale files have only Hebrew and English, the languages of the page.
        WordLanguage::Arabic => "لن تصلك رسائل منا بعد الآن. لاستئنافها أرسل: ابدأ".to_owned(),
        WordLanguage::Russian => {
            "Мы больше не будем писать вам. Чтобы снова получать сообщения, отправьте СТАРТ.".to_owned()
        }
    };
    if business.is_empty() { text } else { format!("{business}: {text}") }
}

/// A message that arrives later than this is not answered, because the contact no longer expects it.
const TOO_OLD: Duration = Duration::from_hours(12);

#[cfg(test)]
mod tests {
    use super::*;

    /// A phone that sends every message back would otherwise start a loop.
    #[test]
    fn no_confirmation_is_a_choice_and_each_names_the_word_that_undoes_it() {
        use WordLanguage::{Arabic, English, Hebrew, Russian};
        for (language, word) in [(Hebrew, "התחל"), (English, "START"), (Arabic, "ابدأ"), (Russian, "СТАРТ")]
        {
            let text = confirmation(language, "");
            assert_eq!(parse(&text), None, "{text}");
            assert!(text.contains(word), "{text}");
            assert_eq!(parse(word).map(|word| (word.choice, word.language)), Some((OptOutChoice::In, language)));
            assert_eq!(confirmation(language, "Dana's"), format!("Dana's: {text}"));
        }
    }
}
