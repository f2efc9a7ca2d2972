//! The conversation: the engine's events, the caller's inputs, and silence.

use super::{CallSession, Phase, is_clip, turn_output};
use crate::audio::{EncodedAudio, FRAME_BYTES};
use crate::call::playback::Source;
use crate::call::timers::Timer;
use crate::call::{
    CallEvent, Clip, EngineCommand, EngineEvent, ItemId, ResponseId, ResponseOutcome, ResponseRequest, StreamEndAction,
    Usage,
};
use crate::domain::EndReason;
use std::time::{Duration, Instant};

/// Keys pressed within this time form one input.
const KEYS_PAUSE: Duration = Duration::from_millis(1500);
/// The maximum number of keys in one input.
const MAX_KEYS: usize = 32;
/// How many of the engine's rejections are stored per call; further ones are dropped.
const MAX_WARNINGS: u32 = 50;
/// A prompt to the model after a response that broke off.
const CONTINUE_RESPONSE: &str =
    "Your last answer broke off before its end. Say the rest of it in a sentence or two; do not begin again.";
/// How often the agent asks whether the caller is still there.
const MAX_IDLE_PROMPTS: u32 = 2;

impl CallSession {
    pub(super) fn engine_event(&mut self, event: EngineEvent, now: Instant) {
        self.watch.engine_message(now);
        match event {
            EngineEvent::Activity => {}
            EngineEvent::AudioDelta { response, item, audio } => self.agent_audio(response, item, &audio, now),
            EngineEvent::AudioDone { item } => self.playback.finish(&item),
            EngineEvent::AgentText { response, item, text, is_final } => {
                self.agent_text(&response, &item, &text, is_final, now);
            }
            EngineEvent::Ready => self.engine_ready(now),
            EngineEvent::SpeechStarted { item, at_ms } => self.speech_started(&item, at_ms, now),
            EngineEvent::SpeechStopped { item, at_ms } => self.speech_stopped(&item, at_ms, now),
            EngineEvent::CallerText { item, text, is_final } => self.caller_text(&item, &text, is_final, now),
            EngineEvent::ResponseStarted { response } => self.response_started(response, now),
            EngineEvent::ResponseDone { response, outcome, usage } => {
                self.response_done(&response, outcome, usage, now);
            }
            EngineEvent::ToolCall { response, id, name, arguments } => self.tool_call(response, id, name, arguments),
            EngineEvent::MessageStarted => {
                self.message_taken = true;
                let at_ms = self.call_ms(now);
                self.event(CallEvent::MessageStarted { at_ms });
            }
            EngineEvent::Finished { message_taken } => {
                let reason = if message_taken { EndReason::MessageTaken } else { EndReason::Idle };
                self.finish(reason, StreamEndAction::HangUp, now);
            }
            // Both are races between our request and the engine's own turn, and need no action: the refused request is sent
            // again, and an answer that has ended needs no cancelling.
            EngineEvent::Warning { code } if code == ALREADY_ACTIVE => {
                if let Some(request) = self.responses.rejected() {
                    self.request_failed(request, None, "it refuses to answer", now);
                }
            }
            EngineEvent::Warning { code } if code == CANCEL_NOT_ACTIVE => {}
            EngineEvent::Warning { code } => self.warn(code),
            EngineEvent::Failed { retry, reason } => self.engine_failed(retry, reason, now),
        }
    }

    fn agent_audio(&mut self, response: ResponseId, item: ItemId, audio: &EncodedAudio, now: Instant) {
        if self.responses.is_cancelled(&response) {
            return;
        }
        let source = Source { engine: Some(self.engine.generation), response: Some(response.clone()), item };
        if self.newest.as_ref().is_none_or(|(of, _)| *of != response) {
            self.newest_bytes = 0;
        }
        self.newest_bytes += audio.len();
        if self.playback.enqueue(&source, audio) {
            let at_ms = self.call_ms(now);
            self.newest = Some((response, source.item.clone()));
            self.transcript.first_delta(&source.item, at_ms, now);
        }
        self.watch.response_audible_until(now + self.playback.remaining(now));
    }

    fn agent_text(&mut self, response: &ResponseId, item: &ItemId, text: &str, is_final: bool, now: Instant) {
        if self.responses.is_cancelled(response) {
            return;
        }
        let at_ms = self.call_ms(now);
        let turn = self.transcript.agent_text(item, text, is_final, at_ms);
        self.outputs.extend(turn.map(turn_output));
    }

    fn response_started(&mut self, response: ResponseId, now: Instant) {
        self.responses.started(&response);
        if self.engine_detects_speech() || self.is_transferring() {
            // The response was requested before the caller started to speak, or before the transfer.
            self.responses.cancel(&response);
            return self.command(EngineCommand::Cancel { response });
        }
        self.transcript.response_started(now);
    }

    fn warn(&mut self, code: String) {
        self.warnings += 1;
        if self.warnings <= MAX_WARNINGS {
            self.event(CallEvent::EngineWarning { code });
        }
    }

    fn caller_text(&mut self, item: &ItemId, text: &str, is_final: bool, now: Instant) {
        let at_ms = self.call_ms(now);
        let turn = self.transcript.caller_text(item, text, is_final, at_ms);
        self.event(CallEvent::CallerSpeech { is_final });
        self.outputs.extend(turn.map(turn_output));
    }

    fn response_done(&mut self, response: &ResponseId, outcome: ResponseOutcome, usage: Usage, now: Instant) {
        let is_cancelled = self.responses.is_cancelled(response);
        self.responses.done(response);
        if usage != Usage::default() {
            self.event(CallEvent::Used(usage));
        }
        let newest = self.newest.as_ref().filter(|(of, _)| of == response).map(|(_, item)| item.clone());
        if let Some(item) = &newest {
            self.playback.finish(item);
            let turn = self.transcript.add_usage(item, usage);
            self.outputs.extend(turn.map(turn_output));
        }
        // A partial frame is never heard.
        let was_spoken = newest.is_some() && self.newest_bytes >= FRAME_BYTES;
        let is_completed = outcome == ResponseOutcome::Completed && !is_cancelled;
        let has_called = self.run_calls(response, is_completed, now);
        let has_done_all = is_cancelled || (is_completed && has_called);
        if self.is_over() {
            return;
        }
        self.ensure_goodbye(was_spoken);
        if let ResponseOutcome::Incomplete | ResponseOutcome::Failed { .. } = outcome {
            let code = if outcome == ResponseOutcome::Incomplete { "response_incomplete" } else { "response_failed" };
            self.warn(code.into());
        }
        if is_completed && was_spoken {
            self.engine.consecutive_failures = 0;
            self.watch.answered();
            if !self.engine_detects_speech() {
                self.mark_answered();
            }
        } else if !has_done_all && self.is_live() {
            self.retry_response(was_spoken, outcome, now);
        }
    }

    /// A response failed or broke off: it is requested again.
    fn retry_response(&mut self, has_spoken: bool, outcome: ResponseOutcome, now: Instant) {
        let request =
            if has_spoken { ResponseRequest::Instructed(CONTINUE_RESPONSE.into()) } else { ResponseRequest::Reply };
        let retry_after = if let ResponseOutcome::Failed { retry_after } = outcome { retry_after } else { None };
        self.request_failed(request, retry_after, "its answers fail", now);
    }

    pub(super) fn mark(&mut self, name: &str, now: Instant) {
        if self.playback.mark(name, now) {
            self.played(now);
        }
    }

    pub(super) fn expire_marks(&mut self, now: Instant) {
        if self.playback.expire_marks(now) {
            self.played(now);
        }
    }

    fn played(&mut self, now: Instant) {
        if let Some((item, since)) = self.playback.playing() {
            self.transcript.first_played(&item, since, now);
        }
        self.record_heard(now);
    }

    /// Stores the turns that were heard to the end.
    pub(super) fn record_heard(&mut self, now: Instant) {
        while let Some(item) = self.playback.poll_heard() {
            if !is_clip(&item) {
                let turn = self.transcript.heard(&item, self.call_ms(now));
                self.outputs.extend(turn.map(turn_output));
            }
        }
    }

    /// Measures the caller's silence while nothing else happens.
    pub(super) fn watch_idle(&mut self, now: Instant) {
        let is_idle = self.is_live()
            && !self.engine().capabilities().controls_hangup
            && !self.playback.is_busy()
            && !self.responses.is_busy()
            && !self.tools.is_running()
            && !self.is_spoken_over(now)
            && self.undetected_since.is_none()
            && self.keys.is_empty();
        match self.policy.idle.filter(|_| is_idle) {
            Some(idle) if !self.timers.is_set(Timer::Idle) => self.timers.set(Timer::Idle, now + idle),
            Some(_) => {}
            None => self.timers.cancel(Timer::Idle),
        }
    }

    pub(super) fn idle(&mut self, now: Instant) {
        if !self.is_live() {
            return;
        }
        if self.idle_prompts == MAX_IDLE_PROMPTS {
            self.play_clip(Clip::Goodbye);
            return self.finish(EndReason::Idle, StreamEndAction::HangUp, now);
        }
        self.idle_prompts += 1;
        self.event(CallEvent::IdlePrompt { number: self.idle_prompts });
        if self.engine.is_ready && self.engine().capabilities().can_follow_instructions {
            // The silence is measured again once this was said; an engine that does not say it is treated as
            // unresponsive.
            self.responses.request(ResponseRequest::Instructed(self.policy.prompts.still_there.clone()));
        } else {
            self.play_clip(Clip::StillThere);
        }
    }

    pub(super) fn caller_key(&mut self, key: char, now: Instant) {
        if matches!(self.phase, Phase::Redirecting) || self.stream_began.is_none() {
            return;
        }
        self.idle_prompts = 0;
        self.last_key = Some(now);
        self.timers.cancel(Timer::Idle);
        self.event(CallEvent::Key(key));
        // The keys are the caller's answer: speech that broke off before them is not waited for.
        let change = self.local_speech.end();
        self.local_speech_changed(change, now);
        self.barge_in(false, now);
        if self.keys.len() < MAX_KEYS {
            self.keys.push(key);
        }
        let pause = if key == '#' { Duration::ZERO } else { KEYS_PAUSE };
        self.timers.set(Timer::Keys, now + pause);
    }

    /// Sends the pressed keys to the engine. An engine that is not ready gets them when it is.
    pub(super) fn send_keys(&mut self, now: Instant) {
        self.watch.silent_since(self.last_key.unwrap_or(now), now);
        if self.engine.is_ready {
            let keys = std::mem::take(&mut self.keys);
            self.command(EngineCommand::Keys(keys));
            if self.engine().capabilities().can_follow_instructions {
                self.responses.request(ResponseRequest::Reply);
            }
        }
    }

    /// Returns true if the caller has finished to press keys that the engine was not sent yet.
    pub(super) fn has_keys_for_engine(&self) -> bool {
        !self.keys.is_empty() && !self.timers.is_set(Timer::Keys)
    }
}

/// OpenAI's error code for a second concurrent response.
const ALREADY_ACTIVE: &str = "conversation_already_has_active_response";
const CANCEL_NOT_ACTIVE: &str = "response_cancel_not_active";
