//! Handles the caller's silence: the agent asks whether the caller is still there, and later hangs up.

use super::CallSession;
use crate::call::timers::Timer;
use crate::call::{CallEvent, Clip, ResponseRequest, StreamEndAction};
use crate::domain::EndReason;
use std::time::Instant;

/// How often the agent asks whether the caller is still there before it hangs up.
const MAX_PROMPTS: u32 = 2;

#[derive(Debug, Default)]
pub(super) struct IdleWatch {
    /// The number of prompts since the caller was last active.
    prompts: u32,
}

impl IdleWatch {
    pub(super) fn caller_is_active(&mut self) {
        self.prompts = 0;
    }

    /// Returns the number of the next prompt, from 1; none after the last prompt.
    fn next_prompt(&mut self) -> Option<u32> {
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
            Some(idle) if !self.timers.is_set(Timer::Idle) => self.timers.set(Timer::Idle, now + idle),
            Some(_) => {}
            None => self.timers.cancel(Timer::Idle),
        }
    }

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
            // The silence is measured again after this question. An engine that does not speak the question is treated
            // as unresponsive.
            self.responses.request(ResponseRequest::Instructed(self.policy.prompts.still_there.clone()));
        } else {
            self.play_clip(Clip::StillThere);
        }
    }
}
