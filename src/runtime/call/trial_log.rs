//! The log of a trial call: messages to the browser about the conversation. The call itself is not stored. The database
//! stores only the time at which the agent first answered in a trial call. The cost counts towards the daily limits.

use crate::call::{Activity, CallEvent, CallSession, ItemId, TurnRecord};
use crate::clock;
use crate::crm::setup;
use crate::domain::{CallSid, EndReason, Speaker, ToolUse, text_enum};
use crate::runtime::calls::TrialUsage;
use crate::store::Store;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// The interval between two reports of a sentence that is still being spoken.
const WORDS_INTERVAL: Duration = Duration::from_millis(100);

text_enum! {
    /// An end reason for the browser that only trial calls have.
    TrialEnd {
        LoggedOut = "logged_out",
        Shutdown = "shutdown",
        EngineFailed = "engine_failed",
    }
}

pub(super) struct TrialLog {
    usage: TrialUsage,
    store: Store,
    sid: CallSid,
    began: Instant,
    reports: Vec<Value>,
    /// The last report of each turn, used to skip unchanged reports.
    turns: HashMap<ItemId, Value>,
    activity: Option<Activity>,
    words_due: Instant,
    cost_micros: i64,
    /// True once the caller has said something.
    is_asked: bool,
    /// True once the caller has heard an answer.
    is_answered: bool,
    lost: Option<String>,
    /// The end reason, if the session did not decide the end.
    end: Option<TrialEnd>,
}

impl TrialLog {
    pub(super) fn new(usage: TrialUsage, store: Store, sid: CallSid) -> Self {
        let now = clock::instant();
        Self {
            usage,
            store,
            sid,
            began: now,
            reports: Vec::new(),
            turns: HashMap::new(),
            activity: None,
            words_due: now,
            cost_micros: 0,
            is_asked: false,
            is_answered: false,
            lost: None,
            end: None,
        }
    }

    /// Reports a turn if it has changed since its last report.
    pub(super) fn turn(&mut self, turn: &TurnRecord, is_final: bool) {
        if turn.speaker == Speaker::Tool {
            return self.tool(turn);
        }
        if is_final {
            self.note_answer(turn);
        }
        let report = json!({
            "event": "turn",
            "id": &*turn.item,
            "seq": turn.seq,
            "speaker": turn.speaker,
            "text": turn.text,
            "heard_text": turn.heard_text,
            "is_final": is_final,
            "interrupted": turn.interrupted,
            "started_ms": turn.started_ms,
            "latency_ms": turn.latency.first_sent_ms,
        });
        if self.turns.get(&turn.item) != Some(&report) {
            self.turns.insert(turn.item.clone(), report.clone());
            self.reports.push(report);
        }
    }

    /// Records that the agent has answered the caller. The set-up guide of the web page shows this as a completed step.
    fn note_answer(&mut self, turn: &TurnRecord) {
        let is_heard = !turn.heard_text.trim().is_empty();
        match turn.speaker {
            Speaker::Caller => self.is_asked |= !turn.text.trim().is_empty(),
            Speaker::Agent if self.is_asked && !self.is_answered && is_heard => {
                self.is_answered = true;
                let now = clock::now();
                self.store.write_soon(move |tx| setup::agent_answered(tx, now));
            }
            Speaker::Agent | Speaker::Tool | Speaker::System | Speaker::Employee => {}
        }
    }

    pub(super) fn event(&mut self, event: &CallEvent) {
        match event {
            CallEvent::Used(usage) => {
                self.cost_micros = self.cost_micros.saturating_add(usage.cost_micros);
                self.usage.add_cost(&self.sid, usage.cost_micros);
            }
            CallEvent::EngineLost { engine, reason } => {
                tracing::warn!(event = "ENGINE_LOST", call.sid = %self.sid, engine = engine.as_str(), reason, "Engine {} failed in trial call {}: {reason}", engine.as_str(), self.sid);
                self.lost = Some(reason.clone());
            }
            CallEvent::BargeIn { heard_ms } => self.reports.push(json!({"event": "barge_in", "heard_ms": heard_ms})),
            CallEvent::BargeInUndone { cause, paused_ms } => {
                self.reports.push(json!({"event": "barge_in_undone", "cause": cause.as_str(), "paused_ms": paused_ms}));
            }
            _ => {}
        }
    }

    /// Reports a tool when the agent starts to use it.
    fn tool(&mut self, turn: &TurnRecord) {
        let tool = ToolUse::from_text(&turn.text).filter(|tool| tool.output.is_none());
        self.reports.extend(tool.map(|tool| json!({"event": "tool", "name": tool.name})));
    }

    pub(super) fn set_end(&mut self, reason: TrialEnd) {
        self.end = Some(reason);
    }

    pub(super) fn ended(&mut self, reason: EndReason) {
        let words = match self.end {
            Some(TrialEnd::LoggedOut) => "the user is no longer logged in",
            Some(TrialEnd::Shutdown) => "the daemon stops",
            Some(TrialEnd::EngineFailed) | None => reason.words(),
        };
        let end = self.end.or_else(|| (reason == EndReason::Fallback).then_some(TrialEnd::EngineFailed));
        let reason = end.map_or(reason.as_str(), TrialEnd::as_str);
        tracing::info!(event = "TRIAL_CALL_ENDED", call.sid = %self.sid, end_reason = reason, "Trial call {} ended: {words}", self.sid);
        let duration_ms = u64::try_from((clock::instant() - self.began).as_millis()).unwrap_or(u64::MAX);
        self.reports.push(json!({
            "event": "ended",
            "reason": reason,
            "detail": self.lost.as_ref().filter(|_| end == Some(TrialEnd::EngineFailed)),
            "duration_ms": duration_ms,
            "cost_micros": self.cost_micros,
        }));
    }

    /// Includes the current activity and unfinished sentences.
    pub(super) fn take_reports(&mut self, session: &mut CallSession, now: Instant) -> Vec<String> {
        if !session.is_over() {
            let activity = session.activity(now);
            if self.activity != Some(activity) {
                self.activity = Some(activity);
                self.reports.push(json!({"event": "state", "state": name(activity)}));
            }
            if now >= self.words_due {
                self.words_due = now + WORDS_INTERVAL;
                for turn in session.open_turns(now) {
                    self.turn(&turn, false);
                }
            }
        }
        self.reports.drain(..).map(|report| report.to_string()).collect()
    }
}

const fn name(activity: Activity) -> &'static str {
    match activity {
        Activity::Connecting => "connecting",
        Activity::Listening => "listening",
        Activity::CallerSpeaking => "caller_speaking",
        Activity::Thinking => "thinking",
        Activity::Speaking => "speaking",
    }
}
