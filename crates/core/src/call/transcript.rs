//! The transcript of the conversation: what each side said, and what the caller heard.

mod conduct;
mod heard_prefix;
#[cfg(test)]
mod tests;

use super::playback::HeardPart;
use super::{CallerWords, HistoryTurn, ItemId, TurnRecord, Usage};
use crate::domain::{Speaker, ToolUse, TurnLatency, WordTime};
use heard_prefix::heard_prefix;
use std::time::{Duration, Instant};

/// The maximum number of turns that are kept as the context of a reopened engine.
const MAX_TURNS: usize = 200;

#[derive(Debug, Default)]
pub(super) struct Transcript {
    turns: Vec<Turn>,
    next_seq: i64,
    /// The stages of the reply to the caller's last speech.
    pending_reply: PendingReply,
    /// The position of the last turn that has been answered.
    answered_seq: i64,
    /// True once the caller has heard the agent or an employee. Built-in sentences do not count.
    is_heard: bool,
}

/// The times of the stages of a reply whose audio has not arrived yet.
#[derive(Debug, Default)]
struct PendingReply {
    /// When the caller stopped speaking; none once a reply has arrived, or if no reply is needed.
    speech_stopped: Option<Instant>,
    /// When the last partial transcript of the speech arrived.
    transcript_partial: Option<Instant>,
    transcript_final: Option<Instant>,
    response_created: Option<Instant>,
    first_token: Option<Instant>,
}

impl PendingReply {
    fn latency(&self, now: Instant) -> TurnLatency {
        let since = |stage| latency_ms(self.speech_stopped, stage);
        TurnLatency {
            transcript_partial_ms: since(self.transcript_partial),
            transcript_final_ms: since(self.transcript_final),
            response_created_ms: since(self.response_created),
            first_token_ms: since(self.first_token),
            first_delta_ms: since(Some(now)),
            ..TurnLatency::default()
        }
    }
}

#[derive(Debug)]
struct Turn {
    record: TurnRecord,
    /// The current engine's id of the item; none while the turn's audio is not yet replayed to a new engine.
    engine_item: Option<ItemId>,
    /// The time from which the latency of the reply is measured.
    latency_start: Option<Instant>,
    /// True once the full text is known.
    text_final: bool,
    /// True until a new engine, which hears the turn again, reports its first words. They replace the known text.
    is_heard_again: bool,
    /// True once nothing more of the turn will be spoken or heard. Late text of an utterance that was heard completely
    /// is still added to its heard part.
    closed: bool,
}

impl Transcript {
    pub(super) fn caller_started(&mut self, item: &ItemId, at_ms: u64) {
        self.turn(item, Speaker::Caller, at_ms);
        self.pending_reply = PendingReply::default();
    }

    /// Records a start of speech in audio that is replayed to a new engine. The item is assigned to the first turn that
    /// has no item of the new engine.
    pub(super) fn caller_started_in_replay(&mut self, item: &ItemId, at_ms: u64) {
        let mut unmapped = self.turns.iter_mut().filter(|turn| turn.engine_item.is_none());
        match unmapped.next() {
            Some(turn) => {
                turn.engine_item = Some(item.clone());
                turn.is_heard_again = true;
            }
            None => self.caller_started(item, at_ms),
        }
    }

    pub(super) fn caller_stopped(&mut self, item: &ItemId, at_ms: u64, now: Instant) {
        self.pending_reply.speech_stopped = Some(now);
        self.pending_reply.response_created = None;
        self.pending_reply.first_token = None;
        let record = &mut self.turn(item, Speaker::Caller, at_ms).record;
        record.ended_ms = Some(at_ms.max(record.started_ms));
    }

    /// Records text of the caller, which may arrive long after the reply. Returns the turn once its text is complete.
    pub(super) fn caller_text(
        &mut self,
        item: &ItemId,
        text: &str,
        is_final: bool,
        at_ms: u64,
        now: Instant,
    ) -> Option<TurnRecord> {
        self.trace_caller_text(item, is_final, now);
        let turn = self.turn(item, Speaker::Caller, at_ms);
        turn.add_text(text, is_final);
        turn.record.heard_text.clone_from(&turn.record.text);
        turn.record.ended_ms.get_or_insert(at_ms);
        turn.closed |= is_final;
        if is_final {
            turn.drop_wrong_times();
        }
        is_final.then(|| turn.record.clone())
    }

    /// Records when the words of a caller's turn were spoken. Returns the turn if its text was already complete.
    pub(super) fn caller_word_times(&mut self, item: &ItemId, times: Vec<WordTime>) -> Option<TurnRecord> {
        let turn = self.find(item).filter(|turn| turn.record.speaker == Speaker::Caller)?;
        turn.record.word_times = times;
        if !turn.text_final {
            return None;
        }
        turn.drop_wrong_times();
        (!turn.record.word_times.is_empty()).then(|| turn.record.clone())
    }

    /// Ignores transcripts of earlier turns.
    fn trace_caller_text(&mut self, item: &ItemId, is_final: bool, now: Instant) {
        let Some(last) = self.turns.iter().rposition(|turn| turn.record.speaker == Speaker::Caller) else { return };
        if !self.turns[last].is(item) || self.turns[last].text_final {
            return;
        }
        match self.turns[last..].iter_mut().find(|turn| turn.latency_start.is_some()) {
            // The transcript arrived after the reply.
            Some(reply) if is_final => {
                reply.record.latency.transcript_final_ms = latency_ms(reply.latency_start, Some(now));
            }
            Some(_) => {}
            None if is_final => self.pending_reply.transcript_final = Some(now),
            None => self.pending_reply.transcript_partial = Some(now),
        }
    }

    pub(super) fn caller_words(&mut self, item: &ItemId) -> &str {
        self.find(item).map_or("", |turn| &turn.record.text)
    }

    fn last_agent_turn(&self) -> Option<&Turn> {
        self.turns.iter().rev().find(|turn| turn.record.speaker == Speaker::Agent)
    }

    pub(super) fn last_agent_item(&self) -> Option<ItemId> {
        self.last_agent_turn().map(|turn| turn.record.item.clone())
    }

    pub(super) fn has_asked(&self) -> bool {
        self.last_agent_turn().is_some_and(|turn| turn.record.text.trim_end().ends_with(['?', '\u{61f}']))
    }

    pub(super) fn needs_no_reply(&mut self) {
        self.pending_reply.speech_stopped = None;
    }

    pub(super) fn response_started(&mut self, now: Instant) {
        self.pending_reply.response_created.get_or_insert(now);
    }

    pub(super) fn first_delta(&mut self, item: &ItemId, at_ms: u64, now: Instant) {
        let pending = std::mem::take(&mut self.pending_reply);
        let turn = self.turn(item, Speaker::Agent, at_ms);
        turn.latency_start = pending.speech_stopped;
        turn.record.latency = pending.latency(now);
    }

    /// Returns the milliseconds since the caller stopped speaking, if the caller had spoken.
    pub(super) fn first_sent(&mut self, item: &ItemId, now: Instant) -> Option<u64> {
        let turn = self.find(item)?;
        turn.record.latency.first_sent_ms = latency_ms(turn.latency_start, Some(now));
        turn.record.latency.first_sent_ms.and_then(|ms| u64::try_from(ms).ok())
    }

    /// Records that the caller started to hear the utterance `since` ago.
    pub(super) fn first_played(&mut self, item: &ItemId, since: Duration, now: Instant) {
        if let Some(turn) = self.find(item)
            && turn.record.latency.first_played_ms.is_none()
        {
            turn.record.latency.first_played_ms = latency_ms(turn.latency_start, now.checked_sub(since));
        }
    }

    /// Records that the model has begun to answer.
    pub(super) fn first_token(&mut self, now: Instant) {
        self.pending_reply.first_token.get_or_insert(now);
    }

    /// Records text of the agent, unless the turn was interrupted. Returns the turn if the text completes a turn that
    /// the caller has already heard.
    pub(super) fn agent_text(
        &mut self,
        item: &ItemId,
        text: &str,
        is_final: bool,
        at_ms: u64,
        now: Instant,
    ) -> Option<TurnRecord> {
        self.first_token(now);
        let turn = self.turn(item, Speaker::Agent, at_ms);
        if turn.latency_start.is_some() {
            turn.record.latency.first_token_ms =
                turn.record.latency.first_token_ms.or_else(|| latency_ms(turn.latency_start, Some(now)));
        }
        if turn.record.interrupted {
            return None;
        }
        turn.add_text(text, is_final);
        if turn.closed {
            turn.record.heard_text.clone_from(&turn.record.text);
        }
        (is_final && turn.closed).then(|| turn.record.clone())
    }

    pub(super) fn tool_started(&mut self, id: &str, tool: &ToolUse, at_ms: u64) -> TurnRecord {
        let turn = self.turn(&tool_item(id), Speaker::Tool, at_ms);
        (turn.closed, turn.text_final) = (true, true);
        turn.set_tool(tool);
        turn.record.clone()
    }

    pub(super) fn hint(&mut self, text: &str, at_ms: u64) -> TurnRecord {
        let item = format!("hint:{}", self.next_seq + 1).into();
        let turn = self.turn(&item, Speaker::System, at_ms);
        (turn.closed, turn.text_final) = (true, true);
        text.clone_into(&mut turn.record.text);
        text.clone_into(&mut turn.record.heard_text);
        turn.record.ended_ms = Some(at_ms);
        turn.record.clone()
    }

    pub(super) fn employee_started(&mut self, name: &str, at_ms: u64) -> TurnRecord {
        self.is_heard = true;
        let item = format!("employee:{}", self.next_seq + 1).into();
        let turn = self.turn(&item, Speaker::Employee, at_ms);
        turn.text_final = true;
        name.clone_into(&mut turn.record.text);
        name.clone_into(&mut turn.record.heard_text);
        turn.record.clone()
    }

    pub(super) fn employee_stopped(&mut self, item: &ItemId, at_ms: u64) -> Option<TurnRecord> {
        let turn = self.find(item)?;
        turn.closed = true;
        turn.record.ended_ms = Some(at_ms);
        Some(turn.record.clone())
    }

    pub(super) fn tool_finished(&mut self, id: &str, output: &str, at_ms: u64) -> Option<TurnRecord> {
        let turn = self.find(&tool_item(id))?;
        let tool = ToolUse::from_text(&turn.record.text)?.with_output(output);
        turn.set_tool(&tool);
        turn.record.ended_ms = Some(at_ms);
        Some(turn.record.clone())
    }

    /// Returns the turn if its text is known.
    pub(super) fn heard(&mut self, item: &ItemId, at_ms: u64) -> Option<TurnRecord> {
        let turn = self.turns.iter_mut().rev().find(|turn| turn.is(item))?;
        self.is_heard = true;
        turn.closed = true;
        turn.record.ended_ms = Some(at_ms);
        turn.record.heard_text.clone_from(&turn.record.text);
        turn.text_final.then(|| turn.record.clone())
    }

    /// Records an interruption of an utterance, of which the caller heard `heard` of `received` bytes.
    pub(super) fn interrupt(&mut self, item: &ItemId, heard: u64, received: u64, at_ms: u64) -> Option<TurnRecord> {
        let turn = self.turns.iter_mut().rev().find(|turn| turn.is(item))?;
        self.is_heard |= heard > 0;
        turn.closed = true;
        turn.text_final = true;
        turn.record.interrupted = true;
        turn.record.ended_ms = Some(at_ms);
        turn.record.heard_text = heard_prefix(&turn.record.text, heard, received).to_owned();
        Some(turn.record.clone())
    }

    pub(super) fn forget(&mut self, item: &ItemId) {
        self.turns.retain(|turn| !turn.is(item));
    }

    pub(super) fn has(&self, item: &ItemId) -> bool {
        self.turns.iter().any(|turn| turn.is(item))
    }

    /// Returns the words of all unanswered turns of the caller, if the text of the turn `item` is final.
    pub(super) fn final_unanswered_words(&self, item: &ItemId) -> Option<String> {
        self.turns.iter().rev().find(|turn| turn.is(item)).filter(|turn| turn.text_final)?;
        let unanswered = self.turns.iter().filter(|turn| turn.is_unanswered(self.answered_seq));
        let texts: Vec<&str> = unanswered.map(|turn| turn.record.text.as_str()).collect();
        Some(texts.join(" "))
    }

    /// Returns the turn if it was already complete.
    pub(super) fn add_usage(&mut self, item: &ItemId, usage: Usage) -> Option<TurnRecord> {
        let turn = self.find(item)?;
        turn.record.usage = usage;
        turn.closed.then(|| turn.record.clone())
    }

    /// Returns the turns that were still open, in their final state.
    pub(super) fn close(&mut self, at_ms: u64) -> Vec<TurnRecord> {
        let open = self.turns.iter_mut().filter(|turn| !turn.closed || !turn.text_final);
        open.map(|turn| {
            turn.drop_wrong_times();
            turn.record.ended_ms.get_or_insert(at_ms);
            if turn.record.speaker == Speaker::Agent && turn.closed {
                turn.record.heard_text.clone_from(&turn.record.text);
            }
            (turn.closed, turn.text_final) = (true, true);
            turn.record.clone()
        })
        .collect()
    }

    /// Returns the turns that can still change, in their current state. `playing` is the heard part of the utterance
    /// that is being played.
    pub(super) fn open_turns(&self, playing: Option<&HeardPart>) -> Vec<TurnRecord> {
        let open = self.turns.iter().filter(|turn| !turn.closed || !turn.text_final);
        open.map(|turn| {
            let mut record = turn.record.clone();
            if let Some(part) = playing.filter(|part| turn.is(&part.item) && !turn.closed) {
                record.heard_text = heard_prefix(&record.text, part.heard, part.received).to_owned();
            }
            record
        })
        .collect()
    }

    pub(super) fn answered(&mut self) {
        self.answered_seq = self.next_seq;
    }

    /// Prepares the caller's unanswered turns for their replay to a new engine, which assigns new items to them.
    pub(super) fn replay_unanswered(&mut self) {
        let answered = self.answered_seq;
        for turn in self.turns.iter_mut().filter(|turn| turn.is_unanswered(answered)) {
            turn.engine_item = None;
        }
    }

    /// If `replays` is true, leaves out the caller's turns whose audio is replayed to the engine.
    pub(super) fn history(&self, replays: bool) -> Vec<HistoryTurn> {
        let answered = self.answered_seq;
        let mut turns: Vec<_> = self.turns.iter().filter(|turn| !replays || !turn.is_unanswered(answered)).collect();
        turns.sort_by_key(|turn| turn.record.seq);
        let entries =
            turns.into_iter().map(|turn| HistoryTurn { speaker: turn.record.speaker, text: turn.spoken().to_owned() });
        entries.filter(|entry| !entry.text.is_empty()).collect()
    }

    pub(super) fn is_heard(&self) -> bool {
        self.is_heard
    }

    /// Returns true if the caller has heard the utterance to its end.
    pub(super) fn was_heard(&self, item: &ItemId) -> bool {
        self.turns.iter().any(|turn| turn.is(item) && turn.closed)
    }

    pub(super) fn words_so_far(&self) -> CallerWords {
        CallerWords { turns: self.history(false), is_pending: self.has_pending_words() }
    }

    pub(super) fn has_pending_words(&self) -> bool {
        let of_caller = self.turns.iter().filter(|turn| turn.record.speaker == Speaker::Caller);
        of_caller.max_by_key(|turn| turn.record.seq).is_some_and(|turn| !turn.text_final)
    }

    /// Returns the caller's last words, at least two: a single word, such as "OK", does not show the caller's language.
    pub(super) fn last_sentence_of_caller(&self) -> Option<&str> {
        let of_caller = self.turns.iter().rev().filter(|turn| turn.record.speaker == Speaker::Caller);
        of_caller.map(|turn| turn.record.text.as_str()).find(|text| text.split_whitespace().nth(1).is_some())
    }

    /// Returns true if the text of each turn of the caller is complete.
    pub(super) fn is_caller_transcribed(&self) -> bool {
        self.turns.iter().all(|turn| turn.record.speaker != Speaker::Caller || turn.text_final)
    }

    fn find(&mut self, item: &ItemId) -> Option<&mut Turn> {
        self.turns.iter_mut().rev().find(|turn| turn.is(item))
    }

    /// Returns the turn of this item, or appends a new turn.
    fn turn(&mut self, item: &ItemId, speaker: Speaker, at_ms: u64) -> &mut Turn {
        let known = self.turns.iter().rposition(|turn| turn.is(item));
        let at = known.unwrap_or_else(|| {
            if self.turns.len() >= MAX_TURNS {
                let oldest = self.turns.iter().position(|turn| turn.closed && turn.text_final).unwrap_or(0);
                self.turns.remove(oldest);
            }
            self.next_seq += 1;
            self.turns.push(Turn {
                record: TurnRecord {
                    item: item.clone(),
                    seq: self.next_seq,
                    speaker,
                    text: String::new(),
                    heard_text: String::new(),
                    interrupted: false,
                    started_ms: at_ms,
                    ended_ms: None,
                    word_times: Vec::new(),
                    latency: TurnLatency::default(),
                    usage: Usage::default(),
                },
                engine_item: Some(item.clone()),
                latency_start: None,
                text_final: false,
                is_heard_again: false,
                closed: false,
            });
            self.turns.len() - 1
        });
        &mut self.turns[at]
    }
}

/// Returns the item of the turn of the tool call `id`; no engine has an item with this name.
pub fn tool_item(id: &str) -> ItemId {
    format!("tool:{id}").into()
}

impl Turn {
    fn set_tool(&mut self, tool: &ToolUse) {
        self.record.text = tool.to_text();
        self.record.heard_text.clone_from(&self.record.text);
    }

    fn is(&self, item: &ItemId) -> bool {
        self.engine_item.as_ref() == Some(item)
    }

    /// Returns the part of the text that was heard; the whole text while the agent is still speaking.
    fn spoken(&self) -> &str {
        let is_open = self.record.speaker == Speaker::Agent && !self.closed;
        if is_open { &self.record.text } else { &self.record.heard_text }
    }

    fn is_unanswered(&self, answered_seq: i64) -> bool {
        self.record.speaker == Speaker::Caller && self.record.seq > answered_seq
    }

    /// Drops word times that do not belong to the words of the text.
    fn drop_wrong_times(&mut self) {
        let times = &mut self.record.word_times;
        let is_ordered = times.iter().all(|time| time.start_ms <= time.end_ms)
            && times.windows(2).all(|pair| pair[0].start_ms <= pair[1].start_ms);
        if !is_ordered || times.len() != self.record.text.split_whitespace().count() {
            times.clear();
        }
    }

    fn add_text(&mut self, text: &str, is_final: bool) {
        if self.text_final {
            return;
        }
        // An engine that hears the speech again may not recognise its words.
        let keeps_known_words = self.is_heard_again && text.trim().is_empty();
        if !keeps_known_words {
            if std::mem::take(&mut self.is_heard_again) || is_final {
                self.record.text.clear();
            }
            self.record.text.push_str(text);
        }
        self.text_final = is_final;
    }
}

fn latency_ms(from: Option<Instant>, to: Option<Instant>) -> Option<i64> {
    let passed = to?.saturating_duration_since(from?);
    i64::try_from(passed.as_millis()).ok()
}
