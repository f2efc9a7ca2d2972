//! The disturbances of a bad telephone line, for rehearsals: voices in the background, hiss, clicks and lost packets.
//! They are pseudo-random, and equal in each run.

use super::mulaw;
use std::f32::consts::TAU;

/// Samples per second.
const RATE: f32 = 8000.0;
/// The voices in the background: pitch and syllables per second, in Hz.
const TALKERS: [(f32, f32); 5] = [(95.0, 3.1), (120.0, 4.3), (146.0, 3.7), (189.0, 4.9), (221.0, 3.4)];
const HARMONICS: u8 = 8;
/// The level of the voices relative to the hiss.
const BABBLE: f32 = 0.5;
/// The probability that a click begins at a sample: about one click in four seconds.
const CLICK: f32 = 1.0 / (4.0 * RATE);
/// The first amplitude of a click, as a multiple of the level of the noise, and how it decays with each sample.
const CLICK_LEVEL: f32 = 6.0;
const CLICK_DECAY: f32 = 0.85;
/// The number of samples from which the level of the noise before amplification is determined: two seconds.
const MEASURED: u16 = 16_000;
/// The mean level up to which a frame is silence.
const SILENT: u32 = 100;
const FRAME: usize = 160;

/// Noise at a constant level.
#[derive(Clone, Debug)]
pub struct LineNoise {
    random: Random,
    pink: [f32; 3],
    /// The phases of pitch and syllables of each voice, from 0 to 1.
    phases: [(f32, f32); TALKERS.len()],
    click: f32,
    level: f32,
    gain: f32,
}

impl LineNoise {
    /// `level` is the root mean square of the noise, in units of a linear sample.
    pub fn new(level: f32) -> Self {
        let mut noise = Self {
            random: Random(0x9E37_79B9_7F4A_7C15),
            pink: [0.0; 3],
            phases: std::array::from_fn(|_| (0.0, 0.0)),
            click: 0.0,
            level,
            gain: 1.0,
        };
        for phases in &mut noise.phases {
            *phases = (noise.random.unit(), noise.random.unit());
        }
        let mut tried = noise.clone();
        let power: f32 = (0..MEASURED).map(|_| tried.steady().powi(2)).sum();
        let mean = power / f32::from(MEASURED);
        noise.gain = level / mean.sqrt().max(f32::EPSILON);
        noise
    }

    /// Adds noise to mu-law.
    pub fn add(&mut self, samples: &mut [u8]) {
        for sample in samples {
            let noisy = f32::from(mulaw::decode(*sample)) + self.steady() * self.gain + self.click();
            #[expect(clippy::cast_possible_truncation, reason = "a cast from float saturates")]
            let linear = noisy as i16;
            *sample = mulaw::encode(linear);
        }
    }

    /// Returns hiss and voices.
    fn steady(&mut self) -> f32 {
        // Paul Kellet's filter turns white noise into pink noise.
        let white = self.random.signed();
        let [low, middle, high] = &mut self.pink;
        *low = 0.997_65 * *low + white * 0.099_046;
        *middle = 0.963 * *middle + white * 0.296_516_4;
        *high = 0.57 * *high + white * 1.052_691_3;
        let hiss = *low + *middle + *high + white * 0.184_8;
        let voices: f32 = self.phases.iter_mut().zip(TALKERS).map(|(phases, talker)| speak(phases, talker)).sum();
        hiss + BABBLE * voices
    }

    fn click(&mut self) -> f32 {
        if self.random.unit() < CLICK {
            self.click = self.level * CLICK_LEVEL;
        }
        // The decay alternates the sign, so that a click has no constant part.
        self.click *= -CLICK_DECAY;
        self.click
    }
}

fn speak((pitch, syllable): &mut (f32, f32), (pitch_hz, syllables_hz): (f32, f32)) -> f32 {
    *pitch = (*pitch + pitch_hz / RATE).fract();
    *syllable = (*syllable + syllables_hz / RATE).fract();
    let loudness = (TAU * *syllable).sin().max(0.0);
    let voiced: f32 = (1..=HARMONICS).map(f32::from).map(|n| (TAU * n * *pitch).sin() / n).sum();
    loudness * voiced
}

/// Lost packets of 20 ms. Losses come in bursts: after a lost packet, the next one is lost with a probability of a half.
#[derive(Clone, Debug)]
pub struct PacketLoss {
    random: Random,
    /// The probability that a burst begins.
    begins: f32,
    is_lost: bool,
}

impl PacketLoss {
    /// `percent` is the average loss, from 0 to 50.
    pub fn new(percent: u8) -> Self {
        let part = f32::from(percent.min(50)) / 100.0;
        Self { random: Random(0x2545_F491_4F6C_DD1D), begins: 0.5 * part / (1.0 - part), is_lost: false }
    }

    /// Returns true if the next packet is lost.
    pub fn loses_next(&mut self) -> bool {
        let probability = if self.is_lost { 0.5 } else { self.begins };
        self.is_lost = self.random.unit() < probability;
        self.is_lost
    }
}

/// Returns the root mean square of the frames that are not silent, in units of a linear sample; 0 if all are silent.
pub fn speech_level(samples: &[u8]) -> f32 {
    let loud = samples.chunks(FRAME).filter(|frame| is_audible(frame)).flatten();
    let (mut power, mut count) = (0.0_f32, 0.0_f32);
    for sample in loud {
        power += (f32::from(mulaw::decode(*sample)) / f32::from(i16::MAX)).powi(2);
        count += 1.0;
    }
    (power / count.max(1.0)).sqrt() * f32::from(i16::MAX)
}

/// Returns false if a person would take the frame for silence.
pub fn is_audible(frame: &[u8]) -> bool {
    mulaw::level(frame) > SILENT
}

/// Removes the silence before and after speech, in whole frames.
pub fn trimmed(samples: &[u8]) -> &[u8] {
    let frames = || samples.chunks(FRAME).enumerate().filter(|(_, frame)| is_audible(frame)).map(|(at, _)| at);
    match (frames().next(), frames().next_back()) {
        (Some(first), Some(last)) => &samples[first * FRAME..samples.len().min((last + 1) * FRAME)],
        _ => &[],
    }
}

/// A xorshift generator.
#[derive(Clone, Debug)]
struct Random(u64);

impl Random {
    /// Returns a number from 0 to 1.
    fn unit(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let bytes = self.0.to_le_bytes();
        f32::from(u16::from_le_bytes([bytes[6], bytes[7]])) / 65_536.0 + f32::from(bytes[5]) / 16_777_216.0
    }

    /// Returns a number from -1 to 1.
    fn signed(&mut self) -> f32 {
        2.0 * self.unit() - 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_has_its_level_and_is_equal_in_each_run() {
        for level in [150.0, 1000.0, 4000.0] {
            let [mut one, mut other] = [vec![mulaw::SILENCE; 40_000], vec![mulaw::SILENCE; 40_000]];
            LineNoise::new(level).add(&mut one);
            LineNoise::new(level).add(&mut other);
            assert_eq!(one, other);
            let measured = speech_level(&one);
            assert!((0.7..1.4).contains(&(measured / level)), "{measured} instead of {level}");
        }
    }

    #[test]
    fn as_many_packets_are_lost_as_wanted() {
        for percent in [0, 5, 20] {
            let mut loss = PacketLoss::new(percent);
            let count = (0..20_000).filter(|_| loss.loses_next()).count();
            let expected = usize::from(percent) * 200;
            assert!(count.abs_diff(expected) * 5 <= expected, "{percent} %: {count}");
        }
    }

    #[test]
    fn silence_around_speech_is_removed() {
        let loud = vec![0x20; 3 * FRAME];
        let samples = [vec![mulaw::SILENCE; 500], loud, vec![mulaw::SILENCE; 700]].concat();
        let rest = trimmed(&samples);
        assert!(rest.len() >= 3 * FRAME && rest.len() <= 5 * FRAME, "{}", rest.len());
        assert!(trimmed(&[mulaw::SILENCE; 400]).is_empty());
    }
}
