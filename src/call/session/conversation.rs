//! The conversation: what the engine tells, what the caller does, and the silences in between.

use super::{CallSession, Phase, RunningTool, is_clip, written};
use crate::audio::EncodedAudio;
use crate::call::playback::{Progress, Source};
use crate::call::timers::Timer;
use crate::call::{
    After, CallEvent, Clip, EngineCommand, EngineEvent, ItemId, Output, ResponseId, ResponseOutcome, Usage, Wish,
};
use crate::domain::EndReason;
use std::time::{Duration, Instant};

/// A line that brings nothing for so long within speech has a hole.
const MEDIA_GAP: Duration = Duration::from_millis(750);
/// What the engine then hears.
const GAP_FILL_MS: u64 = 1000;
/// Keys pressed within this time are one answer.
const KEYS_PAUSE: Duration = Duration::from_millis(1500);
/// The most keys that are one answer.
const MAX_KEYS: usize = 32;
/// An engine that owes an answer for longer is lost.
const MUTE: Duration = Duration::from_secs(8);
/// A tool that takes longer is covered by a sentence.
const FILLER_AFTER: Duration = Duration::from_millis(900);
/// The most tools that run at once.
const MAX_TOOLS: usize = 8;
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
            EngineEvent::ResponseStarted { response } => {
                self.responses.started(&response);
                self.transcript.response_started(now);
                self.expect_answer(now);
            }
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
                self.event(CallEvent::EngineWarning { code });
            }
            EngineEvent::Failed { retry, reason } => self.engine_failed(retry, reason, now),
        }
    }

    fn agent_audio(&mut self, response: ResponseId, item: ItemId, audio: &EncodedAudio, now: Instant) {
        if self.responses.is_cut(&response) {
            return;
        }
        let source = Source { engine: Some(self.engine.number), response: Some(response.clone()), item };
        if self.playback.enqueue(&source, audio) {
            let at_ms = self.stream_ms(now);
            self.newest = Some((response, source.item.clone()));
            self.transcript.first_delta(&source.item, at_ms, now);
        }
        self.timers.cancel(Timer::Idle);
        self.timers.cancel(Timer::Filler);
        self.timers.cancel(Timer::Mute);
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
        self.timers.set(Timer::MediaGap, now + MEDIA_GAP);
        self.transcript.caller_started(item, at_ms);
        self.barge_in(self.engine().caps().cancels_on_speech, now);
    }

    fn speech_stopped(&mut self, item: &ItemId, now: Instant) {
        let at_ms = self.stream_ms(now);
        self.is_speaking = false;
        self.timers.cancel(Timer::MediaGap);
        self.transcript.caller_stopped(item, at_ms, now);
        self.expect_answer(now);
        self.arm_idle(now);
    }

    /// The engine now owes an answer; one that says nothing for too long is lost.
    pub(super) fn expect_answer(&mut self, now: Instant) {
        if matches!(self.phase, Phase::Live) && !self.engine().caps().ends_the_call {
            self.timers.set(Timer::Mute, now + MUTE);
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
        self.timers.cancel(Timer::Mute);
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
            self.event(CallEvent::EngineWarning { code: "response_failed".into() });
            if matches!(self.phase, Phase::Live) && !self.playback.is_busy() {
                self.play_clip(Clip::StillThere);
            }
        }
        self.arm_idle(now);
    }

    pub(super) fn mark(&mut self, name: &str, now: Instant) {
        if let Some(progress) = self.playback.mark(name, now) {
            self.progress(progress, now);
        }
    }

    pub(super) fn settle_playback(&mut self, now: Instant) {
        let progress = self.playback.settle(now);
        self.progress(progress, now);
    }

    fn progress(&mut self, progress: Progress, now: Instant) {
        let at_ms = self.stream_ms(now);
        if let Some((item, since)) = progress.current {
            self.transcript.first_played(&item, since, now);
        }
        for heard in progress.heard.iter().filter(|heard| !is_clip(&heard.item)) {
            let turn = self.transcript.heard(&heard.item, at_ms);
            self.outputs.extend(turn.map(written));
        }
        if !self.playback.is_busy() && self.responses.is_answering() {
            self.expect_answer(now);
        }
        self.arm_idle(now);
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
        if !matches!(self.phase, Phase::Live) {
            return;
        }
        if self.idle_prompts == IDLE_PROMPTS {
            self.play_clip(Clip::Goodbye);
            return self.finish(EndReason::Idle, After::HangUp, now);
        }
        self.idle_prompts += 1;
        self.event(CallEvent::IdlePrompt { number: self.idle_prompts });
        if self.engine.is_ready && self.engine().caps().can_improvise {
            self.responses.want(Wish::Say(self.policy.prompts.still_there.clone()));
        } else {
            self.play_clip(Clip::StillThere);
        }
        // Counts on even if the engine does not answer.
        if let Some(idle) = self.policy.idle {
            self.timers.set(Timer::Idle, now + idle);
        }
    }

    pub(super) fn media_gap(&mut self, now: Instant) {
        if !self.is_speaking {
            return;
        }
        let due = self.last_media.unwrap_or(now) + MEDIA_GAP;
        if due > now {
            self.timers.set(Timer::MediaGap, due);
        } else {
            self.ear.fill(GAP_FILL_MS);
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

    pub(super) fn send_keys(&mut self) {
        let keys = std::mem::take(&mut self.keys);
        if !keys.is_empty() && self.engine.is_ready {
            self.command(EngineCommand::Keys(keys));
            if self.engine().caps().can_improvise {
                self.responses.want(Wish::Answer);
            }
        }
    }

    fn tool_call(&mut self, id: String, name: String, arguments: String, now: Instant) {
        self.timers.cancel(Timer::Mute);
        match name.as_str() {
            END_CALL => self.finish(EndReason::AgentHungUp, After::HangUp, now),
            TRANSFER if self.policy.can_transfer => self.finish(EndReason::Transferred, After::Transfer, now),
            _ if self.tools.len() >= MAX_TOOLS || self.tools.iter().any(|tool| tool.id == id) => {}
            _ => {
                let limit = now + self.policy.tool_limit;
                self.tools.push_back(RunningTool { id: id.clone(), limit });
                self.timers.cancel(Timer::Idle);
                self.timers.set(Timer::Filler, now + FILLER_AFTER);
                self.arm_tool_limit();
                self.outputs.push_back(Output::RunTool { id, name, arguments });
            }
        }
    }

    pub(super) fn tool_finished(&mut self, id: &str, output: String, now: Instant) {
        let Some(at) = self.tools.iter().position(|tool| tool.id == id) else { return };
        self.tools.remove(at);
        self.arm_tool_limit();
        self.command(EngineCommand::ToolOutput { id: id.to_owned(), output });
        self.responses.want(Wish::Answer);
        if self.tools.is_empty() {
            self.timers.cancel(Timer::Filler);
        }
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
        if !self.tools.is_empty() && !self.playback.is_busy() && !self.is_speaking {
            self.play_clip(Clip::OneMoment);
        }
    }
}

/// The tools that a session does itself.
const END_CALL: &str = "end_call";
const TRANSFER: &str = "transfer_to_person";

/// OpenAI's word for a second answer at a time.
const ALREADY_ACTIVE: &str = "conversation_already_has_active_response";
