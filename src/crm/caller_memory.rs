//! The data about a caller that the agent gets at the start of a call: the language, and a selection of the upcoming
//! appointments and of the earlier calls and messages.

use super::booking::slots::local_date;
use super::call::{CallerIdentity, IncomingCall};
use super::{Error, appointment, contact};
use crate::domain::{
    ActorId, Appointment, BuiltInTool, BusinessId, Call, CallId, CallOutcome, ContactId, ContactRelation, Direction,
    MessageStatus, Speaker, ThreadType, Timestamp, ToolUse, one_line,
};
use crate::spoken::said_days;
use crate::store::{CallFilter, ReadTx};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::time::Duration;

/// A selection of the data that is stored about a caller. For an unverified number, only the language is set; for a
/// withheld number, nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallerMemory {
    /// The contact's language as a code such as `he`.
    pub language: Option<String>,
    /// Upcoming appointments up to a limit, the next one first.
    pub appointments: Vec<Appointment>,
    /// Recent earlier calls, the newest first.
    pub calls: Vec<EarlierCall>,
    /// Those of the latest WhatsApp messages that contain text, are not from the agent, and do not tell the day of an
    /// upcoming appointment, the oldest first.
    pub messages: Vec<EarlierMessage>,
    pub is_staff: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlierCall {
    pub at: Timestamp,
    pub outcome: CallOutcome,
    /// One line from the summary, the message, or the caller's first words; `None` if there are none. Also `None` for a
    /// call in which an appointment was found, booked, moved or cancelled, because the line could contain its time,
    /// which an unverified caller must not learn.
    pub about: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlierMessage {
    pub at: Timestamp,
    pub is_from_caller: bool,
    pub text: String,
}

impl CallerMemory {
    pub const EMPTY: Self =
        Self { language: None, appointments: Vec::new(), calls: Vec::new(), messages: Vec::new(), is_staff: false };
}

/// For an unverified number, returns only the language, because the caller may not be the owner of the number. `zone`
/// is the time zone of the business.
pub fn read(tx: &ReadTx<'_>, call: &IncomingCall, zone: &TimeZone, now: Timestamp) -> Result<CallerMemory, Error> {
    let identity = call.identity();
    let Some(stored) = tx.stored_call(&call.call_sid)?.filter(|_| identity != CallerIdentity::Withheld) else {
        return Ok(CallerMemory::EMPTY);
    };
    let contact = contact::find(tx, stored.contact_id)?;
    let memory = CallerMemory { language: contact.language.clone(), ..CallerMemory::EMPTY };
    if identity == CallerIdentity::Unverified {
        return Ok(memory);
    }
    let mut appointments = appointment::upcoming(tx, contact.id, now, MAX_CHECKED)?;
    let days: Vec<Date> = appointments.iter().map(|appointment| local_date(appointment.starts_at, zone)).collect();
    appointments.truncate(MAX_APPOINTMENTS);
    let calls = calls(tx, contact.id, stored.id, now)?;
    let messages = messages(tx, contact.id, &days, zone, now)?;
    let is_staff = contact.relation == ContactRelation::Staff;
    Ok(CallerMemory { appointments, calls, messages, is_staff, ..memory })
}

fn calls(tx: &ReadTx<'_>, contact: ContactId, present: CallId, now: Timestamp) -> Result<Vec<EarlierCall>, Error> {
    let filter =
        CallFilter { business: BusinessId::FIRST, thread: None, contact: Some(contact), outcome: None, words: None };
    let (found, _) = tx.calls(&filter, None, MAX_CALLS + 1)?;
    let earlier = found.into_iter().filter(|item| item.call.id != present && is_recent(item.call.started_at, now));
    let earlier = earlier.take(MAX_CALLS).map(|item| {
        let about = match item.summary_line {
            Some(line) if !may_name_time(tx, &item.call)? => Some(beginning(&line)),
            _ => None,
        };
        Ok(EarlierCall { at: item.call.started_at, outcome: item.outcome, about })
    });
    earlier.collect()
}

/// Returns true if the line about a call could contain the time of an appointment.
fn may_name_time(tx: &ReadTx<'_>, call: &Call) -> Result<bool, Error> {
    let turns = tx.heard_turns(&call.call_sid)?.into_iter();
    let mut tools =
        turns.filter(|(speaker, _)| *speaker == Speaker::Tool).filter_map(|(_, text)| ToolUse::from_text(&text));
    let has_looked = tools.any(|tool| tool.name == BuiltInTool::FindAppointments.as_str() && tool.success().is_some());
    Ok(has_looked || !tx.call_bookings(call)?.is_empty())
}

fn messages(
    tx: &ReadTx<'_>,
    contact: ContactId,
    appointment_days: &[Date],
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Vec<EarlierMessage>, Error> {
    let Some(thread) = tx.thread_with(BusinessId::FIRST, ThreadType::WhatsApp, contact)? else { return Ok(Vec::new()) };
    let (found, _) = tx.messages(thread, None, MAX_MESSAGES)?;
    let agent = ActorId::Agent.to_string();
    let written = found.into_iter().filter(|detail| {
        let message = &detail.message;
        let is_gone = detail.deleted_at.is_some() || message.status == MessageStatus::Failed;
        // The agent's own messages are left out, because they confirm appointments and contain their times.
        let is_by_agent = message.author.as_ref().is_some_and(|author| *author == agent);
        // So are reminders by a user, because an unverified caller must not learn when an appointment is.
        let is_reminder = message.direction == Direction::Out
            && said_days(&message.content_text).into_iter().any(|day| {
                let written = local_date(message.created_at, zone);
                appointment_days.iter().any(|date| day.may_mean(*date, written))
            });
        let is_hidden = is_gone || is_by_agent || is_reminder;
        !is_hidden && !message.content_text.trim().is_empty() && is_recent(message.created_at, now)
    });
    let written = written.map(|detail| EarlierMessage {
        at: detail.message.created_at,
        is_from_caller: detail.message.direction == Direction::In,
        text: beginning(&detail.message.content_text),
    });
    Ok(written.collect())
}

fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    now.since(at) < MAX_AGE
}

/// Returns the beginning of a text as one line.
fn beginning(text: &str) -> String {
    one_line(text).chars().filter(|c| !c.is_control()).take(MAX_CHARS).collect()
}

/// How far back calls and messages are read.
const MAX_AGE: Duration = Duration::from_hours(180 * 24);
const MAX_APPOINTMENTS: usize = 5;
/// The maximum number of upcoming appointments whose days are looked for in messages.
const MAX_CHECKED: usize = 100;
const MAX_CALLS: usize = 3;
const MAX_MESSAGES: usize = 6;
/// The maximum length of a text that the agent gets, in characters.
const MAX_CHARS: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crm::appointment::{Context, NewAppointment, book};
    use crate::crm::booking::services::{ServiceUpdate, add};
    use crate::crm::call::{append_turn, find_or_create};
    use crate::crm::outbox::{SendRequest, send};
    use crate::domain::{AppointmentSource, CallSid, EndReason, PeerAddress, Provider};
    use crate::inbox::policy::RoutingRules;
    use crate::store::testing::{database, try_out};
    use phonenumber::country;

    const DANA: &str = "+972501234567";

    fn call(number: u8) -> IncomingCall {
        let sid: CallSid = format!("CA{number:032x}").parse().unwrap();
        IncomingCall { from: DANA.into(), ..IncomingCall::by_sid(sid) }
    }

    #[test]
    fn a_call_in_which_appointments_were_found_shows_no_words_later() {
        let (_folder, conn) = database();
        let now = Timestamp::from_millis(1_795_000_000_000);
        let found = ToolUse::new("find_appointments", "{}").with_output(r#"{"appointments": []}"#);
        let refused = ToolUse::new("find_appointments", "{}").with_output(r#"{"error": "ask for the name first"}"#);
        let about = |tool: &ToolUse| {
            try_out(&conn, |tx| {
                let earlier = call(1);
                find_or_create(tx, &earlier, country::IL, now)?;
                append_turn(tx, &earlier.call_sid, "tool", Speaker::Tool, &tool.to_text(), now)?;
                tx.end_call(&earlier.call_sid, EndReason::CallerHungUp, None, now)?;
                tx.set_call_summary(&earlier.call_sid, "asked about Tuesday at ten", None, now)?;
                find_or_create(tx, &call(2), country::IL, now)?;
                let memory = read(tx, &call(2), &TimeZone::UTC, now).unwrap();
                assert_eq!(memory.calls.len(), 1);
                Ok(memory.calls[0].about.clone())
            })
        };
        assert_eq!(about(&found), None);
        assert_eq!(about(&refused).as_deref(), Some("asked about Tuesday at ten"));
    }

    #[test]
    fn a_reminder_of_an_appointment_is_not_among_the_messages() {
        let (_folder, conn) = database();
        let now: Timestamp = "2026-11-22T06:00:00.000Z".parse().unwrap();
        let zone = TimeZone::get("Asia/Jerusalem").unwrap();
        try_out(&conn, |tx| {
            let contact = find_or_create(tx, &call(1), country::IL, now)?.1.unwrap();
            let (name, duration_min) = (Some("haircut".to_owned()), Some(30));
            let service = ServiceUpdate { name, duration_min, ..ServiceUpdate::default() };
            let service = add(tx, BusinessId::FIRST, &service, now).unwrap();
            let context = Context { business: BusinessId::FIRST, zone: zone.clone(), actor: ActorId::CommandLine, now };
            let new = NewAppointment {
                contact,
                service,
                resource: None,
                starts_at: "2026-11-23T08:00:00.000Z".parse().unwrap(),
                note: String::new(),
                force: false,
                source: AppointmentSource::User,
                source_key: None,
                call: None,
                waiting: None,
                notifies: false,
            };
            book(tx, &context, &new).unwrap();
            let rules = RoutingRules { only: None, priority: vec![Provider::Baileys], template: false };
            for text in ["We see you tomorrow at ten", "We are closed on Friday"] {
                let to = PeerAddress::from_stored(DANA).unwrap();
                let request = SendRequest::text(to, text.to_owned(), "user:1".to_owned(), now);
                send(tx, &request, &rules, &[], now).unwrap();
            }
            let memory = read(tx, &call(1), &zone, now).unwrap();
            let texts: Vec<_> = memory.messages.iter().map(|message| message.text.as_str()).collect();
            assert_eq!((texts, memory.appointments.len()), (vec!["We are closed on Friday"], 1));
            Ok(())
        });
    }
}
