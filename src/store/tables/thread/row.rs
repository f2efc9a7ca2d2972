//! Rows of threads with their newest message and call.

use super::super::call::end_reason;
use super::super::columns::Columns;
use crate::domain::{CallFacts, LastCall, LastMessage, Thread, Timestamp, TurnState};
use rusqlite::Row;

/// The query for threads as `t`, with their newest message and call. The caller appends a WHERE clause.
pub(in crate::store) fn select() -> String {
    include_str!("select.sql").trim_end().replace("{end_reason}", &end_reason("k"))
}

pub(in crate::store) fn thread(row: &Row<'_>) -> rusqlite::Result<Thread> {
    let row = Columns::of(row);
    let turn = TurnState { waiting_since: row.get("waiting_since")?, agent_since: row.get("agent_since")? };
    Ok(Thread {
        id: row.get("id")?,
        business_id: row.get("business_id")?,
        kind: row.get("type")?,
        provider: row.get("provider")?,
        contact_id: row.get("contact_id")?,
        peer_number: row.get("peer_number")?,
        title: row.get("title")?,
        last_message_at: row.get("last_message_at")?,
        unread_count: row.get("unread_count")?,
        ai_mode: row.get("ai_mode")?,
        turn: turn.turn(),
        waiting_since: turn.waiting_since,
        archived_at: row.get("archived_at")?,
        last_in_twilio_at: row.get("last_in_twilio_at")?,
        contact_name: row.get("contact_name")?,
        last_message: last_message(&row)?,
        last_call: last_call(&row)?,
        created_at: row.get("created_at")?,
    })
}

/// Reads the columns `m_…`.
pub(in crate::store) fn last_message(row: &Columns<'_, '_>) -> rusqlite::Result<Option<LastMessage>> {
    let Some(id) = row.get("m_id")? else { return Ok(None) };
    Ok(Some(LastMessage {
        id,
        direction: row.get("m_direction")?,
        author: row.get("m_author")?,
        media_kind: row.get("m_kind")?,
        text: row.get("m_text")?,
        status: row.get("m_status")?,
        created_at: row.get("m_at")?,
    }))
}

/// Reads the columns `k_…`.
pub(in crate::store) fn last_call(row: &Columns<'_, '_>) -> rusqlite::Result<Option<LastCall>> {
    let Some(id) = row.get("k_id")? else { return Ok(None) };
    // In the order of the columns.
    let (direction, state, end_reason) = (row.get("k_direction")?, row.get("k_state")?, row.get("k_end_reason")?);
    let missed = row.get("k_missed")?;
    let answered: (Option<Timestamp>, _) = (row.get("k_answered_at")?, row.get("k_engine")?);
    let (duration_ms, started_at) = (row.get("k_duration_ms")?, row.get("k_at")?);
    let message_text: Option<String> = row.get("k_message")?;
    let facts = CallFacts::new(state, end_reason, missed, answered, message_text.is_some());
    Ok(Some(LastCall {
        id,
        direction,
        state: facts.state,
        end_reason: facts.end_reason,
        outcome: facts.outcome(),
        duration_ms,
        started_at,
        message_text,
    }))
}
