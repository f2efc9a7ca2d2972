//! Updates of the record of a running call. Each function does nothing if the call is not stored.

use crate::domain::{
    ActorId, CallEventKind, CallSid, CallState, EndReason, EngineKind, Speaker, StreamSid, Timestamp, ToolUse,
};
use crate::store::{Result, TurnUpdate, WriteTx};

pub fn start_conversation(
    tx: &WriteTx<'_>,
    sid: &CallSid,
    stream: &StreamSid,
    engine: EngineKind,
    model: Option<&str>,
    at: Timestamp,
) -> Result<()> {
    tx.set_call_live(sid, stream, engine, model, at)
}

pub fn change_engine(
    tx: &WriteTx<'_>,
    sid: &CallSid,
    engine: EngineKind,
    model: Option<&str>,
    at: Timestamp,
) -> Result<()> {
    tx.set_call_engine(sid, engine, model, at)
}

pub fn store_turn(tx: &WriteTx<'_>, sid: &CallSid, turn: &TurnUpdate<'_>, at: Timestamp) -> Result<()> {
    tx.put_turn(sid, turn, at)
}

/// Stores the output of a tool that finished after the call. `item` is the id of the tool's turn.
pub fn finish_tool(tx: &WriteTx<'_>, sid: &CallSid, item: &str, output: &str) -> Result<()> {
    let running = tx.turn_text(sid, item)?.and_then(|text| ToolUse::from_text(&text));
    match running.filter(|tool| tool.output.is_none()) {
        Some(tool) => tx.set_turn_text(sid, item, &tool.with_output(output).to_text()),
        None => Ok(()),
    }
}

/// Appends a complete turn to the transcript. A turn with a stored id is ignored.
pub fn append_turn(
    tx: &WriteTx<'_>,
    sid: &CallSid,
    item: &str,
    speaker: Speaker,
    text: &str,
    at: Timestamp,
) -> Result<()> {
    tx.append_turn(sid, item, speaker, text, at)
}

/// `detail` is JSON.
pub fn record_event(
    tx: &WriteTx<'_>,
    sid: &CallSid,
    kind: CallEventKind,
    detail: Option<&str>,
    at: Timestamp,
) -> Result<()> {
    tx.insert_call_event(sid, kind, detail, at)
}

/// Records an event that changes what the web pages show of the call, and reports the change to them. `detail` is JSON.
pub fn record_shown_event(
    tx: &WriteTx<'_>,
    sid: &CallSid,
    kind: CallEventKind,
    detail: Option<&str>,
    at: Timestamp,
) -> Result<()> {
    tx.record_shown_event(sid, kind, detail, at)
}

/// Records that the user `by` declines a call that rings in the web pages, and reports the change to the pages.
pub fn decline_page_ring(tx: &WriteTx<'_>, sid: &CallSid, by: ActorId, at: Timestamp) -> Result<()> {
    tx.record_event_by(sid, CallEventKind::PageRingDeclined, by, at)
}

/// Adds `micros` (millionths of a US dollar) to the cost of the call.
pub fn add_cost(tx: &WriteTx<'_>, sid: &CallSid, micros: i64) -> Result<()> {
    tx.add_call_cost(sid, micros)
}

/// Records that the human agent, whose phone rang before the AI agent answered, accepted the call.
pub fn accept_by_human(tx: &WriteTx<'_>, sid: &CallSid, at: Timestamp) -> Result<()> {
    tx.set_end_reason(sid, EndReason::Transferred, at)?;
    tx.set_call_state(sid, CallState::Transferred, at)
}
