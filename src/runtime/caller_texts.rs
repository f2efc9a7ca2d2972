//! Sends WhatsApp messages to callers, see [`crate::crm::caller_text`]: in jobs, which confirm appointments and follow
//! missed calls, and for the agent during a call.

use super::Settings;
use super::jobs::JobError;
use super::outbox::{self, Outbox};
use crate::agent::tool::CallerTextSender;
use crate::clock;
use crate::config::Config;
use crate::crm::call::{CallerIdentity, IncomingCall};
use crate::crm::caller_text::{self, CallerText, ConfirmJob, MissedJob};
use crate::crm::message_clock::MessageClock;
use crate::crm::scheduled_message::SendContext;
use crate::crm::{self, Error};
use crate::domain::{Appointment, AppointmentEvent, CallSid, Language, Provider, Timestamp};
use crate::inbox::policy::RoutingRules;
use crate::messages::{self, Phrase};
use crate::store::{Job, Store, WriteTx};
use futures_util::future::BoxFuture;
use serde::de::DeserializeOwned;

#[derive(Clone)]
pub struct CallerTexts {
    pub store: Store,
    pub settings: Settings,
    pub outbox: Outbox,
    pub clock: MessageClock,
}

impl CallerTexts {
    pub async fn confirm(self, job: Job) -> Result<(), JobError> {
        let payload: ConfirmJob = read(&job)?;
        if !self.settings.config().agent.confirm_appointments {
            return Ok(());
        }
        let (key, sid) = (key_of(&job, payload.starts_at), payload.call_sid.clone());
        let sent = self
            .send_later(move |tx, config, context, now| {
                let Some(appointment) = caller_text::unconfirmed(tx, &payload)? else {
                    return Ok(CallerText::Unneeded);
                };
                let language = language_of_caller(tx, config, &payload.call_sid)?;
                let text = confirmation(config, language, payload.event, &appointment);
                caller_text::confirm(tx, &payload, (text, key), context, now)
            })
            .await?;
        report(&sid, &sent, "confirmation of an appointment");
        Ok(())
    }

    pub async fn text_missed_caller(self, job: Job) -> Result<(), JobError> {
        let payload: MissedJob = read(&job)?;
        if !self.settings.config().agent.text_missed_callers {
            return Ok(());
        }
        let (key, sid) = (key_of(&job, job.created_at), payload.call_sid.clone());
        let sent = self
            .send_later(move |tx, config, context, now| {
                let language = language_of_caller(tx, config, &payload.call_sid)?;
                caller_text::text_missed_caller(tx, &payload, (missed_call(config, language), key), context, now)
            })
            .await?;
        report(&sid, &sent, "message to the caller who got no help");
        Ok(())
    }

    /// `work` gets the data that routing depends on.
    async fn send_by(
        &self,
        work: impl FnOnce(&WriteTx<'_>, &Config, &SendContext<'_>, Timestamp) -> Result<CallerText, Error> + Send + 'static,
    ) -> Result<CallerText, Error> {
        let (settings, down): (_, Vec<Provider>) = (self.settings.current(), self.outbox.down().await);
        let clock = self.clock.clone();
        let sent = crm::transact(&self.store, move |tx| {
            let new_chats = outbox::new_chats(&settings.config);
            let context = SendContext { rules: &settings.rules, down: &down, new_chats, written_at: clock.now() };
            work(tx, &settings.config, &context, clock::now())
        });
        let sent = sent.await?;
        self.outbox.wake();
        Ok(sent)
    }

    /// Like `send_by`, but each error is retried.
    async fn send_later(
        &self,
        work: impl FnOnce(&WriteTx<'_>, &Config, &SendContext<'_>, Timestamp) -> Result<CallerText, Error> + Send + 'static,
    ) -> Result<CallerText, JobError> {
        self.send_by(work).await.map_err(|error| JobError::Retry(error.to_string()))
    }
}

impl CallerTextSender for CallerTexts {
    fn send(&self, call: CallSid, text: String) -> BoxFuture<'static, Result<CallerText, Error>> {
        let texts = self.clone();
        Box::pin(async move {
            let sid = call.clone();
            let sent = texts
                .send_by(move |tx, _, context, now| caller_text::send_from_agent(tx, &call, &text, context, now))
                .await?;
            report(&sid, &sent, "agent's message to the caller");
            Ok(sent)
        })
    }
}

/// The message policy decides later whether the message is sent. `call` is `None` for a trial call, which has no
/// number.
pub(super) fn can_text(config: &Config, rules: &RoutingRules, call: Option<&IncomingCall>) -> bool {
    // If the caller's number is forged, the message would reach a person who did not call.
    let is_mobile = |call: &IncomingCall| {
        call.identity() == CallerIdentity::Number && call.caller_number().is_some_and(|number| number.may_be_mobile())
    };
    config.agent.send_whatsapp && !rules.priority.is_empty() && call.is_none_or(is_mobile)
}

fn read<T: DeserializeOwned>(job: &Job) -> Result<T, JobError> {
    serde_json::from_str(&job.payload).map_err(|error| JobError::Permanent(error.to_string()))
}

/// A job that runs again has the same key, so it sends no second message.
fn key_of(job: &Job, about: Timestamp) -> String {
    format!("{} {} {}", job.kind, job.id, about.as_millis())
}

fn report(sid: &CallSid, sent: &CallerText, what: &str) {
    match sent {
        CallerText::Queued(id) => {
            tracing::info!(event = "CALLER_TEXT", call.sid = %sid, message_id = id.0, "Call {sid}: the {what} is queued as message {id}");
        }
        CallerText::Refused(why) => {
            tracing::info!(event = "CALLER_TEXT_NOT_SENT", call.sid = %sid, why = why.code(), "Call {sid}: the {what} is not sent: {why}");
        }
        CallerText::Unneeded => {}
    }
}

fn language_of_caller(tx: &WriteTx<'_>, config: &Config, sid: &CallSid) -> Result<Language, Error> {
    Ok(language(config, caller_text::language_of(tx, sid)?.as_deref()))
}

/// Returns the contact's language, a code such as `he`, if texts in that language exist; otherwise the agent's language.
pub fn language(config: &Config, known: Option<&str>) -> Language {
    let known = known.and_then(|code| Language::ALL.iter().copied().find(|language| language.as_str() == code));
    known.unwrap_or_else(|| Language::for_tag(&config.agent.language))
}

/// Returns the text about a change of an appointment, in the state after the change.
pub fn confirmation(config: &Config, language: Language, event: AppointmentEvent, of: &Appointment) -> String {
    notice(config, language, event, (&of.service_name, of.starts_at))
}

/// Like [`confirmation`], for an appointment that is not booked yet: its service and its start.
pub fn notice(
    config: &Config,
    language: Language,
    event: AppointmentEvent,
    (service, starts_at): (&str, Timestamp),
) -> String {
    let what = appointment_text(config, language, service, starts_at);
    let phrase = match event {
        AppointmentEvent::Booked => Phrase::TextBooked { what },
        AppointmentEvent::Moved => Phrase::TextMoved { what },
        AppointmentEvent::Cancelled => Phrase::TextCancelled { what },
    };
    signed(config, messages::text(language, &phrase))
}

pub(super) fn appointment(config: &Config, language: Language, of: &Appointment) -> String {
    appointment_text(config, language, &of.service_name, of.starts_at)
}

fn appointment_text(config: &Config, language: Language, service: &str, starts_at: Timestamp) -> String {
    let at = starts_at.to_zoned(&config.business.time_zone);
    messages::text(
        language,
        &Phrase::TextAppointment {
            service: service.to_owned(),
            weekday: at.strftime("%A").to_string().to_lowercase(),
            date: at.strftime("%-d.%-m.%Y").to_string(),
            time: at.strftime("%H:%M").to_string(),
        },
    )
}

fn missed_call(config: &Config, language: Language) -> String {
    match config.agent.missed_call_text.trim() {
        "" => signed(config, messages::text(language, &Phrase::TextMissedCall)),
        own => own.to_owned(),
    }
}

/// Appends the name of the business, because the recipient may not know the sender's number.
fn signed(config: &Config, text: String) -> String {
    let name = &config.business.name;
    if name.is_empty() { text } else { format!("{text}\n{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_name_the_day_the_time_and_the_business() {
        let mut config = Config::default();
        config.business.name = "Ron".into();
        let said = messages::text(
            Language::English,
            &Phrase::TextAppointment {
                service: "Haircut".into(),
                weekday: "tuesday".into(),
                date: "24.11.2026".into(),
                time: "10:00".into(),
            },
        );
        assert_eq!(said, "Haircut, Tuesday 24.11.2026 at 10:00");
        assert!(missed_call(&config, Language::Hebrew).ends_with("\nRon"));
        config.agent.missed_call_text = " We call you back. ".into();
        assert_eq!(missed_call(&config, Language::Hebrew), "We call you back.");
    }
}
