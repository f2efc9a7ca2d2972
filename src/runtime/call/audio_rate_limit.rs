//! Rate limit for the audio of a caller, and of an employee who answers with the browser. Audio that arrives faster
//! than real time would have to be buffered without limit.

use std::time::Duration;

#[derive(Debug, Default)]
pub(super) struct AudioRateLimit {
    accepted_ms: u64,
    dropped_ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    Accept,
    Drop,
    Close,
}

impl AudioRateLimit {
    /// `timestamp_ms` is the time in the stream at which the audio starts, and `elapsed` the time since the stream
    /// started.
    pub(super) fn admit(&mut self, timestamp_ms: u64, audio_ms: u64, elapsed: Duration) -> Admission {
        let elapsed_ms = u64::try_from((elapsed + MAX_AHEAD).as_millis()).unwrap_or(u64::MAX);
        // An empty frame counts as 1 ms, because it also costs processing time.
        let audio_ms = audio_ms.max(1);
        let end_ms = timestamp_ms.max(self.accepted_ms).saturating_add(audio_ms);
        if end_ms <= elapsed_ms {
            self.accepted_ms += audio_ms;
            return Admission::Accept;
        }
        self.dropped_ms = self.dropped_ms.saturating_add(audio_ms);
        if self.dropped_ms <= MAX_DROPPED_MS { Admission::Drop } else { Admission::Close }
    }

    /// Returns true if the piece that was dropped last was the first dropped piece of the stream.
    pub(super) fn is_first_drop(&self, audio_ms: u64) -> bool {
        self.dropped_ms <= audio_ms.max(1)
    }
}

/// How far audio may be ahead of the clock. Audio may be ahead because a stalled network delivers its backlog at once,
/// or because the sender started its clock earlier.
const MAX_AHEAD: Duration = Duration::from_secs(5);

/// The stream is closed once more audio than this was dropped.
const MAX_DROPPED_MS: u64 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audio_in_real_time_with_jitter_is_accepted_completely() {
        let mut limit = AudioRateLimit::default();
        for frame in 0..90_000_u64 {
            // The network stalls for four seconds of every ten.
            let spoken_ms = (frame + 1) * 20;
            let elapsed_ms = if spoken_ms % 10_000 < 4_000 { spoken_ms / 10_000 * 10_000 + 4_000 } else { spoken_ms };
            let elapsed = Duration::from_millis(elapsed_ms);
            assert_eq!(limit.admit(frame * 20, 20, elapsed), Admission::Accept, "frame {frame}");
        }
    }

    #[test]
    fn faster_audio_is_dropped_and_then_closes_the_socket() {
        let (mut limit, mut outcomes) = (AudioRateLimit::default(), Vec::new());
        for frame in 0..751_u64 {
            outcomes.push(limit.admit(frame * 20, 20, Duration::ZERO));
        }
        assert!(outcomes[..250].iter().all(|outcome| *outcome == Admission::Accept));
        assert!(outcomes[250..750].iter().all(|outcome| *outcome == Admission::Drop));
        assert_eq!(outcomes[750], Admission::Close);
    }

    #[test]
    fn neither_a_wrong_timestamp_nor_empty_frames_get_around_the_limit() {
        let mut limit = AudioRateLimit::default();
        assert_eq!(limit.admit(0, 20, Duration::ZERO), Admission::Accept);
        assert_eq!(limit.admit(59_000, 20, Duration::ZERO), Admission::Drop);
        assert!(limit.is_first_drop(20));
        let taken = (0..100_000).filter(|_| limit.admit(0, 0, Duration::ZERO) == Admission::Accept).count();
        assert_eq!(taken, 4_980);
        assert_eq!(limit.admit(0, 0, Duration::ZERO), Admission::Close);
    }
}
