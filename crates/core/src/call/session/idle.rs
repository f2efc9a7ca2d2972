//! Handles the caller's silence: the agent asks whether the caller is still there, and later hangs up. The call of a
//! caller who has not spoken ends after the first question.

use super::{CallSession, Phase};
use crate::call::timers::Timer;
use crate::call::{CallEvent, Clip, ResponseRequest, StreamEndAction};
use crate::domain::EndReason;
use std::time::{Duration, Instant};

/// How often the agent asks whether the caller is still there before it hangs up.
const MAX_PROMPTS: u32 = 2;
/// How long a caller who has not spoken may take to answer the first question. A robot dialer never answers, but a
/// person may be looking for words, may stutter, or may hear badly, so that another person repeats the question. People
/// usually begin to answer within two seconds, and the question follows ten seconds of silence (`voice.idle_prompt_s`).
const ANSWER_TIME: Duration = Duration::from_secs(8);
/// The silence after a noise, and after the agent's reaction to it, before the agent asks or hangs up.
const AFTER_SOUND: Duration = Duration::from_secs(4);

#[derive(Debug, Default)]
pub(super) struct IdleWatch {
    /// The number of prompts since the caller was last active.
    prompts: u32,
    /// None once the caller has spoken or pressed a key, or if calls of silent callers are not ended early.
    silent: Option<SilentCaller>,
}

/// A caller who has not spoken since the start of the call.
#[derive(Debug, Default)]
struct SilentCaller {
    /// True once the agent has asked whether the caller is there.
    is_asked: bool,
    /// When the agent asks or, after the question, hangs up. Noises delay this by [`AFTER_SOUND`] at most,
    /// because a robot dialer often sends noise. None until the silence is measured.
    due: Option<Instant>,
}

impl IdleWatch {
    pub(super) fn new(ends_silent_calls: bool) -> Self {
        Self { prompts: 0, silent: ends_silent_calls.then(SilentCaller::default) }
    }

    /// Returns true while the call may be that of a silent caller.
    pub(super) fn may_be_silent(&self) -> bool {
        self.silent.is_some()
    }

    pub(super) fn caller_is_active(&mut self) {
        self.prompts = 0;
    }

    /// Returns when the silence that begins now has lasted for the idle time. `is_transcribed` is true if all words of
    /// the caller so far are known.
    fn due(&mut self, idle: Duration, is_transcribed: bool, now: Instant) -> Instant {
        let Some(silent) = self.silent.as_mut().filter(|_| is_transcribed) else { return now + idle };
        let wait = if silent.is_asked { ANSWER_TIME.min(idle) } else { idle };
        let due = *silent.due.get_or_insert(now + wait);
        due.max(now + AFTER_SOUND.min(wait))
    }

    fn has_ignored_question(&self) -> bool {
        self.silent.as_ref().is_some_and(|silent| silent.is_asked)
    }

    /// Returns the number of the next prompt, from 1; none after the last prompt.
    fn next_prompt(&mut self) -> Option<u32> {
        if let Some(silent) = &mut self.silent {
            *silent = SilentCaller { is_asked: true, due: None };
        }
        if self.prompts == MAX_PROMPTS {
            return None;
        }
        self.prompts += 1;
        Some(self.prompts)
    }
}

impl CallSession {
    pub(super) fn watch_idle(&mut self, now: Instant) {
        let is_idle = self.is_live()
            && !self.engine.capabilities().controls_hangup
            && !self.playback.is_busy()
            && !self.responses.is_busy()
            && !self.tools.is_running()
            && !self.caller.speech.is_in_progress(now)
            && !self.caller.speech.is_missed()
            && self.caller.keys.is_empty();
        match self.policy.idle.filter(|_| is_idle) {
            Some(idle) if !self.timers.is_set(Timer::Idle) => {
                let is_transcribed = self.transcript.is_caller_transcribed();
                self.timers.set(Timer::Idle, self.idle.due(idle, is_transcribed, now));
            }
            Some(_) => {}
            None => self.timers.cancel(Timer::Idle),
        }
    }

    pub(super) fn idle(&mut self, now: Instant) {
        if !self.is_live() {
            return;
        }
        // Words that are not transcribed yet, or will never be, may be an answer.
        if self.idle.has_ignored_question() && self.transcript.is_caller_transcribed() {
            self.play_clip(Clip::Goodbye);
            return self.finish(EndReason::Silent, StreamEndAction::HangUp, now);
        }
        let Some(number) = self.idle.next_prompt() else {
            self.play_clip(Clip::Goodbye);
            return self.finish(EndReason::Idle, StreamEndAction::HangUp, now);
        };
        self.event(CallEvent::IdlePrompt { number });
        if self.engine.is_ready() && self.engine.capabilities().can_follow_instructions {
            // The silence is measured again after this question. An engine that does not speak the question is treated
            // as unresponsive.
            self.responses.request(ResponseRequest::Instructed(self.policy.prompts.still_there.clone()));
        } else {
            self.play_clip(Clip::StillThere);
        }
    }

    /// The call is no longer that of a silent caller: the caller's voice was heard, the caller has said a word, words of
    /// the caller are lost, or an employee handles the call.
    pub(super) fn not_silent(&mut self) {
        if self.idle.silent.take().is_some() {
            // The silence is measured again, with the usual time.
            self.timers.cancel(Timer::Idle);
        }
        // The sign came during the goodbye.
        if let Phase::Ending { reason, .. } = &mut self.phase
            && *reason == EndReason::Silent
        {
            *reason = EndReason::Idle;
        }
    }
}
