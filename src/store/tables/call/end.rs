//! Writes about the end of a call and its reason. `sid` is Twilio's id of the call.

use crate::domain::{CallEventKind, CallId, CallSid, ChangeKind, EndReason, Timestamp};
use crate::store::{Result, WriteTx};
use rusqlite::params;

impl WriteTx<'_> {
    /// Records that the agent has answered a recording at Twilio's recorder: unless the call ends in another way, its
    /// caller ended a conversation, and left no message. The reason for which a media stream broke stays.
    pub fn set_answered_at_recorder(&self, sid: &CallSid, at: Timestamp) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE calls SET end_reason = 'caller_hung_up', answered_at = coalesce(answered_at, ?2), updated_at = ?2
             WHERE call_sid = ?1 AND state <> 'ended' AND coalesce(end_reason, 'fallback') = 'fallback'",
        )?;
        if update.execute(params![sid, at])? > 0 {
            self.record_call(ChangeKind::CallUpdated, sid)?;
        }
        Ok(())
    }

    /// The value that the column `end_reason` gets for a reason. For the reasons `Robot`, `Silent` and `Unanswered`, also
    /// stores their event if that event is missing, because reads derive the reason from the event.
    fn stored_reason(&self, sid: &CallSid, reason: EndReason, at: Timestamp) -> Result<EndReason> {
        let event = match reason {
            EndReason::Robot => Some(CallEventKind::Robot),
            EndReason::Silent => Some(CallEventKind::SilentCaller),
            EndReason::Unanswered => Some(CallEventKind::Unanswered),
            _ => None,
        };
        if let Some(event) = event {
            if let Some((id, _)) = self.call_by_sid(sid)?
                && !self.has_call_event(id, event)?
            {
                self.insert_call_event(sid, event, None, at)?;
            }
            let is_by_caller = reason == EndReason::Unanswered;
            return Ok(if is_by_caller { EndReason::CallerHungUp } else { EndReason::AgentHungUp });
        }
        if reason != EndReason::EmployeeHungUp {
            return Ok(reason);
        }
        let mut query =
            self.conn.prepare_cached("SELECT 1 FROM calls WHERE call_sid = ?1 AND answered_at IS NOT NULL")?;
        Ok(if query.exists([sid])? { EndReason::AgentHungUp } else { EndReason::NotConnected })
    }

    /// Records why the agent's part of the call ended. The first reason is kept.
    pub fn set_end_reason(&self, sid: &CallSid, reason: EndReason, at: Timestamp) -> Result<()> {
        let reason = self.stored_reason(sid, reason, at)?;
        let mut update = self.conn.prepare_cached(
            "UPDATE calls SET end_reason = coalesce(end_reason, ?2), updated_at = ?3 WHERE call_sid = ?1",
        )?;
        update.execute(params![sid, reason, at])?;
        self.record_call(ChangeKind::CallUpdated, sid)
    }

    /// `duration_ms` is the duration that Twilio reported; without it, the duration counts from the answer or, if there
    /// was none, from the start. An end reason that is already stored is kept. Returns true if the call is stored and
    /// had not ended before. Of a call that had ended before, only a reported duration is stored.
    pub fn end_call(&self, sid: &CallSid, reason: EndReason, duration_ms: Option<i64>, at: Timestamp) -> Result<bool> {
        let reason = self.stored_reason(sid, reason, at)?;
        let mut update = self.conn.prepare_cached(
            "UPDATE calls SET state = 'ended', end_reason = coalesce(end_reason, ?2), ended_at = ?4,
                 duration_ms = coalesce(?3, CAST((julianday(?4) - julianday(coalesce(answered_at, started_at))) * 86400000 AS INTEGER)),
                 updated_at = ?4
             WHERE call_sid = ?1 AND state <> 'ended'",
        )?;
        let ended = update.execute(params![sid, reason, duration_ms, at])? > 0;
        if let (false, Some(duration)) = (ended, duration_ms) {
            let mut update = self.conn.prepare_cached("UPDATE calls SET duration_ms = ?2 WHERE call_sid = ?1")?;
            update.execute(params![sid, duration])?;
            self.record_call(ChangeKind::CallUpdated, sid)?;
        }
        if ended {
            self.record_call(ChangeKind::CallEnded, sid)?;
            self.apply_call_end(sid)?;
        }
        Ok(ended)
    }

    /// Replaces the end reason of a call that ended at Twilio's recorder: the reason for which its media stream had ended
    /// before, or a report of Twilio, which knows only that the caller hung up. Other reasons stay.
    pub fn set_end_at_recorder(&self, sid: &CallSid, reason: EndReason, at: Timestamp) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE calls SET end_reason = ?2, updated_at = ?3 WHERE call_sid = ?1
                 AND end_reason IN ('fallback', 'dropped', 'shutdown', 'interrupted', 'caller_hung_up', 'not_connected')",
        )?;
        if update.execute(params![sid, reason, at])? > 0 {
            self.record_call(ChangeKind::CallUpdated, sid)?;
            self.apply_call_end(sid)?;
        }
        Ok(())
    }

    /// Twilio does not report who ended a call, so a call that an employee ended through Twilio was stored as ended by
    /// the caller.
    pub fn set_ended_by_employee(&self, sid: &CallSid, at: Timestamp) -> Result<()> {
        let reason = self.stored_reason(sid, EndReason::EmployeeHungUp, at)?;
        let mut update = self.conn.prepare_cached(
            "UPDATE calls SET end_reason = ?2, updated_at = ?3 WHERE call_sid = ?1 AND end_reason = 'caller_hung_up'",
        )?;
        update.execute(params![sid, reason, at])?;
        self.record_call(ChangeKind::CallUpdated, sid)
    }

    /// Marks a newly stored call as ended and missed.
    pub fn end_missed_call(&self, id: CallId, duration_ms: i64) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE calls SET state = 'ended', end_reason = 'not_connected', missed = 1, duration_ms = ?2,
                 ended_at = strftime('%Y-%m-%dT%H:%M:%fZ', started_at, (?2 / 1000.0) || ' seconds') WHERE id = ?1",
        )?;
        update.execute(params![id, duration_ms])?;
        self.record_call_id(ChangeKind::CallEnded, id)?;
        let mut query = self.conn.prepare_cached("SELECT call_sid FROM calls WHERE id = ?1")?;
        let sid = query.query_row([id], |row| row.get::<_, CallSid>(0))?;
        self.apply_call_end(&sid)
    }
}
