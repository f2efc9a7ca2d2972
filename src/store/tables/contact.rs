//! Contacts and their names.

mod details;
mod list;
mod merge;
mod suggestion;

pub use list::ContactFilter;
pub use merge::MergeRecord;
pub use suggestion::NewSuggestion;

use super::sql::{json_list, new_id};
use crate::domain::{BusinessId, Contact, ContactId, ContactName, ContactNameSource, Timestamp};
use crate::store::{Error, ReadTx, Result, WriteTx};
use rusqlite::types::Type;
use rusqlite::{OptionalExtension, Row, params};

impl ReadTx<'_> {
    pub fn contact(&self, id: ContactId) -> Result<Option<Contact>> {
        let sql = format!("SELECT {} FROM contacts c WHERE c.id = ?1", columns("c"));
        Ok(self.conn.prepare_cached(&sql)?.query_row([id], |row| contact(row, 0)).optional()?)
    }

    /// Returns true if a contact has messages, calls, appointments, or a name that the owner set. Other data, such as
    /// notes, tags and tasks, does not count.
    pub fn has_history(&self, id: ContactId) -> Result<bool> {
        let mut query = self.conn.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM contacts WHERE id = ?1 AND name_source = 'owner')
                 OR EXISTS (SELECT 1 FROM threads JOIN messages ON thread_id = threads.id WHERE contact_id = ?1)
                 OR EXISTS (SELECT 1 FROM threads JOIN calls ON thread_id = threads.id WHERE threads.contact_id = ?1)
                 OR EXISTS (SELECT 1 FROM appointments WHERE contact_id = ?1)",
        )?;
        Ok(query.query_row([id], |row| row.get(0))?)
    }

    pub fn name_of(&self, id: ContactId) -> Result<ContactName> {
        let mut query = self.conn.prepare_cached("SELECT display_name, name_source FROM contacts WHERE id = ?1")?;
        let found = query.query_row([id], |row| Ok((row.get(0)?, row.get::<_, ContactNameSource>(1)?))).optional()?;
        Ok(match found {
            Some((name, ContactNameSource::Owner)) => ContactName::ByOwner(name),
            Some((name, ContactNameSource::Profile)) => ContactName::ByProfile(name),
            Some((_, ContactNameSource::None)) | None => ContactName::Unknown,
        })
    }
}

impl WriteTx<'_> {
    /// `name` is the contact's WhatsApp profile name; empty if it is unknown.
    pub fn insert_contact(&self, business: BusinessId, name: &str, now: Timestamp) -> Result<ContactId> {
        let mut insert = self.conn.prepare_cached(concat!(
            "INSERT INTO contacts(id, business_id, display_name, name_source, created_at, updated_at)
             VALUES (",
            new_id!("contacts"),
            ",
                 ?1, ?2, iif(?2 = '', '', 'profile'), ?3, ?3)"
        ))?;
        insert.execute(params![business, name, now])?;
        let id = ContactId(self.conn.last_insert_rowid());
        self.record_contact(id)?;
        Ok(id)
    }

    /// Prevents the ids of the rows of contacts that are about to be deleted from being reused: links, bookmarks and logs
    /// would then refer to another contact.
    pub(in crate::store) fn retire_ids(&self, contacts: &[i64]) -> Result<()> {
        for (table, column) in RETIRED {
            let sql = format!("SELECT max(id) FROM {table} WHERE {column} IN (SELECT value FROM json_each(?1))");
            let newest: Option<i64> =
                self.conn.prepare_cached(&sql)?.query_row([json_list(contacts)], |row| row.get(0))?;
            let key = format!("{table}.newest_erased_id");
            let known = self.meta(&key)?.and_then(|text| text.parse().ok()).unwrap_or(0);
            if let Some(newest) = newest.filter(|newest| *newest > known) {
                self.set_meta(&key, &newest.to_string())?;
            }
        }
        Ok(())
    }

    /// Has no effect if the owner has set a name.
    pub fn rename_contact_from_profile(&self, id: ContactId, name: &str, now: Timestamp) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE contacts SET display_name = ?2, name_source = 'profile', updated_at = ?3
             WHERE id = ?1 AND name_source <> 'owner' AND display_name <> ?2",
        )?;
        if update.execute(params![id, name, now])? > 0 {
            self.retitle_threads(id)?;
        }
        Ok(())
    }

    /// Profile names do not replace a name of the owner. An empty `name` removes the stored name.
    pub fn rename_contact_by_owner(&self, id: ContactId, name: &str, now: Timestamp) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE contacts SET display_name = ?2, name_source = iif(?2 = '', '', 'owner'), updated_at = ?3
             WHERE id = ?1 AND merged_into IS NULL",
        )?;
        if update.execute(params![id, name, now])? == 0 {
            return Err(Error::NotFound("contact"));
        }
        self.retitle_threads(id)
    }

    /// The title is the contact's name, or the thread's address if the contact has no name. A thread with neither keeps
    /// its title.
    pub(super) fn retitle_threads(&self, id: ContactId) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE threads SET title = coalesce(
                 (SELECT nullif(display_name, '') FROM contacts WHERE id = ?1), nullif(peer_number, ''), title)
             WHERE contact_id = ?1",
        )?;
        update.execute([id])?;
        self.record_contact(id)
    }
}

/// The columns that [`contact`] reads.
fn columns(alias: &str) -> String {
    include_str!("contact/columns.sql").trim_end().replace("{number}", &number(alias)).replace("{c}", alias)
}

const COLUMN_COUNT: usize = 12;

/// An SQL expression for the main phone number of the contact whose id is `{id}`; null if it has no current number.
/// It is the one that a user or a merge chose last, or else the newest.
macro_rules! main_number {
    ($id:literal) => {
        concat!(
            "(SELECT value FROM addresses WHERE contact_id = ",
            $id,
            " AND kind = 'phone' AND former_at IS NULL
                ORDER BY main_at DESC, id DESC LIMIT 1)"
        )
    };
}
pub(in crate::store) use main_number;

fn number(alias: &str) -> String {
    main_number!("{c}.id").replace("{c}", alias)
}

/// An SQL expression for the name of a contact, or its number if it has no name; null if it has neither.
pub(in crate::store) fn name_or_number(alias: &str) -> String {
    format!("coalesce(nullif({alias}.display_name, ''), {})", number(alias))
}

/// The columns start at `at`.
fn contact(row: &Row<'_>, at: usize) -> rusqlite::Result<Contact> {
    let tags: String = row.get(at + 11)?;
    let tags = serde_json::from_str(&tags)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(at + 11, Type::Text, Box::new(error)))?;
    Ok(Contact {
        id: row.get(at)?,
        business_id: row.get(at + 1)?,
        display_name: row.get(at + 2)?,
        created_at: row.get(at + 3)?,
        language: row.get(at + 4)?,
        last_activity_at: row.get(at + 5)?,
        number: row.get(at + 6)?,
        opted_out: row.get(at + 7)?,
        blocked: row.get(at + 8)?,
        relation: row.get(at + 9)?,
        unread_count: row.get(at + 10)?,
        tags,
    })
}

/// The tables whose ids are in links, with the column of the contact. The greatest id of a deleted row is in the table
/// `meta`; the statements that insert rows take a greater one.
const RETIRED: [(&str, &str); 4] =
    [("contacts", "id"), ("threads", "contact_id"), ("appointments", "contact_id"), ("calls", "contact_id")];
