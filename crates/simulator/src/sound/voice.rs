//! Synthetic voices: voiced syllables with a little breath noise.

use super::{SILENCE, bytes_of, encode_sample};
use std::f64::consts::TAU;

/// A synthetic voice. Each seed gives a different utterance; the same seed gives the same audio.
#[derive(Clone, Copy, Debug)]
pub struct Voice {
    /// The pitch in hertz.
    pub pitch: f64,
    /// The seed of the breath noise, in which utterances differ.
    pub seed: u64,
}

impl Voice {
    /// Creates the voice of a caller, which is lower than the agent's.
    pub fn caller(seed: u64) -> Self {
        Self { pitch: 118.0, seed }
    }

    /// Creates the voice of the agent, which is higher than a caller's.
    pub fn agent(seed: u64) -> Self {
        Self { pitch: 205.0, seed }
    }

    /// Returns `ms` milliseconds of speech in mu-law.
    pub fn speak(self, ms: u64) -> Vec<u8> {
        let mut breath = self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let samples = u32::try_from(bytes_of(ms)).unwrap_or(u32::MAX);
        (0..samples).map(|sample| encode_sample(self.sample(sample, &mut breath))).collect()
    }

    fn sample(self, index: u32, breath: &mut u64) -> i16 {
        let t = f64::from(index) / 8_000.0;
        // Three syllables a second; the volume never drops to silence, so that the audio is one utterance.
        let syllable = 0.6 + 0.4 * (TAU * 3.0 * t).sin();
        let vibrato = 1.0 + 0.02 * (TAU * 5.0 * t).sin();
        let voiced: f64 = (1..=6).map(|n| (TAU * self.pitch * vibrato * f64::from(n) * t).sin() / f64::from(n)).sum();
        let noise = f64::from(next_random(breath)) / f64::from(u32::MAX) - 0.5;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a cast from float saturates, and the sum is far below the limit"
        )]
        let sample = (syllable * voiced * 5_500.0 + noise * 1_500.0) as i16;
        sample
    }
}

/// Returns `ms` milliseconds of silence in mu-law.
pub fn silence(ms: u64) -> Vec<u8> {
    vec![SILENCE; bytes_of(ms)]
}

/// Returns the next number of a xorshift generator, which is random enough for breath noise.
fn next_random(state: &mut u64) -> u32 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::super::{loudness, millis};
    use super::*;

    #[test]
    fn speech_has_the_requested_length_without_silence() {
        let speech = Voice::caller(1).speak(1_000);
        assert_eq!(millis(speech.len()), 1_000);
        assert!(speech.chunks(160).all(|frame| loudness(frame) > 600), "{:?}", speech.chunks(160).map(loudness).min());
    }

    #[test]
    fn utterances_differ_and_repeat() {
        assert_eq!(Voice::agent(3).speak(200), Voice::agent(3).speak(200));
        assert_ne!(Voice::agent(3).speak(200), Voice::agent(4).speak(200));
    }
}
