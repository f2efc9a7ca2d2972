//! The tone that a caller hears while a phone rings.

use super::{BYTES_PER_MS, EncodedAudio, mulaw};
use std::f32::consts::TAU;

/// The frequency in Israel (ITU-T E.180, Supplement 2), in hertz. It has whole periods in a frame.
const FREQUENCY: f32 = 400.0;
/// Each tone is as long as in Israel. The pause is shorter than its three seconds, so that a caller never waits for two
/// seconds without a sound.
const TONE_MS: u64 = 1000;
const PAUSE_MS: u64 = 1500;
/// A tenth of the maximum: as loud as quiet speech.
const LEVEL: f32 = 3200.0;

/// Returns one tone and the pause after it.
pub fn ringing_tone() -> EncodedAudio {
    let samples = (0..TONE_MS * BYTES_PER_MS).map(|at| {
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let phase = TAU * FREQUENCY * at as f32 / 8000.0;
        #[expect(clippy::cast_possible_truncation, reason = "the level is in the range")]
        let sample = (LEVEL * phase.sin()) as i16;
        mulaw::encode(sample)
    });
    let pause = (0..PAUSE_MS * BYTES_PER_MS).map(|_| mulaw::SILENCE);
    EncodedAudio::encode(&samples.chain(pause).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::FRAME_BYTES;

    #[test]
    fn the_ringing_tone_is_audible_and_no_machine_tone() {
        let samples = ringing_tone().decode();
        assert_eq!((samples.len(), samples.len() % FRAME_BYTES), (20_000, 0));
        assert!(mulaw::level(&samples[..8000]) > 1500);
        assert_eq!(mulaw::level(&samples[8000..]), 0);
    }
}
