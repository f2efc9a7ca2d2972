//! Executes the owner's commands by WhatsApp, which choose who answers calls.

use super::ActiveSettings;
use super::answering::can_ring;
use crate::alerting::directed;
use crate::config::Config;
use crate::crm::answering::{self, Choice};
use crate::crm::inbox::{self, Received};
use crate::crm::outbox::{NotifyOwnerError, notify_owner};
use crate::crm::{self, RequestError};
use crate::domain::{ActorId, AnswerMode, BusinessId, InboundMessage, Language, MediaKind, Timestamp};
use crate::inbox::message_time::Arrival;
use crate::inbox::owner_command::{self, Action, OwnerCommand, Until};
use crate::messages::{self, Phrase};
use crate::store::{self, ReadTx, WriteTx};
use jiff::tz::TimeZone;
use std::time::Duration;

/// A command of the owner that is not too old is executed, and its answer is queued.
pub(super) fn execute(
    tx: &WriteTx<'_>,
    settings: &ActiveSettings,
    message: &InboundMessage,
    received: &Received,
    arrival: Arrival,
    now: Timestamp,
) -> store::Result<()> {
    let written = arrival.written.filter(|_| message.is_delayed()).unwrap_or(now).min(now);
    let is_new_text = message.kind == MediaKind::Text && !message.from_phone && !message.history;
    let Some(owner) = settings.config.alerts.whatsapp_to.clone().filter(|_| is_new_text) else { return Ok(()) };
    let Some(command) = owner_command::parse(&message.text).filter(|_| now.since(written) <= TOO_OLD) else {
        return Ok(());
    };
    // What cannot be read as a command may be an ordinary message.
    if command.action != Action::NotUnderstood {
        inbox::needs_no_answer(tx, received)?;
    }
    let answer = answer(tx, &settings.config, command, written, now)?;
    let text = directed(command.language, &answer);
    match notify_owner(tx, owner, text, &settings.rules, now) {
        Ok(_) => {}
        Err(NotifyOwnerError::Store(error)) => return Err(error),
        Err(NotifyOwnerError::Refused(refusal)) => {
            tracing::warn!(event = "OWNER_COMMAND_UNANSWERED", thread.id = %received.thread, %refusal, "The owner's command by WhatsApp in thread {} was processed, but its answer cannot be sent: {refusal}", received.thread);
        }
    }
    Ok(())
}

/// `written` is when the owner wrote the command.
fn answer(
    tx: &WriteTx<'_>,
    config: &Config,
    OwnerCommand { action, language }: OwnerCommand,
    written: Timestamp,
    now: Timestamp,
) -> store::Result<String> {
    let zone = &config.business.time_zone;
    let (mode, until) = match action {
        Action::Set(mode, until) => (mode, until),
        // The state says that nothing changed.
        Action::Status | Action::NotUnderstood => {
            let state = state(tx, config, language, now)?;
            return Ok(format!("{state}\n{}", say(language, &Phrase::AnsweringWords)));
        }
    };
    let until = match until {
        Until::Changed => None,
        Until::Time(time) => answering::next_time(time, zone, written),
        Until::For(duration) => Some(written.plus(duration)),
        Until::Opening => match answering::next_opening(tx, BusinessId::FIRST, zone, written) {
            Ok(None) => return Ok(say(language, &Phrase::AnsweringNeverOpens)),
            Ok(at) => at,
            Err(error) => return refused(error, language),
        },
    };
    // A delayed command does not revert a later choice, and a command whose end has passed changes nothing.
    let is_overtaken = answering::last(tx)?.is_some_and(|last| last.set_at > written);
    if !is_overtaken && until.is_none_or(|until| until > now) {
        let choice = Choice { mode, until };
        if let Err(error) = answering::set_audited(tx, choice, can_ring(config), ActorId::OwnerByWhatsApp, now) {
            return refused(error, language);
        }
        tracing::info!(event = "ANSWERING_SET", %mode, "The owner changed by WhatsApp how calls are answered: {}", mode.words());
    }
    state(tx, config, language, now)
}

fn refused(error: crm::Error, language: Language) -> store::Result<String> {
    match error {
        crm::Error::Store(error) => Err(error),
        crm::Error::Refused(RequestError::CodedConflict { .. }) => Ok(say(language, &Phrase::AnsweringNoPhone)),
        crm::Error::Refused(refusal) => Ok(refusal.to_string()),
    }
}

fn state(tx: &ReadTx<'_>, config: &Config, language: Language, now: Timestamp) -> store::Result<String> {
    let choice = answering::current(tx, now)?;
    let until = choice.as_ref().and_then(|choice| choice.until);
    let until = until.map(|until| time(until, &config.business.time_zone, now));
    let phrase = match (choice.map(|choice| choice.mode), until) {
        (Some(AnswerMode::Agent), None) => Phrase::AnsweringAgent,
        (Some(AnswerMode::Agent), Some(time)) => Phrase::AnsweringAgentUntil { time },
        (Some(AnswerMode::Ring), _) if !can_ring(config) => Phrase::AnsweringNoPhone,
        (Some(AnswerMode::Ring), None) => Phrase::AnsweringRing,
        (Some(AnswerMode::Ring), Some(time)) => Phrase::AnsweringRingUntil { time },
        (Some(AnswerMode::Settings) | None, _) => {
            let ring = if can_ring(config) { config.voice.ring_first.as_str() } else { "never" };
            Phrase::AnsweringSettings { ring: ring.to_owned() }
        }
    };
    Ok(say(language, &phrase))
}

/// Includes the date unless it is today.
fn time(at: Timestamp, zone: &TimeZone, now: Timestamp) -> String {
    let (at, now) = (at.to_zoned(zone), now.to_zoned(zone));
    let format = if at.date() == now.date() { "%H:%M" } else { "%H:%M (%-d.%-m)" };
    at.strftime(format).to_string()
}

fn say(language: Language, phrase: &Phrase) -> String {
    messages::text(language, phrase)
}

/// A command that arrives later than this is not carried out, because the owner no longer expects it.
const TOO_OLD: Duration = Duration::from_hours(12);

#[cfg(test)]
mod tests {
    use super::*;

    /// A phone that sends every message back would otherwise start a loop.
    #[test]
    fn no_answer_is_a_command() {
        let time = || "17:00 (27.11)".to_owned();
        for language in Language::ALL {
            let rings = ["never", "open", "always"].map(|ring| Phrase::AnsweringSettings { ring: ring.to_owned() });
            let others = [
                Phrase::AnsweringAgent,
                Phrase::AnsweringAgentUntil { time: time() },
                Phrase::AnsweringRing,
                Phrase::AnsweringRingUntil { time: time() },
                Phrase::AnsweringNoPhone,
                Phrase::AnsweringNeverOpens,
                Phrase::AnsweringWords,
            ];
            for phrase in rings.iter().chain(&others) {
                let text = say(*language, phrase);
                for text in [text.as_str(), &directed(*language, &text)] {
                    assert_eq!(owner_command::parse(text), None, "{text}");
                }
            }
        }
    }
}
