//! The invariant that a caller who waits for a reply hears audio.

use super::{Rig, ms};
use std::time::{Duration, Instant};

/// The longest silence for a waiting caller, including the transit time.
const MAX_SILENCE: Duration = Duration::from_millis(2060);
/// A line that stops during a word gets this much more time.
const LATE_LINE: Duration = Duration::from_secs(3);

/// Tracks from outside whether the caller waits for a reply.
#[derive(Default)]
pub(super) struct Waits {
    pub(super) since: Option<Instant>,
    /// The call is about to end, or is no longer a conversation.
    pub(super) is_over: bool,
    /// No matter what the caller says now.
    pub(super) is_final: bool,
    /// The engine was lost while the caller spoke; without another frame, the caller may be speaking until then.
    pub(super) may_speak_until: Option<Instant>,
    /// The caller's sound began while the agent spoke: its words decide whether a reply is owed.
    pub(super) is_over_agent: bool,
}

impl Rig {
    /// The next engine starts without state of the call.
    pub(super) fn lose_engine(&mut self) {
        let engine = std::mem::take(&mut self.engine);
        self.waits.may_speak_until = engine.speaks.map(|at| at + LATE_LINE).or(self.waits.may_speak_until);
    }

    /// Asserts that a waiting caller never hears nothing for longer than two seconds.
    pub(super) fn check_silence(&self) {
        let is_on = self.phone.stream && !self.session.is_over() && !self.waits.is_over && !self.is_spoken_over();
        let Some(since) = self.waits.since.filter(|_| is_on) else { return };
        let Some(quiet) = self.phone.quiet_since() else { return };
        let since = self.waits.may_speak_until.map_or(since, |until| until.max(since));
        // Speech of which no end is reported is over some time after the last frame.
        let since = self.surely_speaks_until().map_or(since, |until| until.max(since));
        let silence = self.now.saturating_duration_since(quiet.unwrap_or(since).max(since));
        let longest = MAX_SILENCE + if self.has_stalled { ms(1300) } else { Duration::ZERO };
        assert!(silence <= longest, "the caller waits and hears nothing for {silence:?}");
    }
}
