//! The caller's silence while nothing else happens: the agent asks whether the caller is still there, and then hangs
//! up.

use super::CallSession;
use crate::call::timers::Timer;
use crate::call::{CallEvent, Clip, ResponseRequest, StreamEndAction};
use crate::domain::EndReason;
use std::time::Instant;

/// How often the agent asks whether the caller is still there.
const MAX_PROMPTS: u32 = 2;

#[derive(Debug, Default)]
pub(super) struct IdleWatch {
    /// The prompts since the caller was last active.
    prompts: u32,
}

impl IdleWatch {
    /// The caller speaks or presses a key.
    pub(super) fn caller_is_active(&mut self) {
        self.prompts = 0;
    }

    /// The number of the next prompt, from 1; none if the caller was asked often enough.
    fn next_prompt(&mut self) -> Option<u32> {
        if self.prompts == MAX_PROMPTS {
            return None;
        }
        self.prompts += 1;
        Some(self.prompts)
    }
}

impl CallSession {
    /// Measures the caller's silence while nothing else happens.
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
            Some(idle) if !self.timers.is_set(Timer::Idle) => self.timers.set(Timer::Idle, now + idle),
            Some(_) => {}
            None => self.timers.cancel(Timer::Idle),
        }
    }

    /// The caller was silent for the idle time.
    pub(super) fn idle(&mut self, now: Instant) {
        if !self.is_live() {
            return;
        }
        let Some(number) = self.idle.next_prompt() else {
            self.play_clip(Clip::Goodbye);
            return self.finish(EndReason::Idle, StreamEndAction::HangUp, now);
        };
        self.event(CallEvent::IdlePrompt { number });
        if self.engine.is_ready() && self.engine.capabilities().can_follow_instructions {
            // The silence is measured again once this was said; an engine that does not say it is treated as
            // unresponsive.
            self.responses.request(ResponseRequest::Instructed(self.policy.prompts.still_there.clone()));
        } else {
            self.play_clip(Clip::StillThere);
        }
    }
}
