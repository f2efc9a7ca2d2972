//! Generated contacts, messages, calls and appointments, to fill a test database to a realistic size.

use super::{Error, RequestError};
use crate::domain::{BusinessId, ContactId, Timestamp};
use crate::store::{ReadTx, SeedAppointment, SeedCall, SeedContact, SeedMessage, SeedService, StoredRows, WriteTx};

/// Returns the number of stored rows. Refuses a database that contains data, unless `may_add` is true.
pub fn check_empty(tx: &ReadTx<'_>, may_add: bool) -> Result<StoredRows, Error> {
    let rows = tx.stored_rows()?;
    if rows != StoredRows::default() && !may_add {
        let StoredRows { contacts, messages, calls } = rows;
        let message = format!(
            "the database has data already ({contacts} contacts, {messages} messages, {calls} calls); with --add more is added"
        );
        return Err(RequestError::Conflict(message.into()).into());
    }
    Ok(rows)
}

/// Returns the ids in the order of the contacts.
pub fn add_contacts(tx: &WriteTx<'_>, contacts: &[SeedContact]) -> Result<Vec<ContactId>, Error> {
    Ok(contacts.iter().map(|contact| tx.seed_contact(BusinessId::FIRST, contact)).collect::<Result<_, _>>()?)
}

/// The messages must be sorted by time.
pub fn add_messages(tx: &WriteTx<'_>, messages: &[SeedMessage]) -> Result<(), Error> {
    Ok(messages.iter().try_for_each(|message| tx.seed_message(message))?)
}

/// The calls must be sorted by time.
pub fn add_calls(tx: &WriteTx<'_>, calls: &[SeedCall]) -> Result<(), Error> {
    Ok(calls.iter().try_for_each(|call| tx.seed_call(BusinessId::FIRST, call))?)
}

/// Adds services and appointments, unless the database contains services or appointments already.
pub fn add_appointments(
    tx: &WriteTx<'_>,
    services: &[SeedService],
    appointments: &[SeedAppointment],
    time_zone: &str,
) -> Result<(), Error> {
    Ok(tx.seed_appointments(BusinessId::FIRST, services, appointments, time_zone)?)
}

/// Sets the times and counters of the threads of contact `first` and of all later contacts, and deletes their empty
/// threads. Only a thread with a message or call after `recent` can be marked as waiting for an answer.
pub fn finish(tx: &WriteTx<'_>, first: ContactId, recent: Timestamp) -> Result<(), Error> {
    Ok(tx.finish_seed(first, recent)?)
}
