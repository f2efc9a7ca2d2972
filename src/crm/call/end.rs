//! The end of a call, and of its media stream.

use super::{IncomingCall, find_or_create};
use crate::crm::outbound_call::is_without_conversation;
use crate::crm::{call_notice, call_review, call_summary, caller_text};
use crate::domain::{CallEventKind, CallSid, CallState, EndReason, EngineKind, StreamSid, Timestamp};
use crate::store::{ReadTx, Result, WriteTx};
use phonenumber::country;
use serde::{Deserialize, Serialize};

/// Queues no jobs if no user has to know of the call.
pub fn end(tx: &WriteTx<'_>, sid: &CallSid, reason: EndReason, duration_ms: Option<i64>, at: Timestamp) -> Result<()> {
    tx.end_call(sid, reason, duration_ms, at)?;
    if has_no_consequences(tx, sid)? {
        return Ok(());
    }
    caller_text::queue_after_call(tx, sid, at)?;
    queue_work_after_call(tx, sid, at)
}

/// Returns true if no user has to know of the call: its caller is blocked, was a machine or never said a word, or the
/// agent called and reached no person.
fn has_no_consequences(tx: &ReadTx<'_>, sid: &CallSid) -> Result<bool> {
    let is_unwanted = matches!(tx.call_end(sid)?, Some(EndReason::Blocked | EndReason::Robot | EndReason::Silent));
    Ok(is_unwanted || is_without_conversation(tx, sid)?)
}

fn queue_work_after_call(tx: &WriteTx<'_>, sid: &CallSid, now: Timestamp) -> Result<()> {
    call_review::queue(tx, sid, now)?;
    call_summary::queue(tx, sid, now)?;
    call_notice::queue(tx, sid, now)
}

/// Ends a call at Twilio's recorder: the caller has left a message, or the AI has said goodbye.
pub fn end_at_recorder(tx: &WriteTx<'_>, sid: &CallSid, reason: EndReason, at: Timestamp) -> Result<()> {
    tx.set_end_at_recorder(sid, reason, at)?;
    end(tx, sid, reason, None, at)
}

/// Records that the AI has answered what the caller said to Twilio's recorder.
pub fn answer_at_recorder(tx: &WriteTx<'_>, sid: &CallSid, at: Timestamp) -> Result<()> {
    tx.set_answered_at_recorder(sid, at)
}

/// Ends a call that is rejected because a human agent's phone forwarded it back. It counts as blocked, because its caller
/// is in the call that was forwarded; no job is queued for it.
pub fn end_looped(tx: &WriteTx<'_>, sid: &CallSid, at: Timestamp) -> Result<()> {
    if let Some((id, _)) = tx.call_by_sid(sid)? {
        tx.set_call_blocked(id)?;
    }
    tx.end_call(sid, EndReason::NotConnected, None, at)?;
    Ok(())
}

/// Ends a call whose end was not reported when the call ended. Its caller gets no message, which would arrive too late.
pub fn end_unreported(
    tx: &WriteTx<'_>,
    sid: &CallSid,
    reason: EndReason,
    duration_ms: Option<i64>,
    ended_at: Timestamp,
    now: Timestamp,
) -> Result<()> {
    let is_new = tx.end_call(sid, reason, duration_ms, ended_at)?;
    if !is_new || has_no_consequences(tx, sid)? {
        return Ok(());
    }
    queue_work_after_call(tx, sid, now)
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EndedStream {
    pub sid: CallSid,
    /// The call as its webhook described it, if it could not be stored then.
    pub unstored: Option<IncomingCall>,
    pub started_at: Timestamp,
    /// The conversation; `None` if no engine was connected with the caller.
    pub conversation: Option<Conversation>,
    pub reason: EndReason,
    pub state: CallState,
    pub at: Timestamp,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Conversation {
    pub stream: StreamSid,
    /// The last engine of the conversation.
    pub engine: EngineKind,
    pub model: Option<String>,
    pub at: Timestamp,
}

/// If the call could not be stored before, because the disk was full, stores it with the data that is known.
pub fn end_stream(tx: &WriteTx<'_>, ended: &EndedStream, country: country::Id) -> Result<()> {
    let EndedStream { sid, unstored, started_at, conversation, reason, state, at } = ended;
    let known = tx.stored_call(sid)?;
    if let (Some(call), None) = (unstored, &known) {
        find_or_create(tx, call, country, *started_at)?;
    }
    // The disk can become full between the start of the call and the start of the conversation.
    if let (Some(Conversation { stream, engine, model, at }), true) =
        (conversation, known.is_none_or(|call| call.answered_at.is_none()))
    {
        tx.set_call_live(sid, stream, *engine, model.as_deref(), *at)?;
        tx.insert_call_event(sid, CallEventKind::StoredLate, None, *at)?;
    }
    tx.set_end_reason(sid, *reason, *at)?;
    if !matches!(reason, EndReason::Robot | EndReason::Silent) {
        call_review::queue(tx, sid, *at)?;
    }
    if *state == CallState::Ended { end(tx, sid, *reason, None, *at) } else { tx.set_call_state(sid, *state, *at) }
}

/// Returns true if the end of a call's stream is stored. If the call was stored and has been erased since, its end
/// counts as stored.
pub fn is_stream_end_stored(tx: &ReadTx<'_>, ended: &EndedStream) -> Result<bool> {
    Ok(tx.stored_call(&ended.sid)?.map_or(ended.unstored.is_none(), |call| call.end_reason.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{CallFacts, CallOutcome, JobKind, Speaker};
    use crate::store::testing::{database, try_out};

    fn ended(unstored: bool) -> EndedStream {
        let sid: CallSid = format!("CA{:032x}", 1).parse().unwrap();
        let call = IncomingCall { from: "+972501234567".into(), ..IncomingCall::by_sid(sid.clone()) };
        let started_at = Timestamp::from_millis(1_795_000_000_000);
        EndedStream {
            sid,
            unstored: unstored.then_some(call),
            started_at,
            conversation: None,
            reason: EndReason::CallerHungUp,
            state: CallState::Ended,
            at: started_at.plus(std::time::Duration::from_secs(9)),
        }
    }

    fn stored(ended: &EndedStream) -> Option<(Timestamp, Option<EndReason>)> {
        let (_folder, conn) = database();
        let stored = try_out(&conn, |tx| {
            assert_eq!(is_stream_end_stored(tx, ended)?, ended.unstored.is_none());
            end_stream(tx, ended, country::IL)?;
            assert!(is_stream_end_stored(tx, ended)?);
            tx.stored_call(&ended.sid)
        });
        stored.map(|call| (call.started_at, call.end_reason))
    }

    #[test]
    fn a_call_that_could_not_be_stored_is_stored_with_its_end() {
        let ended = ended(true);
        assert_eq!(stored(&ended), Some((ended.started_at, Some(EndReason::CallerHungUp))));
    }

    #[test]
    fn a_conversation_without_a_transcript_leaves_no_caller_without_help() {
        for (conversation, was_left) in
            [(None, true), (Some(EngineKind::Voicemail), true), (Some(EngineKind::Realtime), false)]
        {
            let mut ended = ended(true);
            ended.conversation = conversation.map(|engine| Conversation {
                stream: format!("MZ{:032x}", 1).parse().unwrap(),
                engine,
                model: None,
                at: ended.started_at,
            });
            let (_folder, conn) = database();
            try_out(&conn, |tx| {
                end_stream(tx, &ended, country::IL)?;
                let call = tx.stored_call(&ended.sid)?.unwrap();
                assert_eq!(caller_text::was_left_without_help(tx, &call)?, was_left, "{conversation:?}");
                Ok(())
            });
        }
    }

    #[test]
    fn a_caller_who_heard_nothing_of_the_agent_is_missed() {
        let mut ended = EndedStream { reason: EndReason::Unanswered, ..ended(true) };
        ended.conversation = Some(Conversation {
            stream: format!("MZ{:032x}", 1).parse().unwrap(),
            engine: EngineKind::Pipeline,
            model: None,
            at: ended.started_at,
        });
        let (_folder, conn) = database();
        try_out(&conn, |tx| {
            end_stream(tx, &ended, country::IL)?;
            // Twilio's own report comes later.
            tx.end_call(&ended.sid, EndReason::CallerHungUp, Some(9000), ended.at)?;
            let call = tx.stored_call(&ended.sid)?.unwrap();
            assert_eq!(call.end_reason, Some(EndReason::Unanswered));
            assert_eq!(CallFacts::from(&call).outcome(), CallOutcome::Missed);
            Ok(())
        });
    }

    #[test]
    fn a_goodbye_at_the_recorder_is_reviewed_after_the_stream_was_reviewed() {
        let ended = EndedStream { reason: EndReason::Dropped, state: CallState::Live, ..ended(true) };
        let (_folder, conn) = database();
        try_out(&conn, |tx| {
            end_stream(tx, &ended, country::IL)?;
            let reviews = tx.waiting_jobs(JobKind::ReviewCall)?;
            tx.append_turn(&ended.sid, &format!("RE{:032x}.goodbye", 1), Speaker::Agent, "goodbye", ended.at)?;
            end_at_recorder(tx, &ended.sid, EndReason::AgentHungUp, ended.at)?;
            assert_eq!(tx.waiting_jobs(JobKind::ReviewCall)?, reviews + 1);
            Ok(())
        });
    }

    #[test]
    fn a_message_at_the_recorder_is_the_end_of_a_call_whose_stream_failed() {
        for (reason, ended_there, outcome) in [
            (EndReason::Fallback, EndReason::MessageTaken, CallOutcome::Message),
            (EndReason::Dropped, EndReason::MessageTaken, CallOutcome::Message),
            (EndReason::Shutdown, EndReason::AgentHungUp, CallOutcome::Answered),
            (EndReason::Transferred, EndReason::MessageTaken, CallOutcome::Transferred),
        ] {
            let ended = EndedStream { reason, state: CallState::Live, ..ended(true) };
            let (_folder, conn) = database();
            try_out(&conn, |tx| {
                end_stream(tx, &ended, country::IL)?;
                end_at_recorder(tx, &ended.sid, ended_there, ended.at)?;
                let call = tx.stored_call(&ended.sid)?.unwrap();
                assert_eq!(CallFacts::from(&call).outcome(), outcome, "{reason:?}");
                assert!(!caller_text::was_left_without_help(tx, &call)?, "{reason:?}");
                for job in [JobKind::ReviewCall, JobKind::SummarizeCall, JobKind::NotifyOwner] {
                    assert!(tx.has_open_call_job(job, &ended.sid)?, "{job}");
                }
                Ok(())
            });
        }
    }

    #[test]
    fn a_call_whose_end_was_not_reported_is_reviewed() {
        let ended = EndedStream { state: CallState::Live, ..ended(true) };
        let (_folder, conn) = database();
        try_out(&conn, |tx| {
            find_or_create(tx, ended.unstored.as_ref().unwrap(), country::IL, ended.started_at)?;
            end_unreported(tx, &ended.sid, EndReason::Interrupted, None, ended.at, ended.at)?;
            assert!(tx.has_open_call_job(JobKind::ReviewCall, &ended.sid)?);
            Ok(())
        });
    }

    #[test]
    fn the_prompt_of_voicemail_answers_nothing() {
        for (item, was_left) in [("prompt.1", true), ("item_1", false)] {
            let ended = ended(true);
            let (_folder, conn) = database();
            try_out(&conn, |tx| {
                end_stream(tx, &ended, country::IL)?;
                tx.append_turn(&ended.sid, "caller.1", Speaker::Caller, "שלום", ended.at)?;
                tx.append_turn(&ended.sid, item, Speaker::Agent, "נא להשאיר הודעה", ended.at)?;
                let call = tx.stored_call(&ended.sid)?.unwrap();
                assert_eq!(caller_text::was_left_without_help(tx, &call)?, was_left, "{item}");
                Ok(())
            });
        }
    }

    #[test]
    fn a_call_that_was_erased_is_not_stored_again() {
        assert_eq!(stored(&ended(false)), None);
    }
}
