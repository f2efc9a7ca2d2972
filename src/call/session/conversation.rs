//! The conversation: what the engine tells, what the caller does, and the silences in between.

use super::{CallSession, Phase, RunningTool, is_clip, written};
use crate::audio::EncodedAudio;
use crate::call::playback::Source;
use crate::call::timers::Timer;
use crate::call::{
    After, CallEvent, Clip, EngineCommand, EngineEvent, ItemId, Output, ResponseId, ResponseOutcome, Usage, Wish,
};
use crate::domain::EndReason;
use std::time::{Duration, Instant};

/// A line that brings nothing for so long within speech has a hole.
const MEDIA_GAP: Duration = Duration::from_millis(750);
/// What the engine then hears, again and again while the line stays silent.
const GAP_FILL_MS: u64 = 1000;
/// Who speaks into so many of them does not speak any more, whatever the engine thinks.
const MAX_GAP_FILLS: u32 = 10;
/// Keys pressed within this time are one answer.
const KEYS_PAUSE: Duration = Duration::from_millis(1500);
/// The most keys that are one answer.
const MAX_KEYS: usize = 32;
/// An engine that has not even begun to answer by then is lost.
const BEGINS: Duration = Duration::from_secs(5);
/// An engine that has begun to answer and says nothing for longer is lost.
const MUTE: Duration = Duration::from_secs(8);
/// A tool that takes longer is covered by a sentence.
const FILLER_AFTER: Duration = Duration::from_millis(900);
/// The most tools that run at once.
const MAX_TOOLS: usize = 8;
/// Tools that are remembered, so that none is run twice.
const KEEP_TOOLS: usize = 64;
/// Refusals of the engine that are written down. It may refuse more, but that is no news.
const MAX_WARNINGS: u32 = 50;
/// How often we ask whether the caller is still there.
const IDLE_PROMPTS: u32 = 2;

impl CallSession {
    pub(super) fn engine_event(&mut self, event: EngineEvent, now: Instant) {
        match event {
            EngineEvent::AudioDelta { response, item, audio } => self.agent_audio(response, item, &audio, now),
            EngineEvent::AudioDone { item } => self.playback.finish(&item),
            EngineEvent::AgentText { response, item, text, is_final } => {
                self.agent_text(&response, &item, &text, is_final, now);
            }
            EngineEvent::Ready => self.engine_ready(now),
            EngineEvent::SpeechStarted { item } => self.speech_started(&item, now),
            EngineEvent::SpeechStopped { item } => self.speech_stopped(&item, now),
            EngineEvent::CallerText { item, text, is_final } => self.caller_text(&item, &text, is_final, now),
            EngineEvent::ResponseStarted { response } => self.response_started(response, now),
            EngineEvent::ResponseDone { response, outcome, usage } => {
                self.response_done(&response, outcome, usage, now);
            }
            EngineEvent::ToolCall { id, name, arguments } => self.tool_call(id, name, arguments, now),
            EngineEvent::MessageStarted => {
                self.message_taken = true;
                let at_ms = self.stream_ms(now);
                self.event(CallEvent::MessageStarted { at_ms });
            }
            EngineEvent::Finished { message_taken } => {
                let reason = if message_taken { EndReason::MessageTaken } else { EndReason::Idle };
                self.finish(reason, After::HangUp, now);
            }
            EngineEvent::Warning { code } => {
                if code == ALREADY_ACTIVE {
                    self.responses.refused();
                }
                self.warn(code);
            }
            EngineEvent::Failed { retry, reason } => self.engine_failed(retry, reason, now),
        }
    }

    fn agent_audio(&mut self, response: ResponseId, item: ItemId, audio: &EncodedAudio, now: Instant) {
        if self.responses.is_cut(&response) {
            return;
        }
        self.engine.strikes = 0;
        let source = Source { engine: Some(self.engine.number), response: Some(response.clone()), item };
        if self.playback.enqueue(&source, audio) {
            let at_ms = self.stream_ms(now);
            self.newest = Some((response, source.item.clone()));
            self.transcript.first_delta(&source.item, at_ms, now);
        }
        self.timers.cancel(Timer::Idle);
        self.timers.cancel(Timer::Filler);
        if self.responses.is_answering() && !self.responses.is_asked() {
            self.expect_answer(now + MUTE);
        }
    }

    fn agent_text(&mut self, response: &ResponseId, item: &ItemId, text: &str, is_final: bool, now: Instant) {
        if self.responses.is_cut(response) {
            return;
        }
        let at_ms = self.stream_ms(now);
        let turn = self.transcript.agent_text(item, text, is_final, at_ms);
        self.outputs.extend(turn.map(written));
    }

    fn speech_started(&mut self, item: &ItemId, now: Instant) {
        let at_ms = self.stream_ms(now);
        self.is_speaking = true;
        self.idle_prompts = 0;
        self.timers.cancel(Timer::Idle);
        self.timers.cancel(Timer::Mute);
        self.gap_fills = 0;
        self.timers.set(Timer::MediaGap, now + MEDIA_GAP);
        self.transcript.caller_started(item, at_ms);
        self.barge_in(self.engine().caps().cancels_on_speech, now);
    }

    fn speech_stopped(&mut self, item: &ItemId, now: Instant) {
        let at_ms = self.stream_ms(now);
        self.is_speaking = false;
        self.timers.cancel(Timer::MediaGap);
        self.transcript.caller_stopped(item, at_ms, now);
        if matches!(self.phase, Phase::Live) && !self.engine().caps().ends_the_call {
            self.responses.expect();
        }
        self.expect_beginning(now);
    }

    /// The engine now owes an answer, and is lost if it does not begin one soon.
    pub(super) fn expect_beginning(&mut self, now: Instant) {
        self.expect_answer(now + BEGINS);
    }

    /// The engine has answered, unless it owes another answer already.
    fn is_not_mute(&mut self) {
        if !self.responses.is_asked() {
            self.timers.cancel(Timer::Mute);
        }
    }

    /// Whatever the engine is about, it must come to something.
    pub(super) fn expect_what_is_owed(&mut self, now: Instant) {
        if self.responses.is_busy() {
            self.expect_answer(now + MUTE);
        }
    }

    fn expect_answer(&mut self, by: Instant) {
        if matches!(self.phase, Phase::Live) && !self.engine().caps().ends_the_call {
            self.timers.set(Timer::Mute, by);
        }
    }

    fn response_started(&mut self, response: ResponseId, now: Instant) {
        self.responses.started(&response);
        if self.is_speaking {
            // It was asked for before the caller began to speak.
            self.responses.cut(&response);
            self.command(EngineCommand::Cancel { response });
            return self.expect_beginning(now);
        }
        self.transcript.response_started(now);
        self.expect_answer(now + MUTE);
    }

    fn warn(&mut self, code: String) {
        self.warnings += 1;
        if self.warnings <= MAX_WARNINGS {
            self.event(CallEvent::EngineWarning { code });
        }
    }

    fn caller_text(&mut self, item: &ItemId, text: &str, is_final: bool, now: Instant) {
        let at_ms = self.stream_ms(now);
        let turn = self.transcript.caller_text(item, text, is_final, at_ms);
        self.event(CallEvent::CallerSpeech { is_final });
        self.outputs.extend(turn.map(written));
    }

    fn response_done(&mut self, response: &ResponseId, outcome: ResponseOutcome, usage: Usage, now: Instant) {
        self.responses.done(response);
        self.is_not_mute();
        if usage != Usage::default() {
            self.event(CallEvent::Used(usage));
        }
        let newest = self.newest.as_ref().filter(|(of, _)| of == response).map(|(_, item)| item.clone());
        if let Some(item) = &newest {
            self.playback.finish(item);
            let turn = self.transcript.used(item, usage);
            self.outputs.extend(turn.map(written));
        }
        self.last_words(newest.is_some(), now);
        if outcome == ResponseOutcome::Failed {
            self.warn("response_failed".into());
            if matches!(self.phase, Phase::Live) && newest.is_none() && !self.responses.is_cut(response) {
                self.answer_failed(now);
            }
        }
        self.arm_idle(now);
    }

    pub(super) fn mark(&mut self, name: &str, now: Instant) {
        if self.playback.mark(name, now) {
            self.played(now);
        }
    }

    pub(super) fn settle_playback(&mut self, now: Instant) {
        if self.playback.settle(now) {
            self.played(now);
        }
    }

    fn played(&mut self, now: Instant) {
        if let Some((item, since)) = self.playback.playing() {
            self.transcript.first_played(&item, since, now);
        }
        self.note_heard(now);
        self.arm_idle(now);
    }

    /// Writes down what was heard to its end.
    pub(super) fn note_heard(&mut self, now: Instant) {
        while let Some(item) = self.playback.poll_heard() {
            if !is_clip(&item) {
                let turn = self.transcript.heard(&item, self.stream_ms(now));
                self.outputs.extend(turn.map(written));
            }
        }
    }

    /// Begins to count the caller's silence, if nothing else is going on.
    pub(super) fn arm_idle(&mut self, now: Instant) {
        let Some(idle) = self.policy.idle.filter(|_| !self.engine().caps().ends_the_call) else { return };
        let quiet = !self.playback.is_busy() && !self.responses.is_busy() && !self.is_speaking && self.tools.is_empty();
        if quiet && matches!(self.phase, Phase::Live) && !self.timers.is_set(Timer::Idle) {
            self.timers.set(Timer::Idle, now + idle);
        }
    }

    pub(super) fn idle(&mut self, now: Instant) {
        if !matches!(self.phase, Phase::Live) || self.engine().caps().ends_the_call {
            return;
        }
        if self.idle_prompts == IDLE_PROMPTS {
            self.play_clip(Clip::Goodbye);
            return self.finish(EndReason::Idle, After::HangUp, now);
        }
        self.idle_prompts += 1;
        self.event(CallEvent::IdlePrompt { number: self.idle_prompts });
        if self.engine.is_ready && self.engine().caps().can_improvise {
            // The caller's silence counts again when that has been said; an engine that does not say it is mute.
            self.responses.want(Wish::Say(self.policy.prompts.still_there.clone()));
        } else {
            self.play_clip(Clip::StillThere);
            self.timers.set_or_cancel(Timer::Idle, self.policy.idle.map(|idle| now + idle));
        }
    }

    pub(super) fn media_gap(&mut self, now: Instant) {
        if !self.is_speaking {
            return;
        }
        let due = self.last_media.map_or(now, |at| at + MEDIA_GAP);
        if due > now {
            self.timers.set(Timer::MediaGap, due);
        } else if self.gap_fills < MAX_GAP_FILLS {
            self.gap_fills += 1;
            self.ear.fill(GAP_FILL_MS);
            self.timers.set(Timer::MediaGap, now + Duration::from_millis(GAP_FILL_MS));
        } else {
            self.is_speaking = false;
            self.expect_what_is_owed(now);
            self.arm_idle(now);
        }
    }

    pub(super) fn caller_key(&mut self, key: char, now: Instant) {
        if !matches!(self.phase, Phase::Live | Phase::Ending { .. }) {
            return;
        }
        self.idle_prompts = 0;
        self.timers.cancel(Timer::Idle);
        self.event(CallEvent::Key(key));
        self.barge_in(false, now);
        if self.keys.len() < MAX_KEYS {
            self.keys.push(key);
        }
        let pause = if key == '#' { Duration::ZERO } else { KEYS_PAUSE };
        self.timers.set(Timer::Keys, now + pause);
    }

    pub(super) fn send_keys(&mut self, now: Instant) {
        if !self.engine.is_ready {
            return self.timers.set(Timer::Keys, now + KEYS_PAUSE);
        }
        let keys = std::mem::take(&mut self.keys);
        if !keys.is_empty() {
            self.command(EngineCommand::Keys(keys));
            if self.engine().caps().can_improvise {
                self.responses.want(Wish::Answer);
            }
        }
    }

    fn tool_call(&mut self, id: String, name: String, arguments: String, now: Instant) {
        if self.tools_run.contains(&id) {
            return;
        }
        self.is_not_mute();
        match name.as_str() {
            END_CALL => self.finish(EndReason::AgentHungUp, After::HangUp, now),
            TRANSFER if self.policy.can_transfer => self.finish(EndReason::Transferred, After::Transfer, now),
            _ if self.tools.len() >= MAX_TOOLS => {
                self.command(EngineCommand::ToolOutput { id, output: r#"{"error":"too many at once"}"#.into() });
                self.responses.want(Wish::Answer);
            }
            _ => {
                let limit = now + self.policy.tool_limit;
                if self.tools_run.len() == KEEP_TOOLS {
                    self.tools_run.pop_front();
                }
                self.tools_run.push_back(id.clone());
                self.tools.push_back(RunningTool { id: id.clone(), engine: self.engine.number, limit });
                self.timers.cancel(Timer::Idle);
                self.timers.set(Timer::Filler, now + FILLER_AFTER);
                self.arm_tool_limit();
                self.outputs.push_back(Output::RunTool { id, name, arguments });
            }
        }
    }

    pub(super) fn tool_finished(&mut self, id: &str, output: String, now: Instant) {
        let at = self.tools.iter().position(|tool| tool.id == id);
        let Some(tool) = at.and_then(|at| self.tools.remove(at)) else { return };
        self.arm_tool_limit();
        if tool.engine == self.engine.number {
            self.command(EngineCommand::ToolOutput { id: tool.id, output });
            self.responses.want(Wish::Answer);
        } else if self.engine().caps().can_improvise {
            // Another engine has taken over, and knows nothing of the call to the tool.
            self.responses
                .want(Wish::Say(format!("A tool that was used before has answered: {output}. Go on from there.")));
        }
        if self.tools.is_empty() {
            self.timers.cancel(Timer::Filler);
        }
        self.expect_what_is_owed(now);
        self.arm_idle(now);
    }

    pub(super) fn tool_limit(&mut self, now: Instant) {
        let late: Vec<_> = self.tools.iter().filter(|tool| tool.limit <= now).map(|tool| tool.id.clone()).collect();
        for id in late {
            self.tool_finished(&id, r#"{"error":"it took too long; say so, and offer to take a message"}"#.into(), now);
        }
        self.arm_tool_limit();
    }

    fn arm_tool_limit(&mut self) {
        self.timers.set_or_cancel(Timer::ToolLimit, self.tools.iter().map(|tool| tool.limit).min());
    }

    pub(super) fn filler(&mut self) {
        // An uttering that has begun is not broken in two.
        if !self.tools.is_empty() && !self.playback.is_open() && !self.is_speaking {
            self.play_clip(Clip::OneMoment);
        }
    }
}

/// The tools that a session does itself.
const END_CALL: &str = "end_call";
const TRANSFER: &str = "transfer_to_person";

/// OpenAI's word for a second answer at a time.
const ALREADY_ACTIVE: &str = "conversation_already_has_active_response";
