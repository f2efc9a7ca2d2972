//! The way of the caller's voice to the engine: untouched and in order, holes filled, nothing lost while the engine
//! connects.

use crate::audio::EncodedAudio;
use std::collections::VecDeque;

/// What is kept for an engine that is not there yet.
const KEEP_MS: u64 = 10_000;
/// However short the pieces are, there are no more of them: twice as many as Twilio's own would be.
const KEEP_PIECES: usize = 1000;
/// Holes longer than this are a broken clock, not silence.
const MAX_HOLE_MS: u64 = 10_000;
/// Holes shorter than a frame are rounding.
const MIN_HOLE_MS: u64 = 20;

#[derive(Debug, Default)]
pub(super) struct Ear {
    /// What the engine has not heard yet; the oldest is dropped first.
    kept: VecDeque<EncodedAudio>,
    kept_ms: u64,
    /// Where the caller's voice should go on, in the stream's own time.
    expected_ms: Option<u64>,
    /// Silence that was put in ahead of a hole that may follow.
    advanced_ms: u64,
}

impl Ear {
    /// Takes a piece in; what the engine shall hear comes out by [`Ear::poll`].
    pub(super) fn hear(&mut self, timestamp_ms: u64, audio: EncodedAudio) {
        let hole = self.expected_ms.map_or(0, |expected| timestamp_ms.saturating_sub(expected));
        self.expected_ms = Some(timestamp_ms.saturating_add(audio.ms()));
        let filled = hole.min(self.advanced_ms);
        self.advanced_ms = 0;
        if (MIN_HOLE_MS..=MAX_HOLE_MS).contains(&(hole - filled)) {
            self.keep(EncodedAudio::silence(hole - filled));
        }
        self.keep(audio);
    }

    /// The line is silent in the middle of speech: the engine hears silence, so that it sees the end of the turn.
    pub(super) fn fill(&mut self, ms: u64) {
        self.advanced_ms += ms;
        self.keep(EncodedAudio::silence(ms));
    }

    /// The next piece for the engine.
    pub(super) fn poll(&mut self) -> Option<EncodedAudio> {
        let audio = self.kept.pop_front()?;
        self.kept_ms -= audio.ms();
        Some(audio)
    }

    fn keep(&mut self, audio: EncodedAudio) {
        self.kept_ms += audio.ms();
        self.kept.push_back(audio);
        while self.kept.len() > KEEP_PIECES || (self.kept_ms > KEEP_MS && self.kept.len() > 1) {
            self.poll();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frame() -> EncodedAudio {
        EncodedAudio::encode(&[7; 160])
    }

    fn heard(ear: &mut Ear) -> Vec<u64> {
        std::iter::from_fn(|| ear.poll()).map(|audio| audio.ms()).collect()
    }

    #[test]
    fn holes_become_silence() {
        let mut ear = Ear::default();
        for at in [0, 20, 100, 115, 60_000] {
            ear.hear(at, frame());
        }
        assert_eq!(
            heard(&mut ear),
            [20, 20, 60, 20, 20, 20],
            "60 ms of hole; 5 ms early and a broken clock are ignored"
        );
    }

    #[test]
    fn silence_put_in_early_is_not_put_in_again() {
        let mut ear = Ear::default();
        ear.hear(0, frame());
        ear.fill(1000);
        ear.hear(1520, frame());
        assert_eq!(heard(&mut ear), [20, 1000, 500, 20]);
    }

    #[test]
    fn crumbs_do_not_pile_up() {
        let mut ear = Ear::default();
        for _ in 0..10_000 {
            ear.hear(0, EncodedAudio::encode(&[7]));
        }
        assert_eq!(heard(&mut ear).len(), KEEP_PIECES);
    }

    proptest! {
        #[test]
        fn what_waits_is_bounded_and_the_newest_stays(stamps in proptest::collection::vec(0u64..100_000, 1..2000)) {
            let mut ear = Ear::default();
            for at in stamps { ear.hear(at, frame()); }
            let all = heard(&mut ear);
            prop_assert!(all.iter().sum::<u64>() <= KEEP_MS.max(*all.last().unwrap()));
            prop_assert_eq!(*all.last().unwrap(), 20);
        }
    }
}
