//! Buffers the caller's audio on its way to the engine. The audio is forwarded unchanged and in order, and gaps of 20
//! ms to 10 s are filled with silence. Unanswered speech stays in the buffer, so that a replacement engine receives it
//! too.
//!
//! Positions count the samples that were added during the call, 8 per millisecond. They include the silence that fills
//! gaps.

use crate::audio::{BYTES_PER_MS, EncodedAudio};
use std::collections::VecDeque;

/// The maximum amount of audio in the buffer, in samples.
const MAX_BUFFERED: u64 = 60_000 * BYTES_PER_MS;
/// The maximum number of pieces in the buffer: twice the number of Twilio's 20 ms frames in 60 seconds. It limits the
/// memory that very short pieces take.
const MAX_BUFFERED_PIECES: usize = 6000;
/// Buffered speech includes this much audio before the detected start of the speech.
const PRE_ROLL: u64 = 500 * BYTES_PER_MS;
/// The longest gap that is filled with silence. A longer gap means that the timestamps are wrong.
const MAX_GAP_MS: u64 = 10_000;
/// The maximum number of known times of positions. A line with more gaps loses the times of its earliest audio.
const MAX_CLOCK_MARKS: usize = 64;
/// The shortest gap that is filled: one frame. A shorter gap is a rounding error of the timestamps.
const MIN_GAP_MS: u64 = 20;

#[derive(Debug, Default)]
pub(super) struct CallerAudio {
    buffered: VecDeque<EncodedAudio>,
    /// The position of the first buffered piece.
    start: u64,
    /// The position after the last buffered piece.
    end: u64,
    /// The number of buffered pieces that were sent to the engine.
    sent: usize,
    /// The position at which unanswered speech of the caller started.
    unanswered: Option<u64>,
    /// The position at which the current engine's millisecond count starts.
    engine_start: u64,
    /// Audio before this position was received before the current engine was ready.
    replayed_until: u64,
    /// The stream timestamp that the next piece is expected to have.
    expected_ms: Option<u64>,
    /// The silence that `fill_gap` has inserted since the last piece. It is subtracted from the next gap.
    advanced_ms: u64,
    /// When the current stream started, in milliseconds since the first stream of the call started.
    stream_began_ms: u64,
    /// Positions with their times in milliseconds since the first stream of the call started. The time of any other
    /// position follows from the last one before it.
    clock_marks: VecDeque<(u64, u64)>,
}

impl CallerAudio {
    pub(super) fn push(&mut self, timestamp_ms: u64, audio: EncodedAudio) {
        let gap = self.expected_ms.map_or(0, |expected| timestamp_ms.saturating_sub(expected));
        self.expected_ms = Some(timestamp_ms.saturating_add(audio.ms()));
        let filled = gap.min(self.advanced_ms);
        self.advanced_ms = 0;
        if (MIN_GAP_MS..=MAX_GAP_MS).contains(&(gap - filled)) {
            self.append(EncodedAudio::silence(gap - filled));
        }
        self.mark_clock(self.stream_began_ms.saturating_add(timestamp_ms));
        self.append(audio);
    }

    /// Records the time of the next piece, unless that time follows from the earlier pieces.
    fn mark_clock(&mut self, at_ms: u64) {
        if !self.clock_marks.is_empty() && self.call_ms(self.end).abs_diff(at_ms) < MIN_GAP_MS {
            return;
        }
        self.clock_marks.push_back((self.end, at_ms));
        if self.clock_marks.len() > MAX_CLOCK_MARKS {
            self.clock_marks.pop_front();
        }
    }

    /// Returns when the audio at a position was spoken, in milliseconds since the first stream of the call started. The
    /// recording of that stream has the same clock.
    pub(super) fn call_ms(&self, position: u64) -> u64 {
        let mark = self.clock_marks.iter().rev().find(|(at, _)| *at <= position).or(self.clock_marks.front());
        let (at, at_ms) = mark.copied().unwrap_or_default();
        (at_ms + position.saturating_sub(at) / BYTES_PER_MS).saturating_sub(at.saturating_sub(position) / BYTES_PER_MS)
    }

    /// Inserts silence when the line delivers no audio during speech, so that the engine detects the end of the turn.
    pub(super) fn fill_gap(&mut self, ms: u64) {
        self.advanced_ms += ms;
        self.append(EncodedAudio::silence(ms));
    }

    /// A stream has started, this long after the first one.
    pub(super) fn stream_started(&mut self, began_ms: u64) {
        self.stream_began_ms = began_ms;
    }

    /// The timestamp of the next piece is not compared with earlier timestamps: those of another stream of the same
    /// phone call start at 0.
    pub(super) fn restart_clock(&mut self) {
        (self.expected_ms, self.advanced_ms) = (None, 0);
    }

    pub(super) fn poll(&mut self) -> Option<EncodedAudio> {
        let audio = self.buffered.get(self.sent)?.clone();
        self.sent += 1;
        self.trim();
        Some(audio)
    }

    /// The caller has been speaking since position `at`, or since now if `at` is none. While earlier speech is
    /// unanswered, the earlier position is kept.
    pub(super) fn speech_started(&mut self, at: Option<u64>) {
        let at = at.unwrap_or(self.end).min(self.end);
        self.unanswered.get_or_insert(at);
    }

    pub(super) fn answered(&mut self) {
        self.unanswered = None;
    }

    pub(super) fn is_unanswered(&self) -> bool {
        self.unanswered.is_some()
    }

    /// Prepares the buffer for a new engine, which receives the unanswered audio first. Returns true if there is
    /// unanswered audio.
    pub(super) fn replay(&mut self) -> bool {
        if let Some(at) = self.unanswered {
            let from = at.saturating_sub(PRE_ROLL);
            let mut end = self.start;
            let before = self.buffered.iter().take_while(|audio| {
                end += audio.len() as u64;
                end <= from
            });
            self.sent = before.count().min(self.sent);
        }
        self.engine_start =
            self.start + self.buffered.iter().take(self.sent).map(|audio| audio.len() as u64).sum::<u64>();
        self.replayed_until = self.end;
        self.unanswered.is_some()
    }

    /// Prepares the buffer for a new engine that does not need the earlier audio.
    pub(super) fn skip(&mut self) {
        self.unanswered = None;
        self.sent = self.buffered.len();
        self.trim();
        (self.engine_start, self.replayed_until) = (self.end, self.end);
    }

    /// Drops all audio, because an employee has talked with the caller.
    pub(super) fn forget(&mut self) {
        self.buffered.clear();
        (self.start, self.sent, self.unanswered) = (self.end, 0, None);
        self.restart_clock();
    }

    /// Converts the engine's millisecond count to a position.
    pub(super) fn position(&self, engine_ms: u64) -> u64 {
        self.engine_start.saturating_add(engine_ms.saturating_mul(BYTES_PER_MS)).min(self.end)
    }

    /// Returns true if the audio at this position was received before the current engine was ready.
    pub(super) fn is_replayed(&self, position: u64) -> bool {
        position < self.replayed_until
    }

    pub(super) fn position_ago(&self, ms: u64) -> u64 {
        self.end.saturating_sub(ms.saturating_mul(BYTES_PER_MS))
    }

    /// Returns the milliseconds from a position to the end of the audio.
    pub(super) fn ms_since(&self, position: u64) -> u64 {
        self.end.saturating_sub(position) / BYTES_PER_MS
    }

    fn append(&mut self, audio: EncodedAudio) {
        self.end += audio.len() as u64;
        self.buffered.push_back(audio);
        self.trim();
    }

    /// Drops audio that was sent to the engine, except unanswered audio and the pre-roll. Beyond the limits, drops the
    /// oldest pieces in any case.
    fn trim(&mut self) {
        let needed = self.unanswered.unwrap_or(self.end).saturating_sub(PRE_ROLL);
        while let Some(first) = self.buffered.front() {
            let next = self.start + first.len() as u64;
            let is_done = self.sent > 0 && next <= needed;
            let is_too_much = self.buffered.len() > MAX_BUFFERED_PIECES
                || (self.end - self.start > MAX_BUFFERED && self.buffered.len() > 1);
            if !is_done && !is_too_much {
                break;
            }
            self.buffered.pop_front();
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

    fn poll_all(audio: &mut CallerAudio) -> Vec<u64> {
        std::iter::from_fn(|| audio.poll()).map(|piece| piece.ms()).collect()
    }

    #[test]
    fn gaps_become_silence() {
        let mut audio = CallerAudio::default();
        for at in [0, 20, 100, 115, 60_000] {
            audio.push(at, frame());
        }
        assert_eq!(
            poll_all(&mut audio),
            [20, 20, 60, 20, 20, 20],
            "60 ms of gap; 5 ms early and a broken clock are ignored"
        );
    }

    #[test]
    fn positions_have_the_times_of_the_recording() {
        let mut audio = CallerAudio::default();
        // The first frame is late, a gap is filled, and a broken clock and a second stream leave gaps that are not.
        for at in [40, 60, 200, 220, 60_000, 60_020] {
            audio.push(at, frame());
        }
        audio.restart_clock();
        audio.stream_started(90_000);
        audio.push(10, frame());
        let times = |positions: [u64; 8]| positions.map(|ms| audio.call_ms(ms * BYTES_PER_MS));
        assert_eq!(times([0, 20, 40, 160, 180, 200, 239, 240]), [40, 60, 80, 200, 220, 60_000, 60_039, 90_010]);
        for at in 0..1000 {
            audio.push(at * 20_000, frame());
        }
        assert_eq!(audio.clock_marks.len(), MAX_CLOCK_MARKS);
    }

    #[test]
    fn silence_put_in_early_is_not_put_in_again() {
        let mut audio = CallerAudio::default();
        audio.push(0, frame());
        audio.fill_gap(1000);
        audio.push(1520, frame());
        assert_eq!(poll_all(&mut audio), [20, 1000, 500, 20]);
    }

    #[test]
    fn very_short_pieces_do_not_pile_up() {
        let mut audio = CallerAudio::default();
        for _ in 0..10_000 {
            audio.push(0, EncodedAudio::encode(&[7]));
        }
        assert_eq!(poll_all(&mut audio).len(), MAX_BUFFERED_PIECES);
    }

    #[test]
    fn the_next_engine_is_sent_only_what_was_not_answered() {
        let mut audio = CallerAudio::default();
        for at in 0..100 {
            audio.push(at * 20, frame());
            audio.poll();
        }
        assert!(!audio.replay(), "nothing was said");
        audio.speech_started(None);
        for at in 100..200 {
            audio.push(at * 20, frame());
            audio.poll();
        }
        assert!(audio.replay());
        let replayed: u64 = poll_all(&mut audio).iter().sum();
        assert_eq!(replayed, 2500, "two seconds, and what came just before");
        assert!(audio.is_replayed(audio.position(2499)) && !audio.is_replayed(audio.position(2500)));
        audio.answered();
        assert!(!audio.replay());
        assert_eq!(poll_all(&mut audio), [0_u64; 0]);
    }

    proptest! {
        #[test]
        fn buffered_audio_is_bounded_and_the_newest_is_kept(stamps in proptest::collection::vec(0u64..100_000, 1..4000)) {
            let mut audio = CallerAudio::default();
            audio.speech_started(None);
            for at in stamps { audio.push(at, frame()); }
            let all = poll_all(&mut audio);
            prop_assert!(all.iter().sum::<u64>() * BYTES_PER_MS <= MAX_BUFFERED.max(*all.last().unwrap()));
            prop_assert_eq!(*all.last().unwrap(), 20);
        }
    }
}
