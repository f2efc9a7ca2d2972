//! Writes to calls while they happen, and the reads that active calls and later jobs need. `sid` is Twilio's id of the
//! call.

use super::end_reason;
use crate::domain::{
    ActorId, BusinessId, Call, CallDirection, CallEventKind, CallId, CallMedium, CallSid, CallState, ChangeKind,
    ContactId, EndReason, EngineKind, LeadId, MessageId, Speaker, StreamSid, ThreadId, Timestamp, TurnLatency,
    WordTime,
};
use crate::store::{Error, ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, named_params, params};
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

#[derive(Clone, Debug)]
pub struct NewCall<'a> {
    pub business: BusinessId,
    pub call_sid: &'a CallSid,
    /// The contact's thread of calls.
    pub thread: ThreadId,
    pub contact: ContactId,
    pub direction: CallDirection,
    pub medium: CallMedium,
    /// The other party's number, or Twilio's word for a withheld one.
    pub peer_number: &'a str,
    pub own_number: &'a str,
    pub started_at: Timestamp,
}

#[derive(Clone, Debug)]
pub struct TurnUpdate<'a> {
    /// The engine's id of the turn. A later write with the same id replaces the turn, except for its position, its
    /// speaker and its start.
    pub item_id: &'a str,
    /// The turn's position in the conversation.
    pub seq: i64,
    pub speaker: Speaker,
    pub text: &'a str,
    /// The part of the text that the other party has heard.
    pub heard_text: &'a str,
    pub interrupted: bool,
    /// In milliseconds since the stream began.
    pub started_ms: u64,
    /// In milliseconds since the stream began; `None` if the turn has not ended.
    pub ended_ms: Option<u64>,
    /// When each word of the text was spoken, in milliseconds since the stream began; empty if the times are unknown.
    pub word_times: &'a [WordTime],
    pub latency: TurnLatency,
    pub tokens_in: i64,
    pub tokens_out: i64,
    /// Cost in millionths of a US dollar.
    pub cost_micros: i64,
}

/// A turn: the speaker, the text that the other party heard, and the start and end of the turn in milliseconds.
pub type TimedTurn = (Speaker, String, (i64, Option<i64>));

/// A call whose end has not been stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCall {
    pub call_sid: CallSid,
    pub state: CallState,
    pub started_at: Timestamp,
    pub updated_at: Timestamp,
}

impl ReadTx<'_> {
    pub fn call_by_sid(&self, sid: &CallSid) -> Result<Option<(CallId, CallState)>> {
        let mut query = self.conn.prepare_cached("SELECT id, state FROM calls WHERE call_sid = ?1")?;
        Ok(query.query_row([sid], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }

    /// `None` if no reason is stored.
    pub fn call_end(&self, sid: &CallSid) -> Result<Option<EndReason>> {
        let sql = format!("SELECT {} FROM calls WHERE call_sid = ?1", end_reason("calls"));
        let mut query = self.conn.prepare_cached(&sql)?;
        Ok(query.query_row([sid], |row| row.get(0)).optional()?.flatten())
    }

    pub fn open_calls(&self) -> Result<Vec<OpenCall>> {
        let mut query = self
            .conn
            .prepare_cached("SELECT call_sid, state, started_at, updated_at FROM calls WHERE state <> 'ended'")?;
        let rows = query.query_map([], |row| {
            let (call_sid, state) = (row.get(0)?, row.get(1)?);
            Ok(OpenCall { call_sid, state, started_at: row.get(2)?, updated_at: row.get(3)? })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Oldest turn first: the speaker, and the text that the other party heard. Turns of which nothing was heard are
    /// left out.
    pub fn heard_turns(&self, sid: &CallSid) -> Result<Vec<(Speaker, String)>> {
        let mut query = self.conn.prepare_cached(
            "SELECT iif(t.speaker = 'system' AND t.item_id GLOB 'employee:*', 'employee', t.speaker), t.heard_text
             FROM call_turns t JOIN calls c ON c.id = t.call_id
             WHERE c.call_sid = ?1 AND t.heard_text <> '' ORDER BY t.seq, t.id",
        )?;
        let rows = query.query_map([sid], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Like [`ReadTx::heard_turns`], with the start and end of each turn in milliseconds since the stream began, and
    /// without the prompts of voicemail. A turn at Twilio's recorder has only a start, which counts from the start of the
    /// call.
    pub fn timed_turns(&self, sid: &CallSid) -> Result<Vec<TimedTurn>> {
        let mut query = self.conn.prepare_cached(
            "SELECT iif(t.speaker = 'system' AND t.item_id GLOB 'employee:*', 'employee', t.speaker), t.heard_text,
                    t.started_ms, t.ended_ms
             FROM call_turns t JOIN calls c ON c.id = t.call_id
             WHERE c.call_sid = ?1 AND t.heard_text <> '' AND t.item_id NOT GLOB 'prompt.*' ORDER BY t.seq, t.id",
        )?;
        let rows = query.query_map([sid], |row| Ok((row.get(0)?, row.get(1)?, (row.get(2)?, row.get(3)?))))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub fn has_call_event(&self, call: CallId, kind: CallEventKind) -> Result<bool> {
        let mut query = self.conn.prepare_cached("SELECT 1 FROM call_events WHERE call_id = ?1 AND kind = ?2")?;
        Ok(query.exists(params![call, kind])?)
    }

    pub fn call_event_details(&self, call: CallId, kind: CallEventKind) -> Result<Vec<String>> {
        let sql = "SELECT detail FROM call_events WHERE call_id = ?1 AND kind = ?2 AND detail IS NOT NULL ORDER BY id";
        let mut query = self.conn.prepare_cached(sql)?;
        let details = query.query_map(params![call, kind], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        Ok(details)
    }

    /// The messages that events of this kind name in calls of a contact since `since`.
    pub fn messages_of_calls(
        &self,
        contact: ContactId,
        kind: CallEventKind,
        since: Timestamp,
    ) -> Result<Vec<(CallId, MessageId, String)>> {
        let mut query = self.conn.prepare_cached(
            "SELECT calls.id, m.id, m.content_text FROM calls JOIN call_events e ON e.call_id = calls.id
             JOIN messages m ON m.id = e.detail ->> 'message_id'
             WHERE calls.contact_id = ?1 AND e.kind = ?2 AND e.at > ?3",
        )?;
        let rows = query.query_map(params![contact, kind, since], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Only in calls that started after one day before `since`, because events are indexed only by call.
    pub fn call_events_since(&self, business: BusinessId, kind: CallEventKind, since: Timestamp) -> Result<i64> {
        let mut query = self.conn.prepare_cached(
            "SELECT count(*) FROM calls JOIN call_events e ON e.call_id = calls.id
             WHERE calls.business_id = ?1 AND calls.started_at > ?2 AND e.kind = ?3 AND e.at > ?4",
        )?;
        Ok(query.query_row(params![business, since.minus(DAY), kind, since], |row| row.get(0))?)
    }

    /// Returns true if the caller has heard the agent speak after the caller spoke. The prompts of voicemail answer
    /// nothing.
    pub fn caller_heard_answer(&self, call: CallId) -> Result<bool> {
        let mut query = self.conn.prepare_cached(
            "SELECT 1 FROM call_turns WHERE call_id = ?1 AND speaker = 'agent' AND heard_text <> ''
                 AND item_id NOT GLOB 'prompt.*'
                 AND seq > (SELECT min(seq) FROM call_turns WHERE call_id = ?1 AND speaker = 'caller')",
        )?;
        Ok(query.exists([call])?)
    }

    pub fn has_call_summary(&self, call: CallId) -> Result<bool> {
        let mut query = self.conn.prepare_cached("SELECT 1 FROM calls WHERE id = ?1 AND summary IS NOT NULL")?;
        Ok(query.exists([call])?)
    }

    /// Counts only incoming calls.
    pub fn has_later_call(&self, call: &Call) -> Result<bool> {
        let mut query = self.conn.prepare_cached(
            "SELECT 1 FROM calls WHERE contact_id = ?1 AND (started_at, id) > (?2, ?3) AND direction = 'in'",
        )?;
        Ok(query.exists(params![call.contact_id, call.started_at, call.id])?)
    }

    /// Returns true if a call of the contact has an event of this kind since `since`.
    pub fn contact_had_call_event(&self, contact: ContactId, kind: CallEventKind, since: Timestamp) -> Result<bool> {
        let mut query = self.conn.prepare_cached(
            "SELECT 1 FROM calls JOIN call_events e ON e.call_id = calls.id
             WHERE calls.contact_id = ?1 AND e.kind = ?2 AND e.at > ?3",
        )?;
        Ok(query.exists(params![contact, kind, since])?)
    }

    /// The number of answers, with the last one of the call, that the agent gave at Twilio's recorder.
    pub fn recorded_answers(&self, sid: &CallSid) -> Result<i64> {
        let mut query = self.conn.prepare_cached(
            "SELECT count(*) FROM call_turns t JOIN calls c ON c.id = t.call_id
             WHERE c.call_sid = ?1 AND t.speaker = 'agent' AND t.item_id GLOB 'RE*.*'",
        )?;
        Ok(query.query_row([sid], |row| row.get(0))?)
    }

    pub fn turn_text(&self, sid: &CallSid, item: &str) -> Result<Option<String>> {
        let mut query = self.conn.prepare_cached(
            "SELECT t.text FROM call_turns t JOIN calls c ON c.id = t.call_id WHERE c.call_sid = ?1 AND t.item_id = ?2",
        )?;
        Ok(query.query_row(params![sid, item], |row| row.get(0)).optional()?)
    }
}

impl WriteTx<'_> {
    /// Returns `None` if the call is already stored.
    pub fn insert_call(&self, new: &NewCall<'_>) -> Result<Option<CallId>> {
        let mut insert = self.conn.prepare_cached(
            concat!("INSERT INTO calls(id, business_id, call_sid, thread_id, contact_id, direction, medium, peer_number, own_number, state, started_at, updated_at)
             VALUES (", super::super::sql::new_id!("calls"), ",
                 :business, :sid, :thread, :contact, :direction, :medium, :peer, :own, 'ringing', :at, :at)
             ON CONFLICT (call_sid) DO NOTHING RETURNING id"),
        )?;
        let id = insert.query_row(
            named_params! {
                ":business": new.business, ":sid": new.call_sid, ":thread": new.thread, ":contact": new.contact,
                ":direction": new.direction, ":medium": new.medium, ":peer": new.peer_number, ":own": new.own_number, ":at": new.started_at,
            },
            |row| row.get(0),
        );
        let id: Option<CallId> = id.optional()?;
        if let Some(id) = id {
            self.record_in(ChangeKind::CallStarted, Some(new.thread), Some(id.0))?;
        }
        Ok(id)
    }

    /// The end of the call is stored separately, afterwards.
    pub fn set_call_blocked(&self, id: CallId) -> Result<()> {
        self.conn.prepare_cached("UPDATE calls SET blocked = 1 WHERE id = ?1")?.execute([id])?;
        Ok(())
    }

    /// Moves the thread of a call up in the list, without marking the thread as unread.
    pub fn bump_thread_quietly(&self, thread: ThreadId, at: Timestamp) -> Result<()> {
        let sql = "UPDATE threads SET last_message_at = max(coalesce(last_message_at, ''), ?2) WHERE id = ?1";
        self.conn.prepare_cached(sql)?.execute(params![thread, at])?;
        self.record_thread(thread)
    }

    /// Moves the thread of a new call up in the list and increments its unread count. Unarchives all threads of the
    /// contact.
    pub fn bump_thread_for_call(&self, thread: ThreadId, at: Timestamp) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE threads SET last_message_at = max(coalesce(last_message_at, ''), ?2), unread_count = unread_count + 1,
                 archived_at = NULL WHERE id = ?1",
        )?;
        update.execute(params![thread, at])?;
        self.set_archived(self.contact_of_thread(thread)?, None)
    }

    /// Called when the media stream is connected, so that caller and engine can talk. Does not change a call that has
    /// ended.
    pub fn set_call_live(
        &self,
        sid: &CallSid,
        stream: &StreamSid,
        engine: EngineKind,
        model: Option<&str>,
        at: Timestamp,
    ) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE calls SET state = 'live', stream_sid = ?2, engine = ?3, model = ?4,
                 answered_at = coalesce(answered_at, ?5), updated_at = ?5
             WHERE call_sid = ?1 AND state <> 'ended'",
        )?;
        update.execute(params![sid, stream, engine, model, at])?;
        self.record_call(ChangeKind::CallUpdated, sid)
    }

    pub fn set_call_engine(&self, sid: &CallSid, engine: EngineKind, model: Option<&str>, at: Timestamp) -> Result<()> {
        let mut update = self
            .conn
            .prepare_cached("UPDATE calls SET engine = ?2, model = ?3, updated_at = ?4 WHERE call_sid = ?1")?;
        update.execute(params![sid, engine, model, at])?;
        self.record_call(ChangeKind::CallUpdated, sid)
    }

    /// Does not change a call that has ended.
    pub fn set_call_state(&self, sid: &CallSid, state: CallState, at: Timestamp) -> Result<()> {
        let mut update = self
            .conn
            .prepare_cached("UPDATE calls SET state = ?2, updated_at = ?3 WHERE call_sid = ?1 AND state <> 'ended'")?;
        update.execute(params![sid, state, at])?;
        self.record_call(ChangeKind::CallUpdated, sid)
    }

    /// The column `end_reason` has no value for this reason, so the event records it, and the column gets
    /// `agent_hung_up` or `not_connected` (`stored_reason`).
    pub fn record_hang_up(&self, sid: &CallSid, by: ActorId, at: Timestamp) -> Result<()> {
        self.record_event_by(sid, CallEventKind::HungUpByEmployee, by, at)
    }

    /// Stores an event that `by` caused and that changes what the page shows of the call.
    pub fn record_event_by(&self, sid: &CallSid, kind: CallEventKind, by: ActorId, at: Timestamp) -> Result<()> {
        let detail = serde_json::json!({"by": by.to_string()}).to_string();
        self.record_shown_event(sid, kind, Some(&detail), at)
    }

    /// Stores an event that changes what the page shows of the call.
    pub fn record_shown_event(
        &self,
        sid: &CallSid,
        kind: CallEventKind,
        detail: Option<&str>,
        at: Timestamp,
    ) -> Result<()> {
        self.insert_call_event(sid, kind, detail, at)?;
        self.record_call(ChangeKind::CallUpdated, sid)
    }

    pub fn add_call_cost(&self, sid: &CallSid, micros: i64) -> Result<()> {
        let mut update =
            self.conn.prepare_cached("UPDATE calls SET cost_micros = cost_micros + ?2 WHERE call_sid = ?1")?;
        update.execute(params![sid, micros])?;
        self.record_call(ChangeKind::CallUpdated, sid)
    }

    /// Stores the transcribed message that the caller left. A further message is appended on a new line. Fails with
    /// [`Error::NotFound`] if the call is not stored.
    pub fn add_call_message(&self, sid: &CallSid, text: &str) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE calls SET message_text = iif(message_text IS NULL, ?2, message_text || char(10) || ?2)
             WHERE call_sid = ?1",
        )?;
        if update.execute(params![sid, text])? == 0 {
            return Err(Error::NotFound("call"));
        }
        self.record_call(ChangeKind::CallUpdated, sid)?;
        self.apply_call_end(sid)
    }

    /// The stored language is kept if `language` is `None`.
    pub fn set_call_summary(&self, sid: &CallSid, summary: &str, language: Option<&str>, at: Timestamp) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE calls SET summary = ?2, language = coalesce(?3, language), updated_at = ?4 WHERE call_sid = ?1",
        )?;
        update.execute(params![sid, summary, language, at])?;
        self.record_call(ChangeKind::CallUpdated, sid)
    }

    pub fn record_lead_of_call(&self, sid: &CallSid, lead: LeadId, at: Timestamp) -> Result<()> {
        self.insert_call_event(
            sid,
            CallEventKind::LeadFound,
            Some(&serde_json::json!({"lead": lead.0}).to_string()),
            at,
        )?;
        self.record_call(ChangeKind::CallUpdated, sid)
    }

    /// Does nothing if the call is not stored.
    pub fn put_turn(&self, sid: &CallSid, turn: &TurnUpdate<'_>, at: Timestamp) -> Result<()> {
        let mut put = self.conn.prepare_cached(include_str!("put_turn.sql"))?;
        put.execute(named_params! {
            ":sid": sid, ":seq": turn.seq, ":item": turn.item_id, ":speaker": turn.speaker, ":text": turn.text,
            ":heard": turn.heard_text, ":interrupted": turn.interrupted,
            ":started": i64::try_from(turn.started_ms).unwrap_or(i64::MAX),
            ":ended": turn.ended_ms.map(|ms| i64::try_from(ms).unwrap_or(i64::MAX)),
            ":partial": turn.latency.transcript_partial_ms, ":final": turn.latency.transcript_final_ms,
            ":created": turn.latency.response_created_ms, ":token": turn.latency.first_token_ms,
            ":delta": turn.latency.first_delta_ms,
            ":sent": turn.latency.first_sent_ms, ":played": turn.latency.first_played_ms,
            ":tokens_in": turn.tokens_in, ":tokens_out": turn.tokens_out, ":cost": turn.cost_micros,
            ":words": super::word_times::to_text(turn.word_times), ":at": at,
        })?;
        self.record_call(ChangeKind::TurnUpdated, sid)
    }

    /// Does nothing if the turn is not stored.
    pub fn set_turn_text(&self, sid: &CallSid, item: &str, text: &str) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE call_turns SET text = ?3, heard_text = ?3
             WHERE call_id = (SELECT id FROM calls WHERE call_sid = ?1) AND item_id = ?2",
        )?;
        if update.execute(params![sid, item, text])? == 0 {
            return Ok(());
        }
        self.record_call(ChangeKind::TurnUpdated, sid)
    }

    /// Appends a turn after all others, for a conversation at Twilio's recorder. A turn with a known `item` is not
    /// stored again.
    pub fn append_turn(&self, sid: &CallSid, item: &str, speaker: Speaker, text: &str, at: Timestamp) -> Result<()> {
        let mut append = self.conn.prepare_cached(
            "INSERT INTO call_turns(call_id, seq, item_id, speaker, text, heard_text, started_ms, created_at)
             SELECT id, 1 + coalesce((SELECT max(seq) FROM call_turns WHERE call_id = calls.id), 0), ?2, ?3, ?4, ?4,
                    max(0, CAST((julianday(?5) - julianday(started_at)) * 86400000 AS INTEGER)), ?5
             FROM calls WHERE call_sid = ?1
             ON CONFLICT (call_id, item_id) DO NOTHING",
        )?;
        append.execute(params![sid, item, speaker, text, at])?;
        self.record_call(ChangeKind::TurnUpdated, sid)
    }

    /// `detail` is JSON. Does nothing if the call is not stored.
    pub fn insert_call_event(
        &self,
        sid: &CallSid,
        kind: CallEventKind,
        detail: Option<&str>,
        at: Timestamp,
    ) -> Result<()> {
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO call_events(call_id, kind, detail, at) SELECT id, ?2, ?3, ?4 FROM calls WHERE call_sid = ?1",
        )?;
        insert.execute(params![sid, kind, detail, at])?;
        Ok(())
    }
}
