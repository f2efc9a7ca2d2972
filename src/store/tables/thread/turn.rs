//! Records the turn of each thread (whether the contact waits for an answer, or a user must look at an answer of the
//! agent), and whether threads are archived.

use super::super::call::end_reason;
use crate::domain::{
    CallDirection, CallFacts, CallOutcome, CallSid, ContactId, ThreadId, Timestamp, TurnEvent, TurnState,
};
use crate::store::{Error, ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, params};

/// The stored columns of a thread from which its turn is derived, and whether the thread is archived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct StoredTurn {
    thread: ThreadId,
    state: TurnState,
    archived_at: Option<Timestamp>,
}

impl ReadTx<'_> {
    pub fn contact_of_thread(&self, thread: ThreadId) -> Result<ContactId> {
        let mut query = self.conn.prepare_cached("SELECT contact_id FROM threads WHERE id = ?1")?;
        query.query_row([thread], |row| row.get(0)).optional()?.ok_or(Error::NotFound("thread"))
    }

    /// Without merged threads.
    fn turns_of(&self, contact: ContactId) -> Result<Vec<StoredTurn>> {
        let mut query = self.conn.prepare_cached(
            "SELECT id, waiting_since, agent_since, archived_at FROM threads
             WHERE contact_id = ?1 AND merged_into IS NULL",
        )?;
        let rows = query.query_map([contact], |row| {
            let state = TurnState { waiting_since: row.get(1)?, agent_since: row.get(2)? };
            Ok(StoredTurn { thread: row.get(0)?, state, archived_at: row.get(3)? })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl WriteTx<'_> {
    /// Some events apply to all threads of the contact. An event that returns the contact to the inbox unarchives all
    /// of the contact's threads.
    pub fn apply_turn(&self, thread: ThreadId, event: TurnEvent) -> Result<()> {
        for before in self.turns_of(self.contact_of_thread(thread)?)? {
            let is_same = before.thread == thread;
            let concerns = is_same || event.concerns_all_threads();
            let after = StoredTurn {
                state: if concerns { before.state.after(event) } else { before.state },
                archived_at: before.archived_at.filter(|_| !event.returns_to_inbox()),
                ..before
            };
            // The event's message or call records its own change.
            self.store_turn(before, after, !(is_same && event.returns_to_inbox()))?;
        }
        Ok(())
    }

    pub fn apply_turn_to_contact(&self, contact: ContactId, event: TurnEvent) -> Result<()> {
        self.turns_of(contact)?.into_iter().try_for_each(|before| {
            let after = StoredTurn { state: before.state.after(event), ..before };
            self.store_turn(before, after, true)
        })
    }

    /// For an event of which no message and no call records a change, such as a scheduled message that could not be
    /// sent.
    pub fn apply_turn_without_message(&self, thread: ThreadId, event: TurnEvent) -> Result<()> {
        self.apply_turn(thread, event)?;
        self.record_thread(thread)
    }

    /// `None` unarchives the threads.
    pub fn set_archived(&self, contact: ContactId, archived_at: Option<Timestamp>) -> Result<()> {
        self.turns_of(contact)?.into_iter().try_for_each(|before| {
            let archived_at = archived_at.map(|at| before.archived_at.unwrap_or(at));
            self.store_turn(before, StoredTurn { archived_at, ..before }, true)
        })
    }

    /// Applies the end of a call, or a message that was transcribed after the end, to the turn of the call's thread.
    /// Does nothing if the call has not ended, or if the agent called and a machine answered.
    pub(in crate::store) fn apply_call_end(&self, sid: &CallSid) -> Result<()> {
        let sql = format!(
            "SELECT thread_id, started_at, coalesce(ended_at, started_at), state, {}, missed, answered_at, engine,
                 message_text IS NOT NULL, direction FROM calls WHERE call_sid = ?1
                 AND NOT EXISTS (SELECT 1 FROM call_events e WHERE e.call_id = calls.id AND e.kind = 'answered_by_machine')",
            end_reason("calls")
        );
        let mut query = self.conn.prepare_cached(&sql)?;
        let found = query.query_row([sid], |row| {
            let answered = (row.get(6)?, row.get(7)?);
            let facts = CallFacts::new(row.get(3)?, row.get(4)?, row.get(5)?, answered, row.get(8)?);
            let direction: CallDirection = row.get(9)?;
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, facts, direction))
        });
        let Some((thread, started_at, ended_at, facts, direction)) = found.optional()? else { return Ok(()) };
        match facts.outcome() {
            CallOutcome::Live | CallOutcome::Blocked => Ok(()),
            // An outbound call was never counted as unread, and a contact whom the agent did not reach does not wait
            // for an answer because of that call.
            CallOutcome::Robot
            | CallOutcome::Silent
            | CallOutcome::Message
            | CallOutcome::Missed
            | CallOutcome::Failed
                if direction == CallDirection::Out =>
            {
                Ok(())
            }
            // No user has to look at a call by a machine or without a word, so the thread is no longer counted as unread
            // because of that call.
            CallOutcome::Robot | CallOutcome::Silent => self.uncount_unread(thread),
            CallOutcome::Transferred => self.apply_turn(thread, TurnEvent::UserAnswered),
            CallOutcome::Answered | CallOutcome::Booked => self.apply_turn(thread, TurnEvent::AgentAnswered(ended_at)),
            CallOutcome::Message | CallOutcome::Missed | CallOutcome::Failed => {
                self.apply_turn(thread, TurnEvent::ContactWaits(started_at))
            }
        }
    }

    fn uncount_unread(&self, thread: ThreadId) -> Result<()> {
        let sql = "UPDATE threads SET unread_count = max(unread_count - 1, 0) WHERE id = ?1";
        self.conn.prepare_cached(sql)?.execute([thread])?;
        self.record_thread(thread)
    }

    fn store_turn(&self, before: StoredTurn, after: StoredTurn, is_change: bool) -> Result<()> {
        if before == after {
            return Ok(());
        }
        self.conn
            .prepare_cached("UPDATE threads SET waiting_since = ?2, agent_since = ?3, archived_at = ?4 WHERE id = ?1")?
            .execute(params![after.thread, after.state.waiting_since, after.state.agent_since, after.archived_at])?;
        if is_change { self.record_thread(after.thread) } else { Ok(()) }
    }

    pub fn mark_contact_read(&self, contact: ContactId) -> Result<()> {
        let threads = self.turns_of(contact)?;
        threads.into_iter().try_for_each(|turn| self.mark_thread_read(turn.thread))
    }

    /// For threads that an earlier version stored without turns: those with ids above `after`, at most `rows`. Returns
    /// the last examined id; `None` if no threads remain.
    pub fn start_turns(&self, after: i64, rows: u32) -> Result<Option<i64>> {
        let last: Option<i64> = self
            .conn
            .prepare_cached("SELECT max(id) FROM (SELECT id FROM threads WHERE id > ?1 ORDER BY id LIMIT ?2)")?
            .query_row(params![after, rows], |row| row.get(0))?;
        if let Some(last) = last {
            self.conn.prepare_cached(include_str!("start_turns.sql"))?.execute(params![after, last])?;
        }
        Ok(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{BusinessId, CallMedium, EndReason, ThreadType};
    use crate::store::NewCall;
    use crate::store::testing::{database, transact};

    #[test]
    fn a_call_of_a_machine_is_uncounted_only_if_it_was_counted_as_unread() {
        for direction in [CallDirection::In, CallDirection::Out] {
            let (_folder, conn) = database();
            transact(&conn, |tx| {
                let at = Timestamp::from_millis(0);
                let contact = tx.insert_contact(BusinessId::FIRST, "", at)?;
                let (thread, _) = tx.find_or_insert_thread(BusinessId::FIRST, ThreadType::Call, contact, None, at)?;
                // An earlier call is unread.
                tx.bump_thread_for_call(thread, at)?;
                let sid: CallSid = format!("CA{:032x}", 1).parse().unwrap();
                let call = NewCall {
                    business: BusinessId::FIRST,
                    call_sid: &sid,
                    thread,
                    contact,
                    direction,
                    medium: CallMedium::Phone,
                    peer_number: "+972501234567",
                    own_number: "",
                    started_at: at,
                };
                tx.insert_call(&call)?;
                match direction {
                    CallDirection::In => tx.bump_thread_for_call(thread, at)?,
                    CallDirection::Out => tx.bump_thread_quietly(thread, at)?,
                }
                tx.end_call(&sid, EndReason::Robot, None, at)?;
                assert_eq!(tx.thread(thread)?.unwrap().unread_count, 1, "{direction:?}");
                Ok(())
            });
        }
    }
}
