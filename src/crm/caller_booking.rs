//! Appointments of a caller, as the agent's tools use them. The tools identify services and staff by the names that the
//! caller said. Times are local times of the business. A caller can access only their own appointments.

mod caller;
mod own;

pub use caller::Caller;
pub use own::own;

use super::appointment::{self, AppointmentUpdate, NewAppointment};
use super::booking::slots::{self, SlotQuery};
use super::caller_text;
use super::text::{name, remark};
use super::{Error, RequestError, contact, waiting_list};
use crate::domain::{
    ActorId, Appointment, AppointmentEvent, AppointmentId, AppointmentSource, AppointmentState, BusinessId, Call,
    CallBooking, CallEventKind, Contact, DayTime, Resource, ResourceId, Service,
};
use crate::search::fold;
use crate::store::{NewWaitingEntry, ReadTx, WriteTx};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use own::OwnAppointment;
use std::time::Duration;

#[derive(Clone, Debug, Default)]
pub struct TimeSlotRequest {
    pub service: String,
    /// The name of the person or room; `None` means any free one.
    pub resource_name: Option<String>,
    /// The first day; `None` means today.
    pub from: Option<Date>,
    /// The last day. `None` means the first day, or the sixth day after today if there is no first day either; on the
    /// waiting list, it means the sixth day after the first day.
    pub to: Option<Date>,
    /// The earliest start on each day.
    pub earliest: Option<DayTime>,
    /// The latest start on each day.
    pub latest: Option<DayTime>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreeTime {
    /// The start, in the business's local time.
    pub starts_at: DateTime,
    /// The name of the person or room; `None` if it has no name.
    pub resource_name: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Offers {
    pub service: Service,
    /// The free times that match, in ascending order; a selection if there are many.
    pub times: Vec<FreeTime>,
    /// If no time matches: the next free time in the four weeks after the requested days that is at a requested time of
    /// day.
    pub next: Option<FreeTime>,
}

#[derive(Clone, Debug)]
pub struct CallerBooking {
    pub service: String,
    /// The name of the person or room; `None` means any free one.
    pub resource_name: Option<String>,
    /// The start, in the business's local time.
    pub starts_at: DateTime,
    pub name: Option<String>,
    /// A number to reach the caller, as the caller said it; required if the contact has no number.
    pub phone: Option<String>,
    pub note: Option<String>,
}

pub fn free_times(tx: &ReadTx<'_>, caller: &Caller, request: &TimeSlotRequest) -> Result<Offers, Error> {
    let service = service(tx, &request.service)?;
    let resources = tx.resources(BusinessId::FIRST, false)?;
    let resource = resource_by_name(&resources, request.resource_name.as_deref())?;
    request.check()?;
    let from = request.from.unwrap_or_else(|| caller.today()).max(caller.today());
    let to = request.to.or(request.from).unwrap_or_else(|| from.saturating_add(6.days()));
    let to = to.min(from.saturating_add(i64::from(slots::MAX_DAYS - 1).days()));
    refuse_past(to, from)?;
    let search = |from: Date, to: Date| -> Result<Vec<FreeTime>, Error> {
        let days = u16::try_from((to - from).get_days() + 1).unwrap_or(1);
        let (step_min, for_contact) = (slots::STEP_MIN, true);
        let query =
            SlotQuery { service: service.id, resource, from: Some(from), days, step_min, for_contact, moving: None };
        let found = slots::free(tx, BusinessId::FIRST, &query, &caller.zone, caller.now)?;
        let found = found.into_iter().map(|slot| FreeTime {
            starts_at: caller.local(slot.starts_at),
            resource_name: name_of(&resources, slot.resource_id),
        });
        Ok(found.filter(|time| request.allows(time.starts_at)).collect())
    };
    let times = selection(search(from, to)?);
    let next = if times.is_empty() {
        let after = to.saturating_add(1.days());
        search(after, after.saturating_add(27.days()))?.into_iter().next()
    } else {
        None
    };
    Ok(Offers { service, times, next })
}

impl TimeSlotRequest {
    /// Refuses a period or hours that end before they begin. Without the error, the agent would say that no time is free.
    fn check(&self) -> Result<(), RequestError> {
        let refuse = |text: &str| Err(RequestError::Invalid(text.to_owned().into()));
        if self.from.zip(self.to).is_some_and(|(from, to)| to < from) {
            return refuse("to_day is before from_day");
        }
        if self.earliest.zip(self.latest).is_some_and(|(earliest, latest)| latest < earliest) {
            return refuse("latest is before earliest; ask once for each part of the day");
        }
        if self.earliest == Some(DayTime::END) {
            return refuse("earliest must be before 24:00");
        }
        Ok(())
    }

    fn allows(&self, at: DateTime) -> bool {
        let minutes = u16::try_from(i32::from(at.hour()) * 60 + i32::from(at.minute())).unwrap_or(0);
        self.earliest.is_none_or(|earliest| minutes >= earliest.minutes())
            && self.latest.is_none_or(|latest| minutes <= latest.minutes())
    }
}

/// Selects as many times as an agent can say: of at most three days, and more per day if there are fewer days. Prefers
/// full and half hours.
fn selection(times: Vec<FreeTime>) -> Vec<FreeTime> {
    let mut days: Vec<Vec<FreeTime>> = Vec::new();
    for time in times {
        let is_new = days.last().is_none_or(|day| day[0].starts_at.date() != time.starts_at.date());
        if is_new && days.len() == OFFERED_DAYS {
            break;
        }
        if is_new {
            days.push(Vec::new());
        }
        days.last_mut().into_iter().for_each(|day| day.push(time.clone()));
    }
    let most = OFFERED_TIMES / days.len().max(1);
    days.into_iter().flat_map(|day| thin_out(day, most)).collect()
}

fn thin_out(day: Vec<FreeTime>, most: usize) -> Vec<FreeTime> {
    if day.len() <= most {
        return day;
    }
    let round: Vec<_> = day.iter().filter(|time| time.starts_at.minute() % 30 == 0).cloned().collect();
    let day = if round.len() * 2 >= most { round } else { day };
    let step = day.len().div_ceil(most);
    day.into_iter().step_by(step).collect()
}

/// Books an appointment for the caller. Also returns true if an earlier request in this call booked the appointment and
/// it was not cancelled since. A request for the same time that names another person or room is a second booking.
pub fn book(tx: &WriteTx<'_>, caller: &Caller, booking: &CallerBooking) -> Result<(Appointment, bool), Error> {
    let call = caller.stored_call(tx)?;
    let contact = contact::find(tx, call.contact_id)?;
    let service = service(tx, &booking.service)?;
    let resource = resource_by_name(&tx.resources(BusinessId::FIRST, false)?, booking.resource_name.as_deref())?;
    check_reachable(&contact, booking.phone.as_deref())?;
    let context = caller.context();
    let mut new = NewAppointment {
        contact: contact.id,
        service: service.id,
        resource,
        starts_at: caller.moment(booking.starts_at)?,
        note: note(&contact, booking),
        force: false,
        source: AppointmentSource::Agent,
        source_key: Some(format!("{}:{}:{}", caller.call, service.id, booking.starts_at)),
        call: Some(call.id),
        waiting: None,
        notifies: false,
    };
    let mut booked = appointment::book(tx, &context, &new).map_err(|error| caller.in_local_time(error))?;
    let mut earlier = None;
    while !booked.is_new {
        let found = appointment::find(tx, booked.id)?;
        let is_other_resource = new.resource.is_some_and(|resource| resource != found.resource_id);
        if found.starts_at == new.starts_at && !is_other_resource {
            earlier = Some(found.state);
            break;
        }
        // The earlier appointment with this key is with another person, or was moved to another time since, so this
        // request is a new booking.
        new.source_key = new.source_key.map(|key| format!("{key}:{}", booked.id));
        booked = appointment::book(tx, &context, &new).map_err(|error| caller.in_local_time(error))?;
    }
    let is_cancelled = earlier == Some(AppointmentState::Cancelled);
    if is_cancelled {
        // The caller booked and cancelled this appointment in this call, and books it again.
        appointment::restore(tx, &context, booked.id)?;
    }
    if contact.display_name.is_empty()
        && let Some(said) = said(booking.name.as_deref())
    {
        tx.rename_contact_from_profile(contact.id, &name("caller_name", said)?, caller.now)?;
        // A name that a caller has set verifies no identity in a later call, see `own.rs`.
        tx.insert_call_event(&call.call_sid, CallEventKind::ContactNamed, None, caller.now)?;
    }
    if booked.is_new || is_cancelled {
        check_number_of_bookings(tx, &call)?;
    }
    if booked.is_new {
        tx.insert_audit(ActorId::Agent, "book_appointment", &format!("appointment:{}", booked.id), caller.now)?;
    }
    let appointment = confirmed(tx, caller, booked.id, AppointmentEvent::Booked)?;
    Ok((appointment, earlier.is_some() && !is_cancelled))
}

/// Refuses to book more than [`MAX_BOOKINGS`] appointments in one call.
fn check_number_of_bookings(tx: &ReadTx<'_>, call: &Call) -> Result<(), Error> {
    let bookings = tx.call_bookings(call)?;
    let is_booked = |done: &&CallBooking| done.changes.booked && done.appointment.state == AppointmentState::Booked;
    if bookings.iter().filter(is_booked).count() > MAX_BOOKINGS {
        let message = "no more appointments can be booked in this call: take a message for the business instead";
        return Err(RequestError::Conflict(message.into()).into());
    }
    Ok(())
}

/// Refuses a caller whom the business could not reach: the contact has no number, and the caller said none.
fn check_reachable(contact: &Contact, phone: Option<&str>) -> Result<(), RequestError> {
    if contact.number.is_some() || said(phone).is_some() {
        return Ok(());
    }
    let message = "the caller's number is withheld: ask for a phone number first, and pass it on";
    Err(RequestError::Invalid(message.into()))
}

fn note(contact: &Contact, booking: &CallerBooking) -> String {
    let name = said(booking.name.as_deref()).filter(|name| !contact.display_name.is_empty() && !knows(contact, name));
    let parts = [said(booking.note.as_deref()), name, said(booking.phone.as_deref())];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// The caller's appointment that a request is about.
#[derive(Clone, Copy, Debug)]
pub struct OwnTime<'a> {
    /// The start, in the business's local time.
    pub at: DateTime,
    /// The name of the person or room, if the caller has several appointments at that time.
    pub with: Option<&'a str>,
}

/// A repeated request in the same call changes nothing and returns the same appointment.
pub fn reschedule(
    tx: &WriteTx<'_>,
    caller: &Caller,
    of: OwnTime<'_>,
    (to, resource_name): (DateTime, Option<&str>),
) -> Result<Appointment, Error> {
    let starts_at = caller.moment(to)?;
    let with = resource_by_name(&tx.resources(BusinessId::FIRST, true)?, of.with)?;
    let asked = resource_by_name(&tx.resources(BusinessId::FIRST, false)?, resource_name)?;
    let is_as_asked =
        |found: &Appointment| found.starts_at == starts_at && asked.is_none_or(|asked| asked == found.resource_id);
    let is_done = |done: &CallBooking| {
        let CallBooking { appointment, changes } = done;
        let is_with = asked.is_some() || with.is_none_or(|with| with == appointment.resource_id);
        changes.moved && appointment.state == AppointmentState::Booked && is_as_asked(appointment) && is_with
    };
    let found = match own::at(tx, caller, (of.at, with), is_done)? {
        OwnAppointment::Unchanged(found) if !is_as_asked(&found) => found,
        OwnAppointment::Unchanged(done) | OwnAppointment::Done(done) => return Ok(done),
    };
    let notice = tx.opening_rules(BusinessId::FIRST)?.notice_min;
    if starts_at < caller.now.plus(Duration::from_secs(u64::from(notice) * 60)) {
        return Err(RequestError::Conflict("this time is in the past, or too soon".into()).into());
    }
    let resource = Some(Some(asked.unwrap_or(found.resource_id)));
    let change = AppointmentUpdate { starts_at: Some(starts_at), resource, ..AppointmentUpdate::default() };
    appointment::change(tx, &caller.context(), found.id, &change).map_err(|error| caller.in_local_time(error))?;
    tx.insert_audit(ActorId::Agent, "update_appointment", &format!("appointment:{}", found.id), caller.now)?;
    confirmed(tx, caller, found.id, AppointmentEvent::Moved)
}

/// A repeated request in the same call changes nothing and returns the same appointment.
pub fn cancel(tx: &WriteTx<'_>, caller: &Caller, of: OwnTime<'_>, reason: Option<&str>) -> Result<Appointment, Error> {
    let starts_at = caller.moment(of.at)?;
    let with = resource_by_name(&tx.resources(BusinessId::FIRST, true)?, of.with)?;
    let is_done = |done: &CallBooking| {
        let CallBooking { appointment, changes } = done;
        let is_with = with.is_none_or(|with| with == appointment.resource_id);
        changes.cancelled
            && appointment.state == AppointmentState::Cancelled
            && appointment.starts_at == starts_at
            && is_with
    };
    let found = match own::at(tx, caller, (of.at, with), is_done)? {
        OwnAppointment::Unchanged(found) => found,
        OwnAppointment::Done(done) => return Ok(done),
    };
    appointment::cancel(tx, &caller.context(), found.id, said(reason))?;
    tx.insert_audit(ActorId::Agent, "cancel_appointment", &format!("appointment:{}", found.id), caller.now)?;
    confirmed(tx, caller, found.id, AppointmentEvent::Cancelled)
}

fn confirmed(
    tx: &WriteTx<'_>,
    caller: &Caller,
    id: AppointmentId,
    event: AppointmentEvent,
) -> Result<Appointment, Error> {
    let appointment = appointment::find(tx, id)?;
    caller_text::queue_confirmation(tx, &caller.call, &appointment, event, caller.now)?;
    Ok(appointment)
}

/// The note of the entry contains the number to reach the caller, if the caller said one. A repeated request changes at
/// most that note.
pub fn wait(
    tx: &WriteTx<'_>,
    caller: &Caller,
    request: &TimeSlotRequest,
    (note, phone): (Option<&str>, Option<&str>),
) -> Result<(), Error> {
    let contact = contact::find(tx, caller.stored_call(tx)?.contact_id)?;
    check_reachable(&contact, phone)?;
    let service = service(tx, &request.service)?;
    let resource = resource_by_name(&tx.resources(BusinessId::FIRST, false)?, request.resource_name.as_deref())?;
    request.check()?;
    let from_date = request.from.unwrap_or_else(|| caller.today()).max(caller.today());
    let to_date = request.to.unwrap_or_else(|| from_date.saturating_add(6.days()));
    refuse_past(to_date, from_date)?;
    let note = [said(note), said(phone)].into_iter().flatten().collect::<Vec<_>>().join("\n");
    let note = remark("note", &note)?;
    let new = NewWaitingEntry { contact: contact.id, service: service.id, resource, from_date, to_date, note: &note };
    match tx.same_waiting_entry(BusinessId::FIRST, &new)? {
        Some(known) if note.is_empty() || known.note == note => {}
        Some(known) => tx.set_waiting_note(known.id, &note)?,
        None => drop(waiting_list::add(tx, BusinessId::FIRST, ActorId::Agent, &new, None, (&caller.zone, caller.now))?),
    }
    Ok(())
}

fn service(tx: &ReadTx<'_>, said: &str) -> Result<Service, Error> {
    let services = tx.services(BusinessId::FIRST, false)?;
    let names: Vec<_> = services.iter().map(|service| service.name.as_str()).collect();
    match by_name(&names, said) {
        Some(at) => Ok(services[at].clone()),
        None => Err(unknown("service", said, &names).into()),
    }
}

/// Returns `None` if no name was said, and refuses a name that identifies no single person or room.
fn resource_by_name(resources: &[Resource], said: Option<&str>) -> Result<Option<ResourceId>, Error> {
    let Some(said) = self::said(said) else { return Ok(None) };
    let (ids, names): (Vec<_>, Vec<_>) =
        resources.iter().filter_map(|resource| Some((resource.id, resource.name.as_deref()?))).unzip();
    match by_name(&names, said) {
        Some(at) => Ok(Some(ids[at])),
        None => Err(unknown("person", said, &names).into()),
    }
}

/// Returns the name that was said, or the only name that has all said words among others. Words that the name lacks are
/// refused, because they may mean something else ("nail polish") or the opposite ("not the polish").
fn by_name(names: &[&str], said: &str) -> Option<usize> {
    let said = fold(said).text;
    let names: Vec<_> = names.iter().map(|name| fold(name).text).collect();
    let only = |fits: &dyn Fn(&String) -> bool| {
        let mut found = names.iter().enumerate().filter(|(_, name)| fits(name)).map(|(at, _)| at);
        found.next().filter(|_| found.next().is_none())
    };
    let has_all_words =
        |name: &String| said.split_whitespace().all(|word| name.split_whitespace().any(|one| one == word));
    if said.is_empty() {
        return None;
    }
    only(&|name| *name == said).or_else(|| only(&has_all_words))
}

fn refuse_past(to: Date, from: Date) -> Result<(), RequestError> {
    if to < from { Err(RequestError::Invalid("these days are in the past".into())) } else { Ok(()) }
}

fn unknown(kind: &str, said: &str, names: &[&str]) -> RequestError {
    RequestError::Invalid(format!("there is no {kind} named \"{said}\"; there are: {}", names.join(", ")).into())
}

/// Returns true if the said name shares a word of at least two letters with the contact's name. Ignores case and
/// accents.
fn knows(contact: &Contact, said: &str) -> bool {
    let (known, said) = (fold(&contact.display_name).text, fold(said).text);
    known.split_whitespace().any(|word| word.chars().count() > 1 && said.split_whitespace().any(|said| said == word))
}

fn name_of(resources: &[Resource], id: ResourceId) -> Option<String> {
    resources.iter().find(|resource| resource.id == id)?.name.clone()
}

/// Returns the trimmed text; `None` if it is empty, because models send empty texts for unknown values.
fn said(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// Enough for a family or for a weekly appointment, but one caller cannot fill the calendar.
const MAX_BOOKINGS: usize = 20;
/// The maximum number of days in one offer.
const OFFERED_DAYS: usize = 3;
const OFFERED_TIMES: usize = 12;

#[cfg(test)]
mod tests;
