//! Network disturbances of media streams and webhooks.

use std::time::Duration;

/// The disturbances of a call; by default none.
#[expect(clippy::struct_excessive_bools, reason = "each is a disturbance of its own")]
#[derive(Clone, Debug, Default)]
pub struct Chaos {
    /// The maximum random delay of each frame. Frames keep their order.
    pub jitter: Duration,
    /// The number of frames that are sent together; 0 and 1 mean that each frame is sent separately.
    pub burst_frames: u64,
    /// A stall: its start, as time in the stream, and its length. During the stall no frames are delivered; afterwards,
    /// all held frames arrive together.
    pub stall: Option<(Duration, Duration)>,
    /// Frames have random lengths instead of 20 ms.
    pub ragged: bool,
    /// No frames are sent while the caller is silent, as happens with Twilio.
    pub omit_silence: bool,
    /// The percentage of marks that Twilio never returns.
    pub lost_marks_percent: u8,
    /// The maximum random delay before a mark returns.
    pub late_marks: Duration,
    /// Numbers in JSON messages are sent as numbers instead of strings.
    pub numbers_as_numbers: bool,
    /// `start` is sent twice.
    pub start_twice: bool,
    /// Each webhook is sent a second time, as after a lost response.
    pub webhooks_twice: bool,
    /// The seed of the disturbances: the same seed reproduces the same disturbances.
    pub seed: u64,
}

/// A xorshift generator: the same seed gives the same numbers.
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
