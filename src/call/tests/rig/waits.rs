//! The rule that a caller who waits for an answer hears something.

use super::{Rig, ms};
use std::time::{Duration, Instant};

/// Who waits for an answer hears nothing for at most so long, and what is on its way.
const MOST_SILENCE: Duration = Duration::from_millis(2060);
/// A line that breaks off within a word is waited for so long.
const LATE_LINE: Duration = Duration::from_secs(3);

/// Whether the caller waits for an answer, by what can be seen from outside.
#[derive(Default)]
pub(super) struct Waits {
    pub(super) since: Option<Instant>,
    /// The call is about to end, or is no conversation any more.
    pub(super) is_over: bool,
    /// Whatever the caller says now.
    pub(super) is_final: bool,
    /// The engine was lost while the caller spoke; without another frame, the caller may speak until then.
    pub(super) may_speak_until: Option<Instant>,
}

impl Rig {
    /// The next engine knows nothing of the call.
    pub(super) fn lose_engine(&mut self) {
        let engine = std::mem::take(&mut self.engine);
        self.waits.may_speak_until = engine.speaks.map(|at| at + LATE_LINE).or(self.waits.may_speak_until);
    }

    /// Who waits for an answer never hears nothing for longer than two seconds.
    pub(super) fn check_silence(&self) {
        let is_on = self.phone.stream && !self.session.is_over() && !self.waits.is_over && !self.is_spoken_over();
        let Some(since) = self.waits.since.filter(|_| is_on) else { return };
        let Some(quiet) = self.phone.quiet_since() else { return };
        let since = self.waits.may_speak_until.map_or(since, |until| until.max(since));
        let silence = self.now.saturating_duration_since(quiet.unwrap_or(since).max(since));
        let longest = MOST_SILENCE + if self.has_stalled { ms(1300) } else { Duration::ZERO };
        assert!(silence <= longest, "the caller waits and hears nothing for {silence:?}");
    }
}
