//! A caller's sound arrives as fast as it is spoken. What arrives faster would have to be kept.

use std::time::Duration;

/// Compares the sound of a stream with the time that has passed.
#[derive(Debug, Default)]
pub(super) struct RealTime {
    taken_ms: u64,
    dropped_ms: u64,
}

/// What becomes of a piece of sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// It may have been spoken by now.
    Take,
    /// It is ahead of the clock.
    Drop,
    /// So much was ahead of the clock that the stream is closed.
    Close,
}

impl RealTime {
    /// Judges `audio_ms` of sound that stands at `timestamp_ms` in its stream, `elapsed` after the stream began.
    pub(super) fn admit(&mut self, timestamp_ms: u64, audio_ms: u64, elapsed: Duration) -> Admission {
        let elapsed_ms = u64::try_from((elapsed + AHEAD).as_millis()).unwrap_or(u64::MAX);
        // A frame without sound costs work too.
        let audio_ms = audio_ms.max(1);
        let end_ms = timestamp_ms.max(self.taken_ms).saturating_add(audio_ms);
        if end_ms <= elapsed_ms {
            self.taken_ms += audio_ms;
            return Admission::Take;
        }
        self.dropped_ms = self.dropped_ms.saturating_add(audio_ms);
        if self.dropped_ms <= MOST_DROPPED_MS { Admission::Drop } else { Admission::Close }
    }

    /// Whether the piece that was dropped last is the first one.
    pub(super) fn is_first_drop(&self, audio_ms: u64) -> bool {
        self.dropped_ms <= audio_ms.max(1)
    }
}

/// So much sound may be ahead of the clock: a network that stalled delivers what it held at once, and the clock of the other
/// end may have begun earlier.
const AHEAD: Duration = Duration::from_secs(5);

/// A stream of which more was dropped is closed.
const MOST_DROPPED_MS: u64 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_time_with_jitter_is_taken_whole() {
        let mut limit = RealTime::default();
        for frame in 0..90_000_u64 {
            // The network holds everything back for four seconds of each ten.
            let spoken_ms = (frame + 1) * 20;
            let elapsed_ms = if spoken_ms % 10_000 < 4_000 { spoken_ms / 10_000 * 10_000 + 4_000 } else { spoken_ms };
            let elapsed = Duration::from_millis(elapsed_ms);
            assert_eq!(limit.admit(frame * 20, 20, elapsed), Admission::Take, "frame {frame}");
        }
    }

    #[test]
    fn faster_is_dropped_and_then_closed() {
        let (mut limit, mut outcomes) = (RealTime::default(), Vec::new());
        for frame in 0..751_u64 {
            outcomes.push(limit.admit(frame * 20, 20, Duration::ZERO));
        }
        assert!(outcomes[..250].iter().all(|outcome| *outcome == Admission::Take));
        assert!(outcomes[250..750].iter().all(|outcome| *outcome == Admission::Drop));
        assert_eq!(outcomes[750], Admission::Close);
    }

    #[test]
    fn neither_a_wrong_timestamp_nor_empty_frames_get_around_it() {
        let mut limit = RealTime::default();
        assert_eq!(limit.admit(0, 20, Duration::ZERO), Admission::Take);
        assert_eq!(limit.admit(59_000, 20, Duration::ZERO), Admission::Drop);
        assert!(limit.is_first_drop(20));
        let taken = (0..100_000).filter(|_| limit.admit(0, 0, Duration::ZERO) == Admission::Take).count();
        assert_eq!(taken, 4_980);
        assert_eq!(limit.admit(0, 0, Duration::ZERO), Admission::Close);
    }
}
