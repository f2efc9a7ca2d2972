//! The rule that a caller who waits for an answer hears something.

use super::{Rig, ms};
use std::time::{Duration, Instant};

/// Who waits for an answer hears nothing for at most so long, and what is on its way.
const MOST_SILENCE: Duration = Duration::from_millis(2060);
/// Whether the caller waits for an answer, by what can be seen from outside.
#[derive(Default)]
pub(super) struct Waits {
    pub(super) since: Option<Instant>,
    /// The call is about to end, or is no conversation any more.
    pub(super) is_over: bool,
    /// Whatever the caller says now.
    pub(super) is_final: bool,
}

impl Rig {
    /// Who waits for an answer never hears nothing for longer than two seconds.
    pub(super) fn check_silence(&self) {
        let is_on = self.phone.stream && !self.session.is_over() && !self.waits.is_over && !self.is_spoken_over();
        let Some(since) = self.waits.since.filter(|_| is_on) else { return };
        let Some(quiet) = self.phone.quiet_since() else { return };
        let silence = self.now - quiet.unwrap_or(since).max(since);
        let longest = MOST_SILENCE + if self.has_stalled { ms(1300) } else { Duration::ZERO };
        assert!(silence <= longest, "the caller waits and hears nothing for {silence:?}");
    }
}
