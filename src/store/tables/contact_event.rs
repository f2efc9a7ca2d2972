//! Changes of contacts and moves of appointments, which their timelines show.

use super::sql::json_list;
use crate::domain::{
    ActorId, AppointmentId, AppointmentMove, ContactChange, ContactChangeKind, ContactId, TimelineKind, Timestamp,
};
use crate::store::{ReadTx, Result, WriteTx};
use rusqlite::params;
use std::collections::HashMap;
use std::time::Duration;

impl ReadTx<'_> {
    /// `ids` are those of the rows. The order is undefined.
    pub(in crate::store) fn contact_changes_by_ids(&self, ids: &[i64]) -> Result<Vec<ContactChange>> {
        let mut query = self.conn.prepare_cached(
            "SELECT e.id, e.kind, e.actor, e.word, coalesce(u.name, t.name) FROM contact_events e
             LEFT JOIN users u ON e.actor LIKE 'user:%' AND u.id = CAST(substr(e.actor, 6) AS INTEGER)
             LEFT JOIN api_tokens t ON e.actor LIKE 'token:%' AND t.id = CAST(substr(e.actor, 7) AS INTEGER)
             WHERE e.id IN (SELECT value FROM json_each(?1))",
        )?;
        let rows = query.query_map([json_list(ids)], |row| {
            Ok(ContactChange {
                id: row.get(0)?,
                kind: row.get(1)?,
                actor: row.get(2)?,
                word: row.get(3)?,
                actor_name: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The moves with these ids, each with its appointment.
    pub(in crate::store) fn moves_by_ids(&self, ids: &[i64]) -> Result<Vec<(AppointmentId, AppointmentMove)>> {
        self.moves("e.id IN (SELECT value FROM json_each(?1))", ids)
    }

    /// The first move of each appointment that was moved.
    pub(in crate::store) fn first_moves(
        &self,
        appointments: &[i64],
    ) -> Result<HashMap<AppointmentId, AppointmentMove>> {
        let of = "e.id IN (SELECT min(id) FROM contact_events
                           WHERE appointment_id IN (SELECT value FROM json_each(?1)) GROUP BY appointment_id)";
        Ok(self.moves(of, appointments)?.into_iter().collect())
    }

    fn moves(&self, condition: &str, ids: &[i64]) -> Result<Vec<(AppointmentId, AppointmentMove)>> {
        let sql = format!(
            "SELECT e.appointment_id, e.id, e.moved_from, e.moved_to FROM contact_events e
             WHERE e.appointment_id IS NOT NULL AND {condition}"
        );
        let mut query = self.conn.prepare_cached(&sql)?;
        let rows = query.query_map([json_list(ids)], |row| {
            Ok((row.get(0)?, AppointmentMove { id: row.get(1)?, from: row.get(2)?, to: row.get(3)? }))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl ReadTx<'_> {
    /// When the appointment was last moved to another time, without moves that were undone.
    pub fn last_move_of(&self, appointment: AppointmentId) -> Result<Option<Timestamp>> {
        let sql = "SELECT max(created_at) FROM contact_events WHERE appointment_id = ?1";
        Ok(self.conn.prepare_cached(sql)?.query_row([appointment], |row| row.get(0))?)
    }
}

impl WriteTx<'_> {
    /// `actor` is as in the audit log. `word` is the contact's message that opted out.
    pub(in crate::store) fn insert_contact_change(
        &self,
        contact: ContactId,
        kind: ContactChangeKind,
        (actor, word): (&str, Option<&str>),
        now: Timestamp,
    ) -> Result<()> {
        let sql = "INSERT INTO contact_events(contact_id, kind, actor, word, created_at) VALUES (?1, ?2, ?3, ?4, ?5)";
        self.conn.prepare_cached(sql)?.execute(params![contact, kind, actor, word, now])?;
        Ok(())
    }

    /// If the actor has just moved the appointment in the opposite direction, the move is an undo, and neither of them is
    /// shown, as a cancellation that was undone.
    pub fn insert_move(
        &self,
        (contact, appointment): (ContactId, AppointmentId),
        (from, to): (Timestamp, Timestamp),
        by: ActorId,
        now: Timestamp,
    ) -> Result<()> {
        let by = by.to_string();
        let undo = "DELETE FROM contact_events WHERE id = (
                        SELECT max(id) FROM contact_events WHERE appointment_id = ?1)
                    AND moved_from = ?3 AND moved_to = ?2 AND actor = ?4 AND created_at > ?5";
        let since = now.minus(UNDO_WITHIN);
        if self.conn.prepare_cached(undo)?.execute(params![appointment, from, to, by, since])? > 0 {
            return Ok(());
        }
        let sql =
            "INSERT INTO contact_events(contact_id, kind, actor, appointment_id, moved_from, moved_to, created_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let kind = TimelineKind::AppointmentMoved.as_str();
        self.conn.prepare_cached(sql)?.execute(params![contact, kind, by, appointment, from, to, now])?;
        Ok(())
    }
}

/// The page offers an undo for seconds.
const UNDO_WITHIN: Duration = Duration::from_mins(5);
