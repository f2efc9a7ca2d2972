//! Streaming conversion between telephone audio and 16-bit PCM of other sample rates.

use super::mulaw;

/// The sample rate of telephone audio in Hz.
const RATE: u32 = 8000;
/// Half the length of the filter, in samples of the lower rate.
const REACH: u32 = 12;
/// The cutoff frequency of the filter as a fraction of the lower rate: 3600 Hz for telephone audio, just above the
/// 3400 Hz at which telephony ends.
const CUTOFF: f64 = 0.45;

/// Converts 16-bit PCM of any sample rate to mu-law of 8 kHz. One converter per stream of mono, little-endian samples.
#[derive(Debug)]
pub struct Downsampler {
    resampler: Resampler,
    /// The first byte of a sample whose second byte has not arrived.
    rest: Option<u8>,
}

impl Downsampler {
    /// Creates a converter from this sample rate in Hz. Rates below 8 kHz are treated as 8 kHz.
    pub fn new(rate: u32) -> Self {
        Self { resampler: Resampler::new(rate.max(RATE), RATE), rest: None }
    }

    /// Converts the next input bytes. The two bytes of a sample may arrive in different pieces of input.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.iter().copied();
        while let Some(low) = self.rest.take().or_else(|| bytes.next()) {
            let Some(high) = bytes.next() else {
                self.rest = Some(low);
                break;
            };
            self.resampler.samples.push(f32::from(i16::from_le_bytes([low, high])));
        }
        self.convert()
    }

    /// Converts the remaining buffered samples at the end of the stream.
    pub fn finish(&mut self) -> Vec<u8> {
        self.resampler.end();
        self.convert()
    }

    fn convert(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        self.resampler.convert(|sample| out.push(mulaw::encode(sample)));
        out
    }
}

/// Converts mu-law of 8 kHz to 16-bit PCM of a higher sample rate, mono and little-endian. One converter per stream.
#[derive(Debug)]
pub struct Upsampler(Resampler);

impl Upsampler {
    /// Creates a converter to this sample rate in Hz. Rates below 8 kHz are treated as 8 kHz.
    pub fn new(rate: u32) -> Self {
        Self(Resampler::new(RATE, rate.max(RATE)))
    }

    /// Converts the next samples. The output is 1.5 ms late, because the filter needs the samples after each position.
    pub fn push(&mut self, samples: &[u8]) -> Vec<u8> {
        self.0.samples.extend(samples.iter().map(|sample| f32::from(mulaw::decode(*sample))));
        let mut out = Vec::new();
        self.0.convert(|sample| out.extend(sample.to_le_bytes()));
        out
    }
}

/// A streaming converter between two sample rates, by windowed sinc filters.
#[derive(Debug)]
struct Resampler {
    /// The distance between two output samples is `numerator / denominator` input samples.
    numerator: usize,
    denominator: usize,
    /// Half the length of the filter, in input samples.
    half: usize,
    /// The filters: one for each fractional position between two input samples.
    filters: Vec<Vec<f32>>,
    /// The buffered input samples, beginning with the first sample that the next output sample needs.
    samples: Vec<f32>,
    /// The fractional position of the next output sample: an index into `filters`.
    phase: usize,
}

impl Resampler {
    fn new(from: u32, to: u32) -> Self {
        let divisor = gcd(from, to);
        let (numerator, denominator) = ((from / divisor) as usize, (to / divisor) as usize);
        let lower = from.min(to);
        let half = (REACH * from).div_ceil(lower) as usize;
        let cutoff = CUTOFF * f64::from(lower) / f64::from(from);
        let filters = (0..denominator).map(|phase| filter(half, cutoff, as_f64(phase) / as_f64(denominator))).collect();
        // The first sample is at the centre of the first filter.
        Self { numerator, denominator, half, filters, samples: vec![0.0; half], phase: 0 }
    }

    /// Adds silence after the end of the stream, which the filters of the last samples need.
    fn end(&mut self) {
        self.samples.extend(std::iter::repeat_n(0.0, self.half));
    }

    /// Passes each output sample whose input samples are all buffered to `emit`.
    fn convert(&mut self, mut emit: impl FnMut(i16)) {
        let mut start = 0;
        while let Some(window) = self.samples.get(start..start + 2 * self.half) {
            let sum: f32 = window.iter().zip(&self.filters[self.phase]).map(|(sample, weight)| sample * weight).sum();
            #[expect(clippy::cast_possible_truncation, reason = "a cast from float saturates")]
            emit(sum as i16);
            let next = self.phase + self.numerator;
            start += next / self.denominator;
            self.phase = next % self.denominator;
        }
        self.samples.drain(..start.min(self.samples.len()));
    }
}

/// Returns a windowed sinc filter whose centre is `fraction` of a sample after its middle sample.
fn filter(half: usize, cutoff: f64, fraction: f64) -> Vec<f32> {
    let weight = |at: usize| {
        let x = as_f64(at) - as_f64(half) - fraction;
        let angle = std::f64::consts::TAU * cutoff * x;
        let sinc = if angle.abs() < 1e-9 { 1.0 } else { angle.sin() / angle };
        let window = 0.5 + 0.5 * (std::f64::consts::PI * x / as_f64(half + 1)).cos();
        sinc * window
    };
    let weights: Vec<f64> = (0..2 * half).map(weight).collect();
    let sum: f64 = weights.iter().sum();
    #[expect(clippy::cast_possible_truncation, reason = "weights between -1 and 1")]
    weights.into_iter().map(|weight| (weight / sum) as f32).collect()
}

#[expect(clippy::cast_precision_loss, reason = "lengths of a filter")]
fn as_f64(number: usize) -> f64 {
    number as f64
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::f64::consts::TAU;

    fn tone(rate: u32, hz: f64) -> Vec<u8> {
        #[expect(clippy::cast_possible_truncation, reason = "far below the limit")]
        let sample = |i: u32| ((TAU * hz * f64::from(i) / f64::from(rate)).sin() * 8000.0) as i16;
        (0..rate).flat_map(|i| sample(i).to_le_bytes()).collect()
    }

    fn convert(rate: u32, bytes: &[u8], piece: usize) -> Vec<u8> {
        let mut downsampler = Downsampler::new(rate);
        let mut out: Vec<u8> = bytes.chunks(piece).flat_map(|piece| downsampler.push(piece)).collect();
        out.extend(downsampler.finish());
        out
    }

    #[test]
    fn a_tone_keeps_its_level_and_its_length() {
        for rate in [8000, 16_000, 22_050, 24_000, 44_100, 48_000] {
            let out = convert(rate, &tone(rate, 1000.0), 999);
            assert!((7990..=8010).contains(&out.len()), "{} at {rate}", out.len());
            let level = mulaw::level(&out[100..7900]);
            // The mean absolute value of a sine with amplitude 8000 is 5093.
            assert!((4700..=5300).contains(&level), "{level} at {rate}");
        }
    }

    #[test]
    fn frequencies_above_telephony_cause_no_noise() {
        for rate in [16_000, 24_000, 48_000] {
            let level = mulaw::level(&convert(rate, &tone(rate, 6000.0), 4096)[100..7900]);
            assert!(level < 100, "{level} at {rate}");
        }
    }

    #[test]
    fn a_tone_keeps_its_level_and_its_length_at_a_higher_rate() {
        let samples: Vec<u8> = tone(RATE, 1000.0)
            .chunks_exact(2)
            .map(|sample| mulaw::encode(i16::from_le_bytes([sample[0], sample[1]])))
            .collect();
        for rate in [8000, 16_000, 24_000, 48_000] {
            let mut upsampler = Upsampler::new(rate);
            let pcm: Vec<u8> = samples.chunks(160).flat_map(|frame| upsampler.push(frame)).collect();
            let late = usize::try_from(rate / RATE * REACH).unwrap();
            let missing = usize::try_from(rate).unwrap() - pcm.len() / 2;
            assert!(missing <= late, "{missing} samples are missing at {rate}");
            let back = convert(rate, &pcm, 4096);
            let level = mulaw::level(&back[100..7900]);
            assert!((4700..=5300).contains(&level), "{level} at {rate}");
            // The images of the tone above 4 kHz are suppressed: the filtered signal has only slow changes.
            let values = pcm.chunks_exact(2).map(|sample| i32::from(i16::from_le_bytes([sample[0], sample[1]])));
            let values: Vec<_> = values.collect();
            let steps = values.windows(2).skip(200).map(|pair| (pair[1] - pair[0]).abs()).max().unwrap();
            let expected = TAU * 1000.0 / f64::from(rate) * 8000.0;
            assert!(f64::from(steps) < expected * 1.15, "a step of {steps} at {rate}, expected {expected}");
        }
    }

    proptest! {
        #[test]
        fn a_higher_rate_does_not_depend_on_the_pieces_either(bytes in proptest::collection::vec(any::<u8>(), 0..2000), piece in 1usize..500) {
            let (mut whole, mut pieces) = (Upsampler::new(24_000), Upsampler::new(24_000));
            let together: Vec<u8> = bytes.chunks(piece).flat_map(|piece| pieces.push(piece)).collect();
            prop_assert_eq!(together, whole.push(&bytes));
        }

        #[test]
        fn the_result_does_not_depend_on_the_pieces_of_the_input(bytes in proptest::collection::vec(any::<u8>(), 0..2000), piece in 1usize..500) {
            prop_assert_eq!(convert(22_050, &bytes, piece), convert(22_050, &bytes, 4000));
        }
    }
}
