//! Voice detection in telephone audio by a small neural network (`earshot`, 16 kHz). The network distinguishes voices
//! from music and engine noise better than a level detector. It mistakes the first second of a hiss after speech for
//! speech, so the detector also requires a pitch, which a hiss does not have.

use super::{EncodedAudio, mulaw};
use earshot::Detector;
use std::collections::VecDeque;

/// The number of 16 kHz samples per step of the network: 16 ms.
const STEP: usize = 256;
/// The score of the network above which a step is a voice.
const THRESHOLD: f32 = 0.6;
/// The level up to which a sample is silence.
const MIN_LEVEL: u16 = 200;
/// The network runs only if at least one in this many samples is louder than silence. Crackles of the line are loud,
/// but too short to reach this share.
const MIN_LOUD_PART: usize = 5;
/// The number of 8 kHz samples from which each interpolated sample is computed.
const TAPS: usize = 8;
/// The window for the detection of a pitch, in 8 kHz samples: 32 ms.
const PITCH_WINDOW: usize = 256;
/// The periods of human voices in 8 kHz samples: 60 to 400 Hz.
const PITCH_PERIODS: std::ops::RangeInclusive<usize> = 20..=133;
/// The minimum correlation of a window with itself one period later that counts as a pitch.
const MIN_CORRELATION: f32 = 0.5;
/// The number of consecutive steps without a pitch that can still be a voice: 128 ms. Consonants without a pitch are
/// shorter.
const MAX_STEPS_WITHOUT_PITCH: u32 = 8;
/// The coefficients of the interpolation filter: a half-band low-pass at 4 kHz, as a sinc with a Hamming window,
/// normalized to a sum of 1.
const BETWEEN: [f32; TAPS] = [-0.010_5, 0.046_5, -0.152_48, 0.616_47, 0.616_47, -0.152_48, 0.046_5, -0.010_5];

/// A voice detector for one side of a call.
pub struct VoiceDetector {
    /// The network, created at its first use: it takes about 8 KiB, and many calls do not need it.
    network: Option<Box<Detector>>,
    /// The last 8 kHz samples, for the interpolation.
    before: [f32; TAPS],
    /// Buffered 16 kHz samples that do not fill a step yet.
    step: Vec<i16>,
    samples: Vec<u8>,
    /// The last 8 kHz samples, for the detection of a pitch.
    recent: VecDeque<f32>,
    steps_without_pitch: u32,
    is_voice: bool,
}

impl Default for VoiceDetector {
    fn default() -> Self {
        Self {
            network: None,
            before: [0.0; TAPS],
            step: Vec::new(),
            samples: Vec::new(),
            recent: VecDeque::new(),
            steps_without_pitch: 0,
            is_voice: false,
        }
    }
}

impl VoiceDetector {
    /// Processes the next audio and returns true if it contains a voice. With `is_loud_enough`, all audio that is
    /// louder than silence counts as a voice. The network does not run then, because it takes as much CPU time as the
    /// rest of the call.
    pub fn detect(&mut self, audio: &EncodedAudio, is_loud_enough: bool) -> bool {
        self.samples.clear();
        audio.decode_into(&mut self.samples);
        if mulaw::louder_than(MIN_LEVEL, &self.samples) * MIN_LOUD_PART < self.samples.len() {
            self.is_voice = false;
            self.steps_without_pitch = self.steps_without_pitch.saturating_add(1);
        } else if is_loud_enough {
            self.is_voice = true;
        } else {
            let samples = std::mem::take(&mut self.samples);
            for byte in &samples {
                self.push(f32::from(mulaw::decode(*byte)));
            }
            self.samples = samples;
        }
        self.is_voice
    }

    fn push(&mut self, sample: f32) {
        if self.recent.len() == PITCH_WINDOW {
            self.recent.pop_front();
        }
        self.recent.push_back(sample);
        self.before.rotate_left(1);
        self.before[TAPS - 1] = sample;
        let between: f32 = self.before.iter().zip(BETWEEN).map(|(sample, weight)| sample * weight).sum();
        #[expect(clippy::cast_possible_truncation, reason = "a cast from float saturates")]
        self.step.extend([self.before[TAPS / 2 - 1] as i16, between as i16]);
        if self.step.len() == STEP {
            let network = self.network.get_or_insert_with(Detector::default_boxed);
            let is_speech = network.predict_i16(&self.step) > THRESHOLD;
            self.step.clear();
            if is_speech && has_pitch(self.recent.make_contiguous()) {
                self.steps_without_pitch = 0;
            } else {
                self.steps_without_pitch = self.steps_without_pitch.saturating_add(1);
            }
            self.is_voice = is_speech && self.steps_without_pitch <= MAX_STEPS_WITHOUT_PITCH;
        }
    }
}

/// Returns true if the audio repeats itself with the period of a human voice.
fn has_pitch(window: &[f32]) -> bool {
    let length = |part: &[f32]| f32::from(u16::try_from(part.len()).unwrap_or(u16::MAX));
    // The mean energy of the window approximates the energy of both parts. At 8 kHz, testing every second period is
    // precise enough.
    let mean = window.iter().map(|sample| sample * sample).sum::<f32>() / length(window).max(1.0);
    PITCH_PERIODS.step_by(2).filter(|period| *period < window.len()).any(|period| {
        let (first, later) = (&window[..window.len() - period], &window[period..]);
        let product: f32 = first.iter().zip(later).map(|(a, b)| a * b).sum();
        product > MIN_CORRELATION * mean * length(first)
    })
}

impl std::fmt::Debug for VoiceDetector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VoiceDetector").field("is_voice", &self.is_voice).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::FRAME_BYTES;
    use std::f64::consts::TAU;

    fn voice_ms(sound: &[u8]) -> usize {
        let mut detector = VoiceDetector::default();
        let frames = sound.chunks(FRAME_BYTES);
        frames.filter(|frame| detector.detect(&EncodedAudio::encode(frame), false)).count() * 20
    }

    fn made(ms: u32, mut sample: impl FnMut(f64) -> f64) -> Vec<u8> {
        #[expect(clippy::cast_possible_truncation, reason = "far below the limit")]
        (0..ms * 8).map(|i| mulaw::encode(sample(f64::from(i) / 8000.0) as i16)).collect()
    }

    #[test]
    fn speech_is_a_voice() {
        for speech in [
            include_bytes!("../../../../packaging/audio/one_moment_he.ulaw").as_slice(),
            include_bytes!("../../../../packaging/audio/still_there_he.ulaw"),
            include_bytes!("../../../../packaging/audio/leave_message_he.ulaw"),
        ] {
            let (voice, all) = (voice_ms(speech), speech.len() / 8);
            assert!(voice * 10 > all * 7, "{voice} of {all} ms");
        }
    }

    #[test]
    fn silence_and_noise_are_no_voice() {
        let mut seed = 1u32;
        let mut noise = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(seed) / f64::from(u32::MAX) - 0.5
        };
        assert_eq!(voice_ms(&vec![mulaw::SILENCE; 24_000]), 0);
        assert!(voice_ms(&made(3000, |_| noise() * 8000.0)) < 100);
        assert!(voice_ms(&made(3000, |t| (TAU * 1000.0 * t).sin() * 6000.0 * noise())) < 100);
    }

    #[test]
    fn a_hiss_after_speech_is_no_voice() {
        let speech = include_bytes!("../../../../packaging/audio/leave_message_he.ulaw");
        let mut seed = 1u32;
        let hiss = made(1500, |_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (f64::from(seed) / f64::from(u32::MAX) - 0.5) * 8000.0
        });
        let silence = vec![mulaw::SILENCE; 24_000];
        let before = [&speech[..8000], &silence].concat();
        let of_speech = voice_ms(&before);
        assert!(of_speech > 500, "{of_speech} ms");
        assert_eq!(voice_ms(&[&before[..], &hiss].concat()), of_speech);
    }

    #[test]
    fn a_loud_frame_needs_no_network() {
        let mut detector = VoiceDetector::default();
        let loud = EncodedAudio::encode(&made(20, |t| (TAU * 440.0 * t).sin() * 6000.0));
        assert!(detector.detect(&loud, true));
        assert!(!detector.detect(&EncodedAudio::silence(20), true));
    }

    #[test]
    fn a_crackle_of_the_line_is_silence() {
        let mut crackle = vec![mulaw::SILENCE; FRAME_BYTES];
        crackle[40..56].fill(mulaw::encode(30_000));
        assert!(!VoiceDetector::default().detect(&EncodedAudio::encode(&crackle), true));
    }
}
