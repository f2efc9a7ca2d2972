//! Rehearsals: example data in a throw-away database, and what a conversation left there.

use super::appointment::{self, NewAppointment};
use super::booking::closures::{self, ClosureUpdate};
use super::booking::hours;
use super::booking::services::{self, ServiceUpdate};
use super::call::{self, IncomingCall};
use super::call_review;
use super::{Error, RequestError, caller_text, fact};
use crate::domain::{
    ActorId, Appointment, AppointmentSource, AppointmentState, BusinessId, CallSid, ContactId, EveRule, FactSource,
    HolidayRule, OpeningHours, TaskState, Timestamp,
};
use crate::promise::BrokenPromise;
use crate::store::{AppointmentFilter, ReadTx, TaskFilter, WriteTx};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use phonenumber::country;

#[derive(Clone, Debug, Default)]
pub struct ExampleShop {
    pub hours: Vec<OpeningHours>,
    /// The services, each with a name and a duration.
    pub services: Vec<ServiceUpdate>,
    /// The first and last days on which the business is closed, with the reasons.
    pub closures: Vec<(Date, Date, String)>,
    /// Topics and texts of facts.
    pub facts: Vec<(String, String)>,
}

/// An appointment that was booked before the conversation.
#[derive(Clone, Debug)]
pub struct EarlierAppointment {
    pub service: String,
    /// The start, in the business's local time.
    pub start: DateTime,
    /// The number of another caller who has this appointment; `None` if the caller of the conversation has it.
    pub of: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Left {
    /// The caller's appointments: service, local start, and state.
    pub appointments: Vec<(String, DateTime, AppointmentState)>,
    pub message: Option<String>,
    pub texts: Vec<String>,
    pub questions: Vec<String>,
    /// The titles of tasks about the call, without those that the review creates.
    pub tasks: Vec<String>,
    /// The services for which the caller waits.
    pub waiting: Vec<String>,
    /// The actions that the agent claimed and had not done.
    pub broken: Vec<BrokenPromise>,
}

pub fn add_shop(tx: &WriteTx<'_>, shop: &ExampleShop, now: Timestamp) -> Result<(), Error> {
    let business = BusinessId::FIRST;
    hours::set_week(tx, business, &shop.hours, (HolidayRule::Closed, EveRule::Open), Some(0), now)?;
    for service in &shop.services {
        services::add(tx, business, service, now)?;
    }
    for (from, to, reason) in &shop.closures {
        let change = ClosureUpdate { reason: Some(reason.clone()), ..ClosureUpdate::default() };
        closures::add(tx, business, ActorId::CommandLine, (*from, *to), &change, now)?;
    }
    for (topic, text) in &shop.facts {
        fact::add(tx, business, ActorId::CommandLine, (topic, text), FactSource::User, now)?;
    }
    Ok(())
}

/// `name` is the caller's name, if it is known.
pub fn begin(
    tx: &WriteTx<'_>,
    call: &IncomingCall,
    (name, earlier): (Option<&str>, &[EarlierAppointment]),
    (country, zone): (country::Id, &TimeZone),
    now: Timestamp,
) -> Result<(), Error> {
    let (_, contact) = call::find_or_create(tx, call, country, now)?;
    if let (Some(name), Some(contact)) = (name, contact) {
        tx.rename_contact_by_owner(contact, name, now)?;
    }
    for (number, appointment) in earlier.iter().enumerate() {
        let other = appointment.of.as_ref().map(|from| {
            let sid = CallSid::stored(&format!("{}.{number}", call.call_sid));
            let other = IncomingCall { from: from.clone(), ..IncomingCall::by_sid(sid) };
            call::find_or_create(tx, &other, country, now).map(|(_, contact)| contact)
        });
        let of = other.transpose()?.unwrap_or(contact);
        let contact = of.ok_or_else(|| RequestError::field("appointments", "the caller is no contact"))?;
        book(tx, contact, appointment, zone, now)?;
    }
    Ok(())
}

fn book(
    tx: &WriteTx<'_>,
    contact: ContactId,
    EarlierAppointment { service, start, .. }: &EarlierAppointment,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<(), Error> {
    let offered = tx.services(BusinessId::FIRST, false)?;
    let known = offered.iter().find(|offered| offered.name == *service);
    let service =
        known.ok_or_else(|| RequestError::field("appointments", format!("there is no service {service:?}")))?;
    let starts_at =
        zone.to_timestamp(*start).map_err(|error| RequestError::field("appointments", error.to_string()))?;
    let new = NewAppointment {
        contact,
        service: service.id,
        resource: None,
        starts_at: Timestamp::from_millis(starts_at.as_millisecond()),
        note: String::new(),
        force: true,
        source: AppointmentSource::User,
        source_key: None,
        call: None,
        waiting: None,
        notifies: false,
    };
    let context =
        appointment::Context { business: BusinessId::FIRST, zone: zone.clone(), actor: ActorId::CommandLine, now };
    appointment::book(tx, &context, &new)?;
    Ok(())
}

/// Reviews the agent's promises as after each call.
pub fn finish(tx: &WriteTx<'_>, sid: &CallSid, zone: &TimeZone, now: Timestamp) -> Result<Left, Error> {
    let title = |broken: &BrokenPromise| broken.said.clone();
    let mut left = read(tx, sid, zone)?;
    left.broken = call_review::review(tx, sid, title, (zone, false), now)?.broken;
    Ok(left)
}

fn read(tx: &ReadTx<'_>, sid: &CallSid, zone: &TimeZone) -> Result<Left, Error> {
    let call = tx.stored_call(sid)?.ok_or(RequestError::NotFound("call"))?;
    let (business, contact) = (BusinessId::FIRST, Some(call.contact_id));
    let filter = AppointmentFilter { business, from: None, to: None, contact, resource: None, state: None };
    let (appointments, _) = tx.appointments(&filter, None, MAX_ROWS)?;
    let appointment = |found: Appointment| (found.service_name, found.starts_at.to_zoned(zone).datetime(), found.state);
    let tasks = TaskFilter {
        business,
        state: TaskState::All,
        contact: None,
        call: Some(call.id),
        assignee: None,
        due_before: None,
    };
    Ok(Left {
        appointments: appointments.into_iter().map(appointment).collect(),
        message: call.message_text.clone().filter(|text| !text.is_empty()),
        texts: caller_text::texts_of_agent(tx, &call)?,
        questions: tx.call_findings(&call)?.questions.into_iter().map(|gap| gap.question).collect(),
        tasks: tx.tasks(&tasks, None, MAX_ROWS)?.0.into_iter().map(|task| task.content.title).collect(),
        waiting: tx
            .waiting_list(business, contact, None, MAX_ROWS)?
            .0
            .into_iter()
            .map(|entry| entry.service_name)
            .collect(),
        broken: Vec::new(),
    })
}

const MAX_ROWS: usize = 200;
