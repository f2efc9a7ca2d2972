//! Appointments: booking, moving, and their states. The check that a time is free and the change run in one
//! transaction, and all write transactions run on one thread. A resource therefore cannot be double-booked.

use super::booking::slots::{FARTHEST, STEP_MIN, calendar, local_date};
use super::booking::{resources, services};
use super::text::{refuse, remark};
use super::{Error, RequestError, contact, waiting_list};
use crate::booking::{Booking, NotBookable, SlotSearch, choose, next_free};
use crate::domain::{
    ActorId, Appointment, AppointmentId, AppointmentSource, AppointmentState, BusinessId, CallId, ContactId,
    ResourceId, Service, ServiceId, Timestamp, WaitingId,
};
use crate::store::{AppointmentFilter, AppointmentRow, BookedTime, ReadTx, StoredResponse, WriteTx};
use jiff::tz::TimeZone;
use serde_json::json;
use std::time::Duration;

#[derive(Clone, Debug)]
pub struct NewAppointment {
    pub contact: ContactId,
    pub service: ServiceId,
    /// The resource. `None` selects the first free resource that provides the service.
    pub resource: Option<ResourceId>,
    pub starts_at: Timestamp,
    pub note: String,
    /// Allows times in the past, within the notice time and outside the opening hours. An occupied time is refused even
    /// with `force`.
    pub force: bool,
    pub source: AppointmentSource,
    /// The idempotency key. A repeated request with the same key returns the appointment that the first request booked.
    pub source_key: Option<String>,
    pub call: Option<CallId>,
    /// The waiting-list entry that this appointment fulfills; booking deletes the entry.
    pub waiting: Option<WaitingId>,
    /// Whether the contact is notified. It only distinguishes requests with the same key.
    pub notifies: bool,
}

/// A partial change of an appointment: `None` leaves a field unchanged.
#[derive(Clone, Debug, Default)]
pub struct AppointmentUpdate {
    pub starts_at: Option<Timestamp>,
    /// The new resource; `Some(None)` selects any free one.
    pub resource: Option<Option<ResourceId>>,
    pub service: Option<ServiceId>,
    pub note: Option<String>,
    /// See [`NewAppointment::force`].
    pub force: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Booked {
    pub id: AppointmentId,
    /// False if an earlier request with the same key booked the appointment.
    pub is_new: bool,
}

#[derive(Clone, Debug)]
pub struct Context {
    pub business: BusinessId,
    pub zone: TimeZone,
    pub actor: ActorId,
    pub now: Timestamp,
}

pub fn find(tx: &ReadTx<'_>, id: AppointmentId) -> Result<Appointment, Error> {
    Ok(tx.appointment(id)?.ok_or(RequestError::NotFound("appointment"))?)
}

/// The next appointment comes first.
pub(super) fn upcoming(
    tx: &ReadTx<'_>,
    contact: ContactId,
    now: Timestamp,
    most: usize,
) -> Result<Vec<Appointment>, Error> {
    let filter = AppointmentFilter {
        business: BusinessId::FIRST,
        from: Some(now),
        to: None,
        contact: Some(contact),
        resource: None,
        state: Some(AppointmentState::Booked),
    };
    Ok(tx.appointments(&filter, None, most)?.0)
}

pub fn book(tx: &WriteTx<'_>, context: &Context, new: &NewAppointment) -> Result<Booked, Error> {
    let contact = contact::find(tx, new.contact)?.id;
    if let Some(found) = booked_before(tx, context.business, contact, new)? {
        return Ok(Booked { id: found, is_new: false });
    }
    let service = services::find_offered(tx, new.service)?;
    let note = remark("note", &new.note)?;
    let notice_min = match new.source {
        AppointmentSource::Agent => tx.opening_rules(context.business)?.notice_min,
        AppointmentSource::User => 0,
    };
    let waiting = new.waiting.map(|id| waiting_list::fulfilled(tx, id, contact)).transpose()?.flatten();
    let booking = Booking::from(&service);
    let slot =
        SlotRequest { service: &service, booking, resource: new.resource, starts_at: new.starts_at, except: None };
    check_start(context, new.starts_at, notice_min, new.force)?;
    let time = slot.choose(tx, context, new.force)?;
    let id = tx.insert_appointment(
        &AppointmentRow {
            business: context.business,
            contact,
            service: service.id,
            time,
            time_zone: context.zone.iana_name().unwrap_or("UTC"),
            source: new.source,
            source_key: new.source_key.as_deref(),
            call: new.call,
            seen_at: (new.source == AppointmentSource::User).then_some(context.now),
            note: &note,
            price_minor: service.price_minor,
            created_by: &context.actor.to_string(),
        },
        context.now,
    )?;
    if let Some(waiting) = waiting {
        tx.delete_waiting_entry(waiting)?;
    }
    if let Some(key) = &new.source_key {
        let response =
            StoredResponse { fingerprint: fingerprint(new), answer: json!({"appointment_id": id.0}).to_string() };
        tx.insert_response(context.business, &stored_key(key), &response, context.now)?;
    }
    Ok(Booked { id, is_new: true })
}

/// Moves an appointment, or changes its service, resource or note. Only the note can be changed once the appointment is
/// not booked any more. A move keeps the booked duration and buffers, unless the service changes.
pub fn change(tx: &WriteTx<'_>, context: &Context, id: AppointmentId, change: &AppointmentUpdate) -> Result<(), Error> {
    let (found, booked) = (find(tx, id)?, time_of(tx, id)?);
    let note = change.note.as_deref().map(|note| remark("note", note)).transpose()?;
    let starts_at = change.starts_at.unwrap_or(found.starts_at);
    let service = change.service.unwrap_or(found.service_id);
    let resource = change.resource.unwrap_or(Some(found.resource_id));
    let is_moved = starts_at != found.starts_at || service != found.service_id || resource != Some(found.resource_id);
    if is_moved {
        if found.state != AppointmentState::Booked {
            return Err(RequestError::Conflict("only a booked appointment can be moved".into()).into());
        }
        let is_other_service = service != found.service_id;
        let (service, booking, price) = if is_other_service {
            let service = services::find_offered(tx, service)?;
            let (booking, price) = (Booking::from(&service), service.price_minor);
            (service, booking, price)
        } else {
            (services::find(tx, service)?, booking_of(&booked), found.price_minor)
        };
        if starts_at != found.starts_at {
            check_start(context, starts_at, 0, change.force)?;
        }
        let slot = SlotRequest { service: &service, booking, resource, starts_at, except: Some(id) };
        let time = slot.choose(tx, context, change.force)?;
        tx.move_appointment(id, service.id, price, &time, context.now)?;
        if starts_at != found.starts_at || is_other_service {
            tx.cancel_notice(id, context.now)?;
        }
        if starts_at != found.starts_at {
            let (of, times) = ((found.contact_id, id), (found.starts_at, starts_at));
            tx.insert_move(of, times, context.actor, context.now)?;
        }
    }
    if let Some(note) = note.filter(|note| *note != found.note) {
        tx.set_appointment_note(id, &note, context.now)?;
    }
    Ok(())
}

pub fn cancel(tx: &WriteTx<'_>, context: &Context, id: AppointmentId, reason: Option<&str>) -> Result<(), Error> {
    let reason = reason.map(|reason| remark("reason", reason)).transpose()?.filter(|reason| !reason.is_empty());
    match find(tx, id)?.state {
        AppointmentState::Booked => set_state(tx, context, id, AppointmentState::Cancelled, reason.as_deref()),
        AppointmentState::Cancelled => Ok(()),
        AppointmentState::Done | AppointmentState::NoShow => {
            Err(RequestError::Conflict("only a booked appointment can be cancelled".into()).into())
        }
    }
}

/// Restores an appointment to the booked state. A cancelled or missed appointment is refused if its time was taken in
/// the meantime, or if its resource is archived.
pub fn restore(tx: &WriteTx<'_>, context: &Context, id: AppointmentId) -> Result<(), Error> {
    let found = find(tx, id)?;
    if found.state == AppointmentState::Booked {
        return Ok(());
    }
    if !found.state.is_occupying() {
        let booked = time_of(tx, id)?;
        let service = services::find(tx, found.service_id)?;
        if resources::find(tx, booked.resource)?.archived_at.is_some() {
            return Err(no_resource(ARCHIVED));
        }
        let occupied = tx.occupied(booked.resource, booked.blocked_from, booked.blocked_to, Some(id))?;
        if !occupied.is_empty() {
            let slot = SlotRequest {
                service: &service,
                booking: booking_of(&booked),
                resource: Some(booked.resource),
                starts_at: booked.starts_at,
                except: Some(id),
            };
            return Err(slot.taken(tx, context)?);
        }
    }
    set_state(tx, context, id, AppointmentState::Booked, None)
}

/// Records that an appointment took place, or that the contact did not show up. Refused before the appointment starts.
pub fn finish(tx: &WriteTx<'_>, context: &Context, id: AppointmentId, state: AppointmentState) -> Result<(), Error> {
    let appointment = find(tx, id)?;
    let found = appointment.state;
    if found == state {
        return Ok(());
    }
    if appointment.starts_at > context.now {
        return Err(RequestError::Conflict("the appointment has not started yet".into()).into());
    }
    // Restoring checks that the time is still free; finishing does not. An appointment that was cancelled or missed,
    // whose time may be taken, must therefore be restored first.
    if !found.is_occupying() {
        return Err(RequestError::Conflict("restore the cancelled or missed appointment first".into()).into());
    }
    set_state(tx, context, id, state, None)
}

/// A message about the previous state that still waits is not sent.
fn set_state(
    tx: &WriteTx<'_>,
    context: &Context,
    id: AppointmentId,
    state: AppointmentState,
    reason: Option<&str>,
) -> Result<(), Error> {
    tx.cancel_notice(id, context.now)?;
    Ok(tx.set_appointment_state(id, state, reason, context.now)?)
}

pub fn see(tx: &WriteTx<'_>, context: &Context, id: AppointmentId) -> Result<(), Error> {
    find(tx, id)?;
    Ok(tx.set_appointment_seen(id, context.now)?)
}

/// Refuses a key that was used for a different request.
fn booked_before(
    tx: &ReadTx<'_>,
    business: BusinessId,
    contact: ContactId,
    new: &NewAppointment,
) -> Result<Option<AppointmentId>, Error> {
    let Some(key) = &new.source_key else { return Ok(None) };
    let Some(id) = tx.appointment_by_source_key(business, key)? else { return Ok(None) };
    let found = find(tx, id)?;
    let is_same = match tx.stored_response(business, &stored_key(key))? {
        Some(first) => first.fingerprint == fingerprint(new),
        // The stored response has expired, or an earlier version stored none. Comparing the current fields may miss an
        // appointment that was moved since, but it never matches a request for another service or time.
        None => found.service_id == new.service && found.starts_at == new.starts_at,
    };
    if found.contact_id == contact && is_same {
        return Ok(Some(id));
    }
    Err(RequestError::KeyReused("another appointment").into())
}

/// Returns a fingerprint of the fields that identify a request. The contact is left out, because contacts can be
/// merged. For the agent, only service and time count, because its key identifies a time in a call, and a retry may
/// name a resource that the first request left open.
fn fingerprint(new: &NewAppointment) -> String {
    let slot = json!([new.service.0, new.starts_at]);
    let parts = match (new.source, new.waiting, new.notifies) {
        (AppointmentSource::Agent, ..) => slot,
        // As earlier versions, whose responses may be stored.
        (AppointmentSource::User, None, false) => json!([slot, new.resource.map(|id| id.0), new.note, new.force]),
        (AppointmentSource::User, waiting, notifies) => {
            json!([slot, new.resource.map(|id| id.0), new.note, new.force, waiting.map(|id| id.0), notifies])
        }
    };
    StoredResponse::fingerprint(&parts)
}

/// Messages store their responses in the same table; the prefix prevents collisions.
fn stored_key(source_key: &str) -> String {
    format!("appointment {source_key}")
}

fn check_start(context: &Context, starts_at: Timestamp, notice_min: u32, force: bool) -> Result<(), Error> {
    if starts_at.as_millis() % 60_000 != 0 {
        return Err(refuse("starts_at", "must be at a full minute").into());
    }
    let is_far = starts_at > context.now.plus(FARTHEST) || starts_at < context.now.minus(FARTHEST);
    if is_far {
        return Err(refuse("starts_at", "must be within five years").into());
    }
    if !force && starts_at < context.now.plus(Duration::from_secs(u64::from(notice_min) * 60)) {
        let message = "this time is in the past, or too soon".into();
        return Err(RequestError::CodedConflict { code: "too_soon", message, params: Vec::new() }.into());
    }
    Ok(())
}

fn no_resource(message: &'static str) -> Error {
    RequestError::CodedConflict { code: "no_resource", message: message.into(), params: Vec::new() }.into()
}

struct SlotRequest<'a> {
    service: &'a Service,
    booking: Booking,
    resource: Option<ResourceId>,
    starts_at: Timestamp,
    /// The appointment that is being moved; its current time counts as free.
    except: Option<AppointmentId>,
}

impl SlotRequest<'_> {
    fn choose(&self, tx: &WriteTx<'_>, context: &Context, force: bool) -> Result<BookedTime, Error> {
        let day = local_date(self.starts_at, &context.zone);
        let Context { business, zone, .. } = context;
        let (opening, resources) = calendar(tx, *business, self.service, self.resource, zone, (day, 1), self.except)?;
        match choose(&self.booking, self.starts_at, force, &opening, &resources) {
            Ok(resource) => {
                let blocked = self.booking.blocked(self.starts_at);
                Ok(BookedTime {
                    resource,
                    starts_at: self.starts_at,
                    ends_at: self.booking.appointment(self.starts_at).to,
                    blocked_from: blocked.from,
                    blocked_to: blocked.to,
                })
            }
            Err(NotBookable::NoResource) if self.is_resource_archived(tx)? => Err(no_resource(ARCHIVED)),
            Err(NotBookable::NoResource) => {
                Err(no_resource("no resource that takes appointments provides this service"))
            }
            Err(NotBookable::OutsideHours) => {
                let message = "this time is outside of the opening hours".into();
                Err(RequestError::CodedConflict { code: "outside_hours", message, params: Vec::new() }.into())
            }
            Err(NotBookable::Taken) => Err(self.taken(tx, context)?),
        }
    }

    fn is_resource_archived(&self, tx: &ReadTx<'_>) -> Result<bool, Error> {
        let Some(resource) = self.resource else { return Ok(false) };
        Ok(resources::find(tx, resource)?.archived_at.is_some())
    }

    /// Returns the error for an occupied time, with the next free time.
    fn taken(&self, tx: &ReadTx<'_>, context: &Context) -> Result<Error, Error> {
        let not_before = self.starts_at.max(context.now);
        let from = local_date(not_before, &context.zone);
        let Context { business, zone, .. } = context;
        let (opening, resources) =
            calendar(tx, *business, self.service, self.resource, zone, (from, SEARCHED_DAYS), self.except)?;
        let search = SlotSearch { booking: self.booking, from, days: SEARCHED_DAYS, step_min: STEP_MIN, not_before };
        let next = next_free(&search, &opening, &resources);
        let params = next.map(|slot| ("next_free", slot.starts_at.to_string()));
        let message = "this time is taken".into();
        Ok(RequestError::CodedConflict { code: "slot_taken", message, params: params.into_iter().collect() }.into())
    }
}

fn time_of(tx: &ReadTx<'_>, id: AppointmentId) -> Result<BookedTime, Error> {
    Ok(tx.booked_time(id)?.ok_or(RequestError::NotFound("appointment"))?)
}

/// Returns the duration and buffers with which an appointment was booked.
fn booking_of(booked: &BookedTime) -> Booking {
    let minutes = |from: Timestamp, to: Timestamp| u32::try_from(to.since(from).as_secs() / 60).unwrap_or(0);
    Booking {
        duration_min: minutes(booked.starts_at, booked.ends_at),
        buffer_before_min: minutes(booked.blocked_from, booked.starts_at),
        buffer_after_min: minutes(booked.ends_at, booked.blocked_to),
    }
}

/// How many days the search for the next free time covers.
const SEARCHED_DAYS: u16 = 28;
const ARCHIVED: &str = "the resource of this appointment takes no appointments any more; choose another one";

#[cfg(test)]
mod tests;
