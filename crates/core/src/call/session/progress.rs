//! The progress of a running call for an observer: what the call is doing, and the words of the current turns.

use super::{CallSession, Phase};
use crate::call::TurnRecord;
use std::time::{Duration, Instant};

/// What a call is doing at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// The stream and the engine are connecting.
    Connecting,
    /// The agent waits for the caller to speak.
    Listening,
    /// The caller speaks.
    CallerSpeaking,
    /// The caller waits for an answer.
    Thinking,
    /// The agent's audio is being heard.
    Speaking,
}

impl CallSession {
    /// What the call is doing.
    pub fn activity(&self, now: Instant) -> Activity {
        if matches!(self.phase, Phase::Connecting | Phase::Redirecting) {
            Activity::Connecting
        } else if self.interruptions.is_pausing() {
            Activity::CallerSpeaking
        } else if self.playback.remaining(now) > Duration::ZERO {
            Activity::Speaking
        } else if self.caller.speech.is_in_progress(now) {
            Activity::CallerSpeaking
        } else if self.is_caller_waiting(now) {
            Activity::Thinking
        } else {
            Activity::Listening
        }
    }

    /// The turns that can still change, as they are now: `heard_text` of the turn that is being played is the part
    /// that was heard so far. A turn that is complete is emitted once more as [`crate::call::Output::Turn`].
    pub fn open_turns(&mut self, now: Instant) -> Vec<TurnRecord> {
        let playing = self.playback.progress(now);
        self.transcript.open_turns(playing.as_ref())
    }
}
