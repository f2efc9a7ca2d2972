//! What real networks do to a media stream and to webhooks.

use std::time::Duration;

/// Disturbances; by default there are none.
#[expect(clippy::struct_excessive_bools, reason = "each is a disturbance of its own")]
#[derive(Clone, Debug, Default)]
pub struct Chaos {
    /// Each frame is late by up to so much; their order stays.
    pub jitter: Duration,
    /// Frames come in heaps of so many; 0 and 1 mean one by one.
    pub burst_frames: u64,
    /// From this moment of the stream on, nothing gets through for so long; then all of it comes at once.
    pub stall: Option<(Duration, Duration)>,
    /// Frames are of any length, not of 20 ms.
    pub ragged: bool,
    /// No frames while the caller is silent, as Twilio sometimes does.
    pub omit_silence: bool,
    /// Of so many marks in a hundred nothing is ever heard again.
    pub lost_marks_percent: u8,
    /// Marks come back late by up to so much.
    pub late_marks: Duration,
    /// Numbers come as numbers, not as text.
    pub numbers_as_numbers: bool,
    /// `start` comes twice.
    pub start_twice: bool,
    /// Every webhook is sent a second time, as after a lost answer.
    pub webhooks_twice: bool,
    /// Which of all possible disturbances: the same number gives the same ones.
    pub seed: u64,
}

/// Chance that repeats.
#[derive(Clone, Copy, Debug)]
pub(super) struct SeededRng(u64);

impl SeededRng {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `limit`; 0 if that is 0.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11).checked_rem(limit).unwrap_or_default()
    }
}
