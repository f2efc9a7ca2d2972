//! Speech detection by the level relative to the noise of the line. It needs neither an AI nor a neural network. The
//! voicemail engine uses it to find the end of a message, and the recognition of machines to measure speech without
//! pauses.

use super::{BYTES_PER_MS, mulaw};

/// The lowest level that counts as speech on any line.
const MIN_LEVEL: u32 = 300;
/// The minimum ratio of the level of speech to the level of noise.
const OVER_NOISE: u32 = 3;
/// A level of 1 in the unit of the noise. With this unit, the noise rises by 1/512 of the difference in each loud frame.
const UNIT: u32 = 512;
/// The length of the silence that ends the speech.
const HANGOVER_MS: u64 = 300;

/// A speech detector for one side of a call.
#[derive(Clone, Debug)]
pub struct SpeechDetector {
    /// The level of the noise, in units of 1/512, so that small differences of loud frames add up.
    noise: u32,
    loud_ms: u64,
    quiet_ms: u64,
}

impl Default for SpeechDetector {
    fn default() -> Self {
        Self { noise: MIN_LEVEL / OVER_NOISE * UNIT, loud_ms: 0, quiet_ms: 0 }
    }
}

impl SpeechDetector {
    /// Processes the next samples: about one frame.
    pub fn push(&mut self, samples: &[u8]) {
        let (level, ms) = (mulaw::level(samples), samples.len() as u64 / BYTES_PER_MS);
        if level >= MIN_LEVEL.max(self.noise * OVER_NOISE / UNIT) {
            self.loud_ms += ms;
            self.quiet_ms = 0;
            // If the line is permanently loud, the loudness is noise, so the noise level rises slowly.
            self.noise += level.saturating_sub(self.noise / UNIT);
        } else {
            self.quiet_ms += ms;
            if self.quiet_ms >= HANGOVER_MS {
                self.loud_ms = 0;
            }
            self.noise = (self.noise * 31 + level * UNIT) / 32;
        }
    }

    /// Returns the duration of loud samples in the current speech, in milliseconds; 0 after 300 ms of silence.
    pub fn speech_ms(&self) -> u64 {
        self.loud_ms
    }

    /// Returns the duration of the current silence in milliseconds.
    pub fn silence_ms(&self) -> u64 {
        self.quiet_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{FRAME_BYTES, mulaw::encode};

    fn tone(amplitude: i16, frames: usize) -> Vec<u8> {
        (0..frames * FRAME_BYTES).map(|i| encode(if i / 8 % 2 == 0 { amplitude } else { -amplitude })).collect()
    }

    fn push(detector: &mut SpeechDetector, samples: &[u8]) {
        samples.chunks(FRAME_BYTES).for_each(|frame| detector.push(frame));
    }

    #[test]
    fn speech_is_loud_and_silence_is_not() {
        let mut detector = SpeechDetector::default();
        push(&mut detector, &tone(40, 50));
        assert_eq!((detector.speech_ms(), detector.silence_ms()), (0, 1000));
        push(&mut detector, &tone(6000, 25));
        assert_eq!((detector.speech_ms(), detector.silence_ms()), (500, 0));
        push(&mut detector, &tone(40, 10));
        push(&mut detector, &tone(6000, 10));
        assert_eq!(detector.speech_ms(), 700, "a breath does not end it");
        push(&mut detector, &tone(40, 100));
        assert_eq!((detector.speech_ms(), detector.silence_ms()), (0, 2000));
    }

    #[test]
    fn a_noisy_line_is_not_speech_for_ever() {
        for amplitude in [350, 500, 700, 760, 1200] {
            let mut detector = SpeechDetector::default();
            push(&mut detector, &tone(amplitude, 3000));
            assert!(detector.silence_ms() > 1000, "{amplitude}: {detector:?}");
            push(&mut detector, &tone(9000, 25));
            assert!(detector.speech_ms() >= 400, "{amplitude}: {detector:?}");
        }
    }
}
