//! Reads and changes the details of a contact, except for its name.

use super::name_or_number;
use crate::domain::{
    ActorId, ContactChangeKind, ContactId, ContactMerge, ContactRelation, FieldId, FieldValue, OptOut, OptOutSource,
    Timestamp,
};
use crate::store::{ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, params};

impl ReadTx<'_> {
    /// In the order of the fields, without archived fields.
    pub fn field_values(&self, contact: ContactId) -> Result<Vec<FieldValue>> {
        let mut query = self.conn.prepare_cached(
            "SELECT f.id, f.name, f.kind, v.value FROM contact_fields v JOIN custom_fields f ON f.id = v.field_id
             WHERE v.contact_id = ?1 AND f.archived_at IS NULL ORDER BY f.id",
        )?;
        let rows = query.query_map([contact], |row| {
            Ok(FieldValue { field_id: row.get(0)?, name: row.get(1)?, kind: row.get(2)?, value: row.get(3)? })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Without undone merges, newest first.
    pub fn merges_into(&self, contact: ContactId) -> Result<Vec<ContactMerge>> {
        let sql = format!(
            "SELECT m.id, coalesce({}, ''), m.merged_at FROM contact_merges m JOIN contacts c ON c.id = m.merged_contact_id
             WHERE m.kept_contact_id = ?1 AND m.undone_at IS NULL ORDER BY m.id DESC",
            name_or_number("c")
        );
        let mut query = self.conn.prepare_cached(&sql)?;
        let rows = query.query_map([contact], |row| {
            Ok(ContactMerge { merge_id: row.get(0)?, contact_name: row.get(1)?, merged_at: row.get(2)? })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub fn open_task_count(&self, contact: ContactId) -> Result<i64> {
        let sql = "SELECT count(*) FROM tasks WHERE contact_id = ?1 AND done_at IS NULL";
        Ok(self.conn.prepare_cached(sql)?.query_row([contact], |row| row.get(0))?)
    }

    /// True if the contact, a user or the agent in a call opted the contact out, or if a provider reported it.
    pub fn contact_has_opted_out(&self, contact: ContactId) -> Result<bool> {
        let mut query = self.conn.prepare_cached(
            "SELECT 1 FROM contacts WHERE id = ?1 AND opted_out_at IS NOT NULL
             UNION ALL SELECT 1 FROM threads WHERE contact_id = ?1 AND merged_into IS NULL AND opted_out_at IS NOT NULL",
        )?;
        Ok(query.exists([contact])?)
    }

    /// Returns `None` if the contact gets messages.
    pub fn opt_out(&self, contact: ContactId) -> Result<Option<OptOut>> {
        let mut query = self.conn.prepare_cached(include_str!("opt_out.sql"))?;
        let found = query.query_row([contact], |row| {
            let (own, by): (Option<Timestamp>, Option<String>) = (row.get(0)?, row.get(1)?);
            let source = match (own, by) {
                (None, _) => OptOutSource::Provider,
                (Some(_), Some(by)) if by == ActorId::Contact.to_string() => OptOutSource::Contact,
                (Some(_), Some(by)) if by == ActorId::Agent.to_string() => OptOutSource::Call,
                (Some(_), _) => OptOutSource::User,
            };
            let by_provider: Option<Timestamp> = row.get(4)?;
            let by_name = row.get(3)?;
            let word = row.get(2)?;
            Ok(own.or(by_provider).map(|at| OptOut { at, source, by_name, word }))
        });
        Ok(found.optional()?.flatten())
    }

    /// When the contact or a user last decided whether the contact gets messages; `None` if neither has.
    pub fn opt_out_decided_at(&self, contact: ContactId) -> Result<Option<Timestamp>> {
        let sql = "SELECT nullif(max(coalesce(opt_out_decided_at, ''), coalesce(opted_out_at, '')), '')
                   FROM contacts WHERE id = ?1";
        Ok(self.conn.prepare_cached(sql)?.query_row([contact], |row| row.get(0)).optional()?.flatten())
    }

    /// Returns true if a user has blocked the contact.
    pub fn is_contact_blocked(&self, contact: ContactId) -> Result<bool> {
        let sql = "SELECT 1 FROM contacts WHERE id = ?1 AND blocked_at IS NOT NULL";
        Ok(self.conn.prepare_cached(sql)?.exists([contact])?)
    }

    pub fn contact_relation(&self, contact: ContactId) -> Result<ContactRelation> {
        let sql = "SELECT relation FROM contacts WHERE id = ?1";
        let relation = self.conn.prepare_cached(sql)?.query_row([contact], |row| row.get(0)).optional()?;
        Ok(relation.flatten().unwrap_or(ContactRelation::Customer))
    }
}

impl WriteTx<'_> {
    pub fn set_contact_language(&self, contact: ContactId, language: Option<&str>, now: Timestamp) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE contacts SET language = ?2, updated_at = ?3 WHERE id = ?1 AND language IS NOT ?2",
        )?;
        if update.execute(params![contact, language, now])? == 0 { Ok(()) } else { self.record_contact(contact) }
    }

    /// Allowing messages also clears the opt-out that providers reported.
    pub fn set_contact_opted_out(
        &self,
        contact: ContactId,
        opted_out: bool,
        by: ActorId,
        now: Timestamp,
    ) -> Result<bool> {
        let changed = if opted_out {
            let sql = "UPDATE contacts SET opted_out_at = ?2, opted_out_by = ?3, opted_out_word = NULL,
                           opt_out_decided_at = ?2, updated_at = ?2
                       WHERE id = ?1 AND opted_out_at IS NULL";
            self.conn.prepare_cached(sql)?.execute(params![contact, now, by.to_string()])?
        } else {
            self.allow_messages(contact, now, now)?
        };
        if changed > 0 {
            self.insert_contact_change(contact, opt_out_kind(opted_out), (&by.to_string(), None), now)?;
            self.record_contact(contact)?;
        }
        Ok(changed > 0)
    }

    /// For a contact who decides by the message with this text, written at `at`. Returns true if the contact was changed.
    pub fn set_opt_out_by_contact(
        &self,
        contact: ContactId,
        out: Option<&str>,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<bool> {
        let changed = match out {
            Some(word) => {
                let sql =
                    "UPDATE contacts SET opted_out_at = ?2, opted_out_by = ?3, opted_out_word = ?4, updated_at = ?5
                           WHERE id = ?1 AND (opted_out_at IS NULL OR opted_out_by IS NOT ?3)";
                let by = ActorId::Contact.to_string();
                self.conn.prepare_cached(sql)?.execute(params![contact, at, by, word, now])?
            }
            None => self.allow_messages(contact, at, now)?,
        };
        // Also a choice that changes nothing is newer than what arrives later but was written before it.
        let sql = "UPDATE contacts SET opt_out_decided_at = ?2 WHERE id = ?1";
        self.conn.prepare_cached(sql)?.execute(params![contact, at])?;
        if changed > 0 {
            let by = ActorId::Contact.to_string();
            self.insert_contact_change(contact, opt_out_kind(out.is_some()), (&by, out), now)?;
            self.record_contact(contact)?;
        }
        Ok(changed > 0)
    }

    /// Returns the number of changed rows. An opt-out that a provider reported after `at` is kept, unless its time is after
    /// `now`, because the clock was ahead.
    fn allow_messages(&self, contact: ContactId, at: Timestamp, now: Timestamp) -> Result<usize> {
        let sql = "UPDATE threads SET opted_out_at = NULL WHERE contact_id = ?1 AND (opted_out_at <= ?2 OR opted_out_at > ?3)";
        let by_provider = self.conn.prepare_cached(sql)?.execute(params![contact, at, now])?;
        let sql = "UPDATE contacts SET opted_out_at = NULL, opted_out_by = NULL, opted_out_word = NULL,
                       opt_out_decided_at = ?2, updated_at = ?3
                   WHERE id = ?1 AND (opted_out_at IS NOT NULL OR ?4)";
        let own = self.conn.prepare_cached(sql)?.execute(params![contact, at, now, by_provider > 0])?;
        Ok(own + by_provider)
    }

    /// Returns true if the contact was changed.
    pub fn set_contact_blocked(&self, contact: ContactId, blocked: bool, by: ActorId, now: Timestamp) -> Result<bool> {
        let mut update = self.conn.prepare_cached(
            "UPDATE contacts SET blocked_at = iif(?2, ?3, NULL), updated_at = ?3
             WHERE id = ?1 AND (blocked_at IS NOT NULL) <> ?2",
        )?;
        let is_new = update.execute(params![contact, blocked, now])? > 0;
        if is_new {
            let kind = if blocked { ContactChangeKind::Blocked } else { ContactChangeKind::Unblocked };
            self.insert_contact_change(contact, kind, (&by.to_string(), None), now)?;
            self.record_contact(contact)?;
        }
        Ok(is_new)
    }

    /// Returns true if the contact was changed.
    pub fn set_contact_relation(&self, contact: ContactId, relation: ContactRelation, now: Timestamp) -> Result<bool> {
        let mut update = self.conn.prepare_cached(
            "UPDATE contacts SET relation = nullif(?2, 'customer'), updated_at = ?3
             WHERE id = ?1 AND coalesce(relation, 'customer') <> ?2",
        )?;
        let is_new = update.execute(params![contact, relation, now])? > 0;
        if is_new {
            self.record_contact(contact)?;
        }
        Ok(is_new)
    }

    /// `None` removes the value.
    pub fn set_field_value(
        &self,
        contact: ContactId,
        field: FieldId,
        value: Option<&str>,
        now: Timestamp,
    ) -> Result<()> {
        let changed = match value {
            Some(value) => self
                .conn
                .prepare_cached(
                    "INSERT INTO contact_fields(contact_id, field_id, value, updated_at) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (contact_id, field_id) DO UPDATE SET value = ?3, updated_at = ?4 WHERE value <> ?3",
                )?
                .execute(params![contact, field, value, now])?,
            None => self
                .conn
                .prepare_cached("DELETE FROM contact_fields WHERE contact_id = ?1 AND field_id = ?2")?
                .execute(params![contact, field])?,
        };
        if changed == 0 { Ok(()) } else { self.record_contact(contact) }
    }

    /// Sets the time of the newest message or call for up to `rows` contacts with ids above `done_to`. Returns the last
    /// id, or `None` if no contact remains.
    pub fn set_last_activity(&self, done_to: i64, rows: u32) -> Result<Option<i64>> {
        let mut query = self
            .conn
            .prepare_cached("SELECT max(id) FROM (SELECT id FROM contacts WHERE id > ?1 ORDER BY id LIMIT ?2)")?;
        let Some(last) = query.query_row(params![done_to, rows], |row| row.get::<_, Option<i64>>(0))? else {
            return Ok(None);
        };
        self.conn
            .prepare_cached(
                "UPDATE contacts SET last_activity_at = newest FROM (
                     SELECT contact_id, max(last_message_at) AS newest FROM threads
                     WHERE contact_id > ?1 AND contact_id <= ?2 GROUP BY contact_id)
                 WHERE id = contact_id AND coalesce(last_activity_at, '') < newest",
            )?
            .execute(params![done_to, last])?;
        Ok(Some(last))
    }
}

fn opt_out_kind(is_out: bool) -> ContactChangeKind {
    if is_out { ContactChangeKind::OptedOut } else { ContactChangeKind::OptedIn }
}
