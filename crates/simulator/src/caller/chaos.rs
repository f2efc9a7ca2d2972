//! Network disturbances of media streams and webhooks.

use std::time::Duration;

/// Disturbances; by default there are none.
#[expect(clippy::struct_excessive_bools, reason = "each is a disturbance of its own")]
#[derive(Clone, Debug, Default)]
pub struct Chaos {
    /// Each frame is late by up to this time; the order is kept.
    pub jitter: Duration,
    /// Frames arrive in bursts of this many; 0 and 1 mean one at a time.
    pub burst_frames: u64,
    /// At this time in the stream (first value), nothing is delivered for this long (second value); then everything
    /// arrives at once.
    pub stall: Option<(Duration, Duration)>,
    /// Frames have any length instead of 20 ms.
    pub ragged: bool,
    /// No frames while the caller is silent, as Twilio sometimes does.
    pub omit_silence: bool,
    /// The percentage of marks that Twilio never returns.
    pub lost_marks_percent: u8,
    /// Marks return late by up to this time.
    pub late_marks: Duration,
    /// JSON numbers are sent as numbers instead of strings.
    pub numbers_as_numbers: bool,
    /// `start` is sent twice.
    pub start_twice: bool,
    /// Each webhook is sent a second time, as after a lost response.
    pub webhooks_twice: bool,
    /// The seed of the disturbances: the same seed gives the same ones.
    pub seed: u64,
}

/// A random number generator with a seed.
#[derive(Clone, Copy, Debug)]
pub(super) struct SeededRng(u64);

impl SeededRng {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// Returns a number below `limit`, or 0 if `limit` is 0.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11).checked_rem(limit).unwrap_or_default()
    }
}
