//! Contacts who wait for an appointment.

use super::booking::{check_dates, services};
use super::text::remark;
use super::{Error, RequestError, contact};
use crate::domain::{ActorId, BusinessId, Timestamp, WaitingEntry, WaitingId};
use crate::store::{NewWaitingEntry, ReadTx, WriteTx};

/// Finds an entry.
pub fn find(tx: &ReadTx<'_>, id: WaitingId) -> Result<WaitingEntry, Error> {
    Ok(tx.waiting_entry(id)?.ok_or(RequestError::NotFound("entry of the waiting list"))?)
}

/// Adds an entry.
pub fn add(
    tx: &WriteTx<'_>,
    business: BusinessId,
    actor: ActorId,
    new: &NewWaitingEntry<'_>,
    now: Timestamp,
) -> Result<WaitingId, Error> {
    check_dates(new.from_date, new.to_date)?;
    let contact = contact::find(tx, new.contact)?.id;
    services::find_offered(tx, new.service)?;
    if let Some(resource) = new.resource
        && tx.resource(resource)?.is_none()
    {
        return Err(RequestError::field("resource_id", "there is no such resource").into());
    }
    let note = remark("note", new.note)?;
    let new = NewWaitingEntry { contact, note: &note, ..new.clone() };
    Ok(tx.insert_waiting_entry(business, &new, &actor.to_string(), now)?)
}

/// Removes an entry.
pub fn remove(tx: &WriteTx<'_>, id: WaitingId) -> Result<(), Error> {
    find(tx, id)?;
    Ok(tx.delete_waiting_entry(id)?)
}
