//! An invented history, for databases of a realistic size.

use super::{Error, RequestError};
use crate::domain::{BusinessId, ContactId};
use crate::store::{ReadTx, SeedCall, SeedContact, SeedMessage, StoredRows, WriteTx};

/// Refuses a database that has data, unless more may be added; returns what it has.
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

/// Adds contacts; returns their ids.
pub fn add_contacts(tx: &WriteTx<'_>, contacts: &[SeedContact]) -> Result<Vec<ContactId>, Error> {
    Ok(contacts.iter().map(|contact| tx.seed_contact(BusinessId::FIRST, contact)).collect::<Result<_, _>>()?)
}

/// Adds messages, which are sorted by time.
pub fn add_messages(tx: &WriteTx<'_>, messages: &[SeedMessage]) -> Result<(), Error> {
    Ok(messages.iter().try_for_each(|message| tx.seed_message(message))?)
}

/// Adds calls, which are sorted by time.
pub fn add_calls(tx: &WriteTx<'_>, calls: &[SeedCall]) -> Result<(), Error> {
    Ok(calls.iter().try_for_each(|call| tx.seed_call(BusinessId::FIRST, call))?)
}

/// Completes the threads of the contacts from this one on.
pub fn finish(tx: &WriteTx<'_>, first: ContactId) -> Result<(), Error> {
    Ok(tx.finish_seed(first)?)
}
