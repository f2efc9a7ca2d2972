//! Phone calls with their turns, bookings and recordings, for display. Writes to calls are in `write`.

mod end;
mod list;
mod part;
mod word_times;
mod write;

pub use list::CallFilter;
pub use write::{NewCall, OpenCall, TimedTurn, TurnUpdate};

use super::columns::Columns;
use super::sql::actor_name;
use crate::domain::{
    AppointmentId, Call, CallBooking, CallBookingChanges, CallFindings, CallId, CallSid, CallState, LeadId, Recording,
    Timestamp, Turn, TurnLatency,
};
use crate::store::peek::peek;
use crate::store::{ReadTx, Result};
use rusqlite::{OptionalExtension, Row, named_params};
use std::path::Path;

impl ReadTx<'_> {
    pub fn call(&self, id: CallId) -> Result<Option<Call>> {
        let mut query = self.conn.prepare_cached(&format!("SELECT {} FROM calls WHERE id = ?1", columns()))?;
        Ok(query.query_row([id], call).optional()?)
    }

    pub fn stored_call(&self, sid: &CallSid) -> Result<Option<Call>> {
        let mut query = self.conn.prepare_cached(&format!("SELECT {} FROM calls WHERE call_sid = ?1", columns()))?;
        Ok(query.query_row([sid], call).optional()?)
    }

    pub fn turns(&self, call: CallId) -> Result<Vec<Turn>> {
        let mut query = self.conn.prepare_cached(include_str!("call/turns.sql"))?;
        let rows = query.query_map([call], turn)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The name of the user or token that ended a call; `None` if no employee ended it. Empty if that user or token has
    /// no name.
    pub fn hung_up_by(&self, call: CallId) -> Result<Option<String>> {
        let sql = format!(
            "SELECT coalesce({}, '') FROM (
                 SELECT detail ->> 'by' AS actor FROM call_events WHERE call_id = ?1 AND kind = 'hung_up_by_employee'
                 ORDER BY id LIMIT 1)",
            actor_name("actor")
        );
        Ok(self.conn.prepare_cached(&sql)?.query_row([call], |row| row.get(0)).optional()?)
    }

    /// Whether a transfer to a phone has begun, and was neither accepted nor has failed.
    pub fn is_transferring(&self, call: &Call) -> Result<bool> {
        if call.state == CallState::Ended {
            return Ok(false);
        }
        let mut query = self.conn.prepare_cached(
            "SELECT kind = 'transfer_began' FROM call_events
             WHERE call_id = ?1 AND kind IN ('transfer_began', 'transfer_accepted', 'transfer_failed') ORDER BY id DESC LIMIT 1",
        )?;
        Ok(query.query_row([call.id], |row| row.get(0)).optional()?.unwrap_or(false))
    }

    /// Whether turns of the call were deleted because of their age.
    pub fn is_transcript_pruned(&self, call: CallId) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM call_events WHERE call_id = ?1 AND kind = 'transcript_pruned')";
        Ok(self.conn.prepare_cached(sql)?.query_row([call], |row| row.get(0))?)
    }

    /// The appointments that the agent booked, moved or cancelled in a call, ordered by their times. The audit log
    /// shows which ones were moved or cancelled: by the agent, for the call's contact, during the call.
    pub fn call_bookings(&self, call: &Call) -> Result<Vec<CallBooking>> {
        let mut query = self.conn.prepare_cached(include_str!("call/bookings.sql"))?;
        let ended_at = call.ended_at.unwrap_or(Timestamp::from_millis(i64::MAX));
        let rows = query.query_map(
            named_params! {
                ":call": call.id,
                ":contact": call.contact_id,
                ":started_at": call.started_at,
                ":ended_at": ended_at,
            },
            |row| {
                let changes = CallBookingChanges { booked: row.get(1)?, moved: row.get(2)?, cancelled: row.get(3)? };
                Ok((row.get(0)?, changes))
            },
        )?;
        let found = rows.collect::<rusqlite::Result<Vec<(AppointmentId, CallBookingChanges)>>>()?;
        let mut bookings = Vec::with_capacity(found.len());
        for (id, changes) in found {
            bookings.extend(self.appointment(id)?.map(|appointment| CallBooking { appointment, changes }));
        }
        Ok(bookings)
    }

    pub fn call_findings(&self, call: &Call) -> Result<CallFindings> {
        let mut query = self.conn.prepare_cached(
            "SELECT summary, language, (
                 SELECT detail ->> 'lead' FROM call_events WHERE call_id = calls.id AND kind = 'lead_found' ORDER BY id LIMIT 1)
             FROM calls WHERE id = ?1",
        )?;
        let found = query.query_row([call.id], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, Option<i64>>(2)?)));
        let Some((summary, language, lead)) = found.optional()? else { return Ok(CallFindings::default()) };
        let lead = lead.map(|id| self.lead(LeadId(id))).transpose()?.flatten();
        Ok(CallFindings { summary, language, lead, questions: self.questions_of_call(call)? })
    }

    /// Oldest first.
    pub fn recordings(&self, call: CallId) -> Result<Vec<Recording>> {
        let mut query = self.conn.prepare_cached(
            "SELECT id, call_id, source, mime, channels, duration_ms, bytes, state, message_ms, error, created_at
             FROM recordings WHERE call_id = ?1 ORDER BY id",
        )?;
        let rows = query.query_map([call], recording)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

/// For a process other than the daemon.
pub fn peek_call_sid(published: &Path, publish: bool, id: CallId) -> Result<Option<CallSid>> {
    peek(published, publish, None, |tx| Ok(tx.call(id)?.map(|call| call.call_sid)))
}

fn columns() -> String {
    include_str!("call/columns.sql").trim_end().replace("{end_reason}", &end_reason("calls"))
}

/// An SQL expression for the reason why a call ended. `alias` is the alias of the table of calls.
pub(in crate::store) fn end_reason(alias: &str) -> String {
    include_str!("call/end_reason.sql").trim_end().replace("{k}", alias)
}

fn call(row: &Row<'_>) -> rusqlite::Result<Call> {
    let row = Columns::of(row);
    Ok(Call {
        id: row.get("id")?,
        business_id: row.get("business_id")?,
        call_sid: row.get("call_sid")?,
        thread_id: row.get("thread_id")?,
        contact_id: row.get("contact_id")?,
        direction: row.get("direction")?,
        medium: row.get("medium")?,
        peer_number: row.get("peer_number")?,
        own_number: row.get("own_number")?,
        state: row.get("state")?,
        engine: row.get("engine")?,
        model: row.get("model")?,
        started_at: row.get("started_at")?,
        answered_at: row.get("answered_at")?,
        ended_at: row.get("ended_at")?,
        end_reason: row.get("end_reason")?,
        missed: row.get("missed")?,
        duration_ms: row.get("duration_ms")?,
        cost_micros: row.get("cost_micros")?,
        message_text: row.get("message_text")?,
    })
}

fn turn(row: &Row<'_>) -> rusqlite::Result<Turn> {
    let row = Columns::of(row);
    Ok(Turn {
        id: row.get("id")?,
        call_id: row.get("call_id")?,
        seq: row.get("seq")?,
        speaker: row.get("speaker")?,
        text: row.get("text")?,
        heard_text: row.get("heard_text")?,
        interrupted: row.get("interrupted")?,
        started_ms: row.get("started_ms")?,
        ended_ms: row.get("ended_ms")?,
        word_times: word_times::from_text(row.get::<Option<String>>("word_times")?.as_deref()),
        latency: TurnLatency {
            transcript_partial_ms: row.get("transcript_partial_ms")?,
            transcript_final_ms: row.get("transcript_final_ms")?,
            response_created_ms: row.get("response_created_ms")?,
            first_token_ms: row.get("first_token_ms")?,
            first_delta_ms: row.get("first_delta_ms")?,
            first_sent_ms: row.get("first_sent_ms")?,
            first_played_ms: row.get("first_played_ms")?,
        },
        tokens_in: row.get("tokens_in")?,
        tokens_out: row.get("tokens_out")?,
        cost_micros: row.get("cost_micros")?,
    })
}

fn recording(row: &Row<'_>) -> rusqlite::Result<Recording> {
    let row = Columns::of(row);
    Ok(Recording {
        id: row.get("id")?,
        call_id: row.get("call_id")?,
        source: row.get("source")?,
        mime: row.get("mime")?,
        channels: row.get("channels")?,
        duration_ms: row.get("duration_ms")?,
        bytes: row.get("bytes")?,
        state: row.get("state")?,
        message_ms: row.get("message_ms")?,
        error: row.get("error")?,
        created_at: row.get("created_at")?,
    })
}
