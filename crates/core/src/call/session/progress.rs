//! The progress of a call for an observer: the current activity, and the text of the open turns.

use super::{CallSession, Phase};
use crate::call::TurnRecord;
use crate::call::timers::Timer;
use std::time::{Duration, Instant};

/// The current activity of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// The stream and the engine are connecting, or the call is being redirected to Twilio's recorder.
    Connecting,
    /// None of the other activities: usually, the agent waits for the caller to speak.
    Listening,
    /// The caller speaks.
    CallerSpeaking,
    /// The caller waits for a reply.
    Thinking,
    /// The caller hears the agent.
    Speaking,
}

impl CallSession {
    /// Returns what happens in the call at this time.
    pub fn activity(&self, now: Instant) -> Activity {
        if matches!(self.phase, Phase::Connecting | Phase::Redirecting) {
            Activity::Connecting
        } else if self.interruptions.is_pausing() {
            Activity::CallerSpeaking
        } else if self.playback.remaining(now) > Duration::ZERO && !self.is_reply_held() {
            Activity::Speaking
        } else if self.caller.speech.is_in_progress(now) {
            Activity::CallerSpeaking
        } else if self.is_caller_waiting(now) {
            Activity::Thinking
        } else {
            Activity::Listening
        }
    }

    /// Returns true while the agent waits for the caller to speak, and everything said so far is heard, transcribed and
    /// answered.
    pub(super) fn is_between_turns(&self, now: Instant) -> bool {
        self.activity(now) == Activity::Listening
            && !self.playback.is_busy()
            && !self.caller.audio.is_unanswered()
            && !self.caller.speech.has_local_voice(now)
            && !self.interruptions.is_undecided()
            && !self.transcript.has_pending_words()
            && !self.timers.is_set(Timer::Keys)
            && self.stream.is_open()
    }

    /// Returns the turns that can still change, in their current state. In the turn that is being played, `heard_text`
    /// is the part that was heard so far. A reply that is held is left out, because it may be discarded.
    pub fn open_turns(&mut self, now: Instant) -> Vec<TurnRecord> {
        let playing = self.playback.progress(now);
        let mut turns = self.transcript.open_turns(playing.as_ref());
        turns.retain(|turn| !self.is_held_item(&turn.item));
        turns
    }
}
