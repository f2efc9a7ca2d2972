//! Reports of Twilio that a machine has answered an outbound call, and what the machine got.

use crate::domain::{
    BuiltInTool, BusinessId, Call, CallEventKind, CallSid, CallState, OutboundOutcome, Speaker, Timestamp, ToolMethod,
    ToolUse,
};
use crate::store::{ReadTx, Result, WriteTx};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MachineReport {
    Recorded,
    /// The conversation so far shows that a person has answered. Nothing was changed.
    Ignored,
    /// It was recorded before, the call has ended, or it is not an outbound call. Nothing was changed.
    Unneeded,
}

/// Records that a machine has answered an outbound call. Twilio's detection takes seconds and may be wrong, so a report
/// about a conversation with a person is ignored.
pub fn record_machine(tx: &WriteTx<'_>, sid: &CallSid, now: Timestamp) -> Result<MachineReport> {
    let running = tx.stored_call(sid)?.filter(|call| call.state != CallState::Ended);
    let Some(call) = running else { return Ok(MachineReport::Unneeded) };
    if tx.outbound_call_by_sid(sid)?.is_none() || tx.has_call_event(call.id, CallEventKind::AnsweredByMachine)? {
        return Ok(MachineReport::Unneeded);
    }
    if is_conversation(tx, &call)? {
        return Ok(MachineReport::Ignored);
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

/// Returns true if the other party has replied twice to the agent, or if the agent has done something in the call. The
/// greeting of a machine can be several turns, but it does not wait for the agent.
fn is_conversation(tx: &ReadTx<'_>, call: &Call) -> Result<bool> {
    let own_tools = tx.agent_tools(BusinessId::FIRST)?;
    let has_effect = |tool: &ToolUse| match tool.name.parse::<BuiltInTool>() {
        Ok(built_in) => built_in.has_effect(),
        Err(_) => own_tools.iter().any(|own| own.name == tool.name && own.method == ToolMethod::Post),
    };
    let turns = tx.heard_turns(&call.call_sid)?;
    let (mut replies, mut is_reply) = (0, false);
    for (speaker, _) in &turns {
        match speaker {
            Speaker::Agent => is_reply = true,
            Speaker::Caller => replies += usize::from(std::mem::take(&mut is_reply)),
            Speaker::Employee | Speaker::Tool | Speaker::System => {}
        }
    }
    let mut tools =
        turns.iter().filter(|(speaker, _)| *speaker == Speaker::Tool).filter_map(|(_, text)| ToolUse::from_text(text));
    Ok(replies >= CONVERSATION_REPLIES || tools.any(|tool| tool.success().is_some() && has_effect(&tool)))
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

const CONVERSATION_REPLIES: usize = 2;
