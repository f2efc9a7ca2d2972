//! The waiting list: contacts who wait for an appointment.

use super::booking::slots::{Calendar, MAX_DAYS, local_date};
use super::booking::{check_dates, services};
use super::text::{refuse, remark};
use super::{Error, RequestError, contact};
use crate::booking::Slot;
use crate::domain::{ActorId, BusinessId, ContactId, ResourceId, ServiceId, Timestamp, WaitingEntry, WaitingId};
use crate::store::{NewWaitingEntry, NextAppointment, ReadTx, WriteTx};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::HashMap;

/// A partial change of an entry: `None` leaves a field unchanged.
#[derive(Clone, Debug, Default)]
pub struct WaitingEntryUpdate {
    pub service: Option<ServiceId>,
    /// The resource; `Some(None)` means any resource.
    pub resource: Option<Option<ResourceId>>,
    pub from_date: Option<Date>,
    pub to_date: Option<Date>,
    pub note: Option<String>,
}

pub fn find(tx: &ReadTx<'_>, id: WaitingId) -> Result<WaitingEntry, Error> {
    Ok(tx.waiting_entry(id)?.ok_or(RequestError::NotFound("entry of the waiting list"))?)
}

#[derive(Clone, Debug)]
pub struct Waiting {
    pub entry: WaitingEntry,
    /// The first free time from now on for the service, the resource and the days of the entry; `None` if there is
    /// none, or if the days start too far in the future.
    pub free: Option<Slot>,
    /// The contact's first upcoming appointment for the service that was booked after the contact began to wait, or is
    /// on the days of the entry. The entry may be unnecessary then.
    pub booked: Option<NextAppointment>,
}

/// Returns each entry with its first free time, and with the appointment that may make it unnecessary.
pub fn with_prospects(
    tx: &ReadTx<'_>,
    business: BusinessId,
    entries: Vec<WaitingEntry>,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Vec<Waiting>, Error> {
    let free = free_times(tx, business, &entries, zone, now)?;
    let appointments = tx.appointments_of_waiting(business, now)?;
    let booked = |entry: &WaitingEntry| {
        let suits = |next: &&NextAppointment| {
            let date = local_date(next.starts_at, zone);
            next.booked_at >= entry.created_at || (entry.from_date..=entry.to_date).contains(&date)
        };
        appointments.iter().filter(|next| next.waiting == entry.id).find(suits).copied()
    };
    let with = |(entry, free): (WaitingEntry, Option<Slot>)| Waiting { booked: booked(&entry), entry, free };
    Ok(entries.into_iter().zip(free).map(with).collect())
}

fn free_times(
    tx: &ReadTx<'_>,
    business: BusinessId,
    entries: &[WaitingEntry],
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Vec<Option<Slot>>, Error> {
    let today = local_date(now, zone);
    let Some(days) = entries.iter().filter_map(|entry| days_left(entry, today)).reduce(|one, other| {
        let (from, end) = (one.0.min(other.0), last_of(one).max(last_of(other)));
        (from, days_between(from, end))
    }) else {
        return Ok(vec![None; entries.len()]);
    };
    let calendar = Calendar::load(tx, business, zone, days)?;
    let services = tx.services(business, false)?;
    // Entries with the same service, resource and days share one search.
    let mut known = HashMap::new();
    let mut free = |entry: &WaitingEntry| {
        let service = services.iter().find(|service| service.id == entry.service_id)?;
        let days = days_left(entry, today)?;
        let search = || calendar.next_free(service, entry.resource_id, days, now);
        *known.entry((service.id, entry.resource_id, days)).or_insert_with(search)
    };
    Ok(entries.iter().map(&mut free).collect())
}

pub fn with_its_prospects(
    tx: &ReadTx<'_>,
    business: BusinessId,
    id: WaitingId,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Waiting, Error> {
    let found = with_prospects(tx, business, vec![find(tx, id)?], zone, now)?.pop();
    Ok(found.ok_or(RequestError::NotFound("entry of the waiting list"))?)
}

/// `since` is when the contact began to wait; `None` means now.
pub fn add(
    tx: &WriteTx<'_>,
    business: BusinessId,
    actor: ActorId,
    new: &NewWaitingEntry<'_>,
    since: Option<Timestamp>,
    (zone, now): (&TimeZone, Timestamp),
) -> Result<WaitingId, Error> {
    let contact = contact::find(tx, new.contact)?.id;
    check(tx, new)?;
    // An entry that is restored after its removal may be past, and may wait for a service that was archived since.
    if since.is_none() && new.to_date < local_date(now, zone) {
        return Err(refuse("to_date", "is in the past").into());
    }
    if since.is_some_and(|since| since > now) {
        return Err(refuse("waiting_since", "must not be in the future").into());
    }
    if since.is_none() {
        services::find_offered(tx, new.service)?;
    }
    let note = remark("note", new.note)?;
    let new = NewWaitingEntry { contact, note: &note, ..new.clone() };
    Ok(tx.insert_waiting_entry(business, &new, &actor.to_string(), since.unwrap_or(now))?)
}

/// A new service must be bookable.
pub fn change(tx: &WriteTx<'_>, id: WaitingId, change: &WaitingEntryUpdate) -> Result<(), Error> {
    let found = find(tx, id)?;
    let note = remark("note", change.note.as_deref().unwrap_or(&found.note))?;
    let changed = NewWaitingEntry {
        contact: found.contact_id,
        service: change.service.unwrap_or(found.service_id),
        resource: change.resource.unwrap_or(found.resource_id),
        from_date: change.from_date.unwrap_or(found.from_date),
        to_date: change.to_date.unwrap_or(found.to_date),
        note: &note,
    };
    check(tx, &changed)?;
    if changed.service != found.service_id {
        services::find_offered(tx, changed.service)?;
    }
    let before = NewWaitingEntry {
        contact: found.contact_id,
        service: found.service_id,
        resource: found.resource_id,
        from_date: found.from_date,
        to_date: found.to_date,
        note: &found.note,
    };
    if changed == before { Ok(()) } else { Ok(tx.update_waiting_entry(id, &changed)?) }
}

pub fn remove(tx: &WriteTx<'_>, id: WaitingId) -> Result<(), Error> {
    find(tx, id)?;
    Ok(tx.delete_waiting_entry(id)?)
}

/// Returns the entry that an appointment of this contact fulfils; `None` if the entry was removed. Refuses an entry of
/// another contact.
pub(super) fn fulfilled(tx: &ReadTx<'_>, id: WaitingId, contact: ContactId) -> Result<Option<WaitingId>, Error> {
    let Some(found) = tx.waiting_entry(id)? else { return Ok(None) };
    if found.contact_id != contact {
        return Err(refuse("waiting_entry_id", "is an entry of another contact").into());
    }
    Ok(Some(id))
}

fn check(tx: &ReadTx<'_>, entry: &NewWaitingEntry<'_>) -> Result<(), Error> {
    check_dates(entry.from_date, entry.to_date)?;
    if let Some(resource) = entry.resource
        && tx.resource(resource)?.is_none()
    {
        return Err(RequestError::field("resource_id", "there is no such resource").into());
    }
    Ok(())
}

/// Returns the first remaining day of an entry and the number of days to search, at most [`MAX_DAYS`]. Returns `None`
/// if all days are past, or start too far in the future.
fn days_left(entry: &WaitingEntry, today: Date) -> Option<(Date, u16)> {
    let from = entry.from_date.max(today);
    let days = days_between(from, entry.to_date).min(MAX_DAYS);
    (from <= entry.to_date && days_between(today, from) <= MAX_DAYS).then_some((from, days))
}

/// Returns the number of days in the range, including the first and the last day.
fn days_between(from: Date, to: Date) -> u16 {
    u16::try_from((to - from).get_days() + 1).unwrap_or(0)
}

fn last_of((from, days): (Date, u16)) -> Date {
    from.saturating_add(jiff::Span::new().days(i64::from(days) - 1))
}
