//! Reports of Twilio that a machine has answered an outbound call, and what the machine got.

use crate::domain::{CallEventKind, CallSid, CallState, OutboundOutcome, Timestamp};
use crate::store::{ReadTx, Result, WriteTx};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MachineReport {
    Recorded,
    /// It was recorded before, the call has ended, or it is not an outbound call. Nothing was changed.
    Unneeded,
}

/// Records that a machine has answered an outbound call.
pub fn record_machine(tx: &WriteTx<'_>, sid: &CallSid, now: Timestamp) -> Result<MachineReport> {
    let running = tx.stored_call(sid)?.filter(|call| call.state != CallState::Ended);
    let Some(call) = running else { return Ok(MachineReport::Unneeded) };
    if tx.outbound_call_by_sid(sid)?.is_none() || tx.has_call_event(call.id, CallEventKind::AnsweredByMachine)? {
        return Ok(MachineReport::Unneeded);
    }
    tx.insert_call_event(sid, CallEventKind::AnsweredByMachine, None, now)?;
    Ok(MachineReport::Recorded)
}

/// Records that Twilio has requested the message for the machine that answered an outbound call. Idempotent.
pub fn record_machine_message(tx: &WriteTx<'_>, sid: &CallSid, now: Timestamp) -> Result<()> {
    let Some(call) = tx.stored_call(sid)? else { return Ok(()) };
    if tx.outbound_call_by_sid(sid)?.is_none() || tx.has_call_event(call.id, CallEventKind::MachineGotMessage)? {
        return Ok(());
    }
    tx.insert_call_event(sid, CallEventKind::MachineGotMessage, None, now)
}

/// Returns the outcome of a call that Twilio reports as answered and ended.
pub(super) fn outcome_of_answered(tx: &ReadTx<'_>, sid: &CallSid) -> Result<OutboundOutcome> {
    let Some(call) = tx.stored_call(sid)? else { return Ok(OutboundOutcome::Failed) };
    let by_machine = tx.has_call_event(call.id, CallEventKind::AnsweredByMachine)?;
    Ok(match call.answered_at {
        _ if by_machine && tx.has_call_event(call.id, CallEventKind::MachineGotMessage)? => OutboundOutcome::Machine,
        Some(_) if !by_machine => OutboundOutcome::Answered,
        // The machine got no message; or the contact answered and the agent could not talk, because no AI could be
        // reached, the stream failed or the contact hung up. A second call would disturb the contact again.
        _ => OutboundOutcome::Failed,
    })
}
