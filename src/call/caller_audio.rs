//! The caller's voice on its way to the engine: untouched and in order, holes filled, and kept until it is answered, so
//! that an engine that takes over hears the question.
//!
//! Positions count samples since the stream began, 8 to the millisecond, with the holes that were filled.

use crate::audio::{BYTES_PER_MS, EncodedAudio};
use std::collections::VecDeque;

/// The most that is kept for an engine that is not ready, or for the next one.
const KEEP: u64 = 60_000 * BYTES_PER_MS;
/// The most pieces, however short they are: twice as many as Twilio's own would be.
const KEEP_PIECES: usize = 6000;
/// Speech is kept from a little before the moment at which it was noticed.
const PRE_ROLL: u64 = 500 * BYTES_PER_MS;
/// Holes longer than this are a broken clock, not silence.
const MAX_HOLE_MS: u64 = 10_000;
/// Holes shorter than a frame are rounding.
const MIN_HOLE_MS: u64 = 20;

#[derive(Debug, Default)]
pub(super) struct CallerAudio {
    kept: VecDeque<EncodedAudio>,
    /// Where the first kept piece begins.
    start: u64,
    /// Where the last one ends.
    end: u64,
    /// How many of the kept pieces the engine has.
    sent: usize,
    /// Where the caller began to say what has not been answered.
    unanswered: Option<u64>,
    /// Where the present engine's own count of milliseconds begins.
    engine_start: u64,
    /// What comes before was spoken before the present engine was ready.
    replayed_until: u64,
    /// Where the caller's voice should go on, in the stream's own time.
    expected_ms: Option<u64>,
    /// Silence that was put in ahead of a hole that may follow.
    advanced_ms: u64,
}

impl CallerAudio {
    /// Takes a piece in; what is for the engine comes out by [`CallerAudio::poll`].
    pub(super) fn push(&mut self, timestamp_ms: u64, audio: EncodedAudio) {
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
    pub(super) fn fill_gap(&mut self, ms: u64) {
        self.advanced_ms += ms;
        self.keep(EncodedAudio::silence(ms));
    }

    /// Another stream of the same call begins, with a clock of its own.
    pub(super) fn restart_clock(&mut self) {
        (self.expected_ms, self.advanced_ms) = (None, 0);
    }

    /// The next piece for the engine.
    pub(super) fn poll(&mut self) -> Option<EncodedAudio> {
        let audio = self.kept.get(self.sent)?.clone();
        self.sent += 1;
        self.trim();
        Some(audio)
    }

    /// The caller speaks since `at`, where nothing else waits for an answer. Without a place: since now.
    pub(super) fn speech_began(&mut self, at: Option<u64>) {
        let at = at.unwrap_or(self.end).min(self.end);
        self.unanswered.get_or_insert(at);
    }

    /// All that was said before has been answered.
    pub(super) fn answered(&mut self) {
        self.unanswered = None;
    }

    /// Whether the caller has said something that is not answered.
    pub(super) fn is_unanswered(&self) -> bool {
        self.unanswered.is_some()
    }

    /// A new engine is ready: it begins with what is not answered. Returns whether there is such a thing.
    pub(super) fn replay(&mut self) -> bool {
        if let Some(at) = self.unanswered {
            let from = at.saturating_sub(PRE_ROLL);
            let mut end = self.start;
            let before = self.kept.iter().take_while(|audio| {
                end += audio.len() as u64;
                end <= from
            });
            self.sent = before.count().min(self.sent);
        }
        self.engine_start = self.start + self.kept.iter().take(self.sent).map(|audio| audio.len() as u64).sum::<u64>();
        self.replayed_until = self.end;
        self.unanswered.is_some()
    }

    /// A new engine is ready that has no use for what was said before.
    pub(super) fn skip(&mut self) {
        self.unanswered = None;
        self.sent = self.kept.len();
        self.trim();
        (self.engine_start, self.replayed_until) = (self.end, self.end);
    }

    /// The place of a moment by the engine's count of milliseconds.
    pub(super) fn place(&self, engine_ms: u64) -> u64 {
        (self.engine_start + engine_ms.saturating_mul(BYTES_PER_MS)).min(self.end)
    }

    /// Whether the engine hears that only because it was replayed.
    pub(super) fn is_replayed(&self, place: u64) -> bool {
        place < self.replayed_until
    }

    /// The milliseconds from a place to the newest sound.
    pub(super) fn ms_since(&self, place: u64) -> u64 {
        self.end.saturating_sub(place) / BYTES_PER_MS
    }

    fn keep(&mut self, audio: EncodedAudio) {
        self.end += audio.len() as u64;
        self.kept.push_back(audio);
        self.trim();
    }

    /// Drops what the engine has and nobody needs again; beyond the limits the oldest, whoever needs it.
    fn trim(&mut self) {
        let needed = self.unanswered.unwrap_or(self.end).saturating_sub(PRE_ROLL);
        while let Some(first) = self.kept.front() {
            let next = self.start + first.len() as u64;
            let is_done = self.sent > 0 && next <= needed;
            let is_too_much = self.kept.len() > KEEP_PIECES || (self.end - self.start > KEEP && self.kept.len() > 1);
            if !is_done && !is_too_much {
                break;
            }
            self.kept.pop_front();
            self.start = next;
            self.sent = self.sent.saturating_sub(1);
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

    fn heard(audio: &mut CallerAudio) -> Vec<u64> {
        std::iter::from_fn(|| audio.poll()).map(|piece| piece.ms()).collect()
    }

    #[test]
    fn holes_become_silence() {
        let mut audio = CallerAudio::default();
        for at in [0, 20, 100, 115, 60_000] {
            audio.push(at, frame());
        }
        assert_eq!(
            heard(&mut audio),
            [20, 20, 60, 20, 20, 20],
            "60 ms of hole; 5 ms early and a broken clock are ignored"
        );
    }

    #[test]
    fn silence_put_in_early_is_not_put_in_again() {
        let mut audio = CallerAudio::default();
        audio.push(0, frame());
        audio.fill_gap(1000);
        audio.push(1520, frame());
        assert_eq!(heard(&mut audio), [20, 1000, 500, 20]);
    }

    #[test]
    fn crumbs_do_not_pile_up() {
        let mut audio = CallerAudio::default();
        for _ in 0..10_000 {
            audio.push(0, EncodedAudio::encode(&[7]));
        }
        assert_eq!(heard(&mut audio).len(), KEEP_PIECES);
    }

    #[test]
    fn the_next_engine_hears_what_was_not_answered_and_no_more() {
        let mut audio = CallerAudio::default();
        for at in 0..100 {
            audio.push(at * 20, frame());
            audio.poll();
        }
        assert!(!audio.replay(), "nothing was said");
        audio.speech_began(None);
        for at in 100..200 {
            audio.push(at * 20, frame());
            audio.poll();
        }
        assert!(audio.replay());
        let replayed: u64 = heard(&mut audio).iter().sum();
        assert_eq!(replayed, 2500, "two seconds, and what came just before");
        assert!(audio.is_replayed(audio.place(2499)) && !audio.is_replayed(audio.place(2500)));
        audio.answered();
        assert!(!audio.replay());
        assert_eq!(heard(&mut audio), [0_u64; 0]);
    }

    proptest! {
        #[test]
        fn what_waits_is_bounded_and_the_newest_stays(stamps in proptest::collection::vec(0u64..100_000, 1..4000)) {
            let mut audio = CallerAudio::default();
            audio.speech_began(None);
            for at in stamps { audio.push(at, frame()); }
            let all = heard(&mut audio);
            prop_assert!(all.iter().sum::<u64>() * BYTES_PER_MS <= KEEP.max(*all.last().unwrap()));
            prop_assert_eq!(*all.last().unwrap(), 20);
        }
    }
}
