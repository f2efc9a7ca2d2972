//! Detection of the tones by which a fax machine or a modem announces itself: the calling tones (ITU-T T.30 and V.25,
//! short bursts of 1100 or 1300 Hz that repeat) and the answer tone (2100 Hz for seconds).
//!
//! A voice has harmonics, so it is not a pure tone. A whistle does not hold its pitch as precisely as a machine, or
//! does not repeat with the length and the pause of a machine.

use super::{FRAME_BYTES, mulaw};
use std::f32::consts::TAU;

/// A tone by which a fax machine or a modem announces itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MachineTone {
    /// The calling tone of a fax machine: 0.5 s of 1100 Hz every 3.5 s.
    Fax,
    /// The calling tone of a modem: 0.5 to 0.7 s of 1300 Hz every 2 to 2.7 s.
    Modem,
    /// The answer tone of either: 2100 Hz for 2.6 to 4 s.
    Answer,
}

impl MachineTone {
    /// Returns the name in the database and in the program's log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fax => "fax_tone",
            Self::Modem => "modem_tone",
            Self::Answer => "answer_tone",
        }
    }

    /// Returns the frequency and the accepted deviation from it, in hertz. The recommendations allow 38, 15 and 15 Hz.
    const fn frequency(self) -> (f32, f32) {
        match self {
            Self::Fax => (1100.0, 40.0),
            Self::Modem => (1300.0, 20.0),
            Self::Answer => (2100.0, 20.0),
        }
    }

    const ALL: [Self; 3] = [Self::Fax, Self::Modem, Self::Answer];
}

/// A detector for one side of a call.
#[derive(Clone, Debug, Default)]
pub struct MachineToneDetector {
    /// Samples that do not fill a frame yet.
    rest: Vec<u8>,
    /// The time of the next frame, in milliseconds since the first frame.
    at_ms: u64,
    burst: Option<Burst>,
    /// The previous burst, if its length was that of a calling tone.
    last: Option<Burst>,
}

#[derive(Clone, Copy, Debug)]
struct Burst {
    tone: MachineTone,
    from_ms: u64,
    to_ms: u64,
    /// The duration of the burst without its interruptions.
    tone_ms: u64,
}

impl Burst {
    fn ms(&self) -> u64 {
        self.to_ms - self.from_ms
    }
}

impl MachineToneDetector {
    /// Processes the next samples. Returns a tone once it is certain: a calling tone at the end of its second burst,
    /// the answer tone after two seconds and again with each further frame of it.
    pub fn push(&mut self, samples: &[u8]) -> Option<MachineTone> {
        self.rest.extend_from_slice(samples);
        let rest = std::mem::take(&mut self.rest);
        let frames = rest.chunks_exact(FRAME_BYTES);
        self.rest = frames.remainder().to_vec();
        frames.filter_map(|frame| self.frame(frame)).last()
    }

    fn frame(&mut self, frame: &[u8]) -> Option<MachineTone> {
        let (from_ms, to_ms) = (self.at_ms, self.at_ms + FRAME_MS);
        self.at_ms = to_ms;
        let heard = tone_of(frame);
        match (&mut self.burst, heard) {
            (Some(burst), Some(tone)) if burst.tone == tone => {
                burst.to_ms = to_ms;
                burst.tone_ms += FRAME_MS;
                let is_steady = burst.tone_ms * 10 >= burst.ms() * 9;
                (tone == MachineTone::Answer && burst.ms() >= MIN_ANSWER_MS && is_steady).then_some(tone)
            }
            // The answer tone may reverse its phase every 450 ms. The frame of the reversal is not a pure tone.
            (Some(burst), _) if to_ms - burst.to_ms <= MAX_GAP_MS => None,
            (burst, _) => {
                let ended =
                    std::mem::replace(burst, heard.map(|tone| Burst { tone, from_ms, to_ms, tone_ms: FRAME_MS }));
                ended.and_then(|ended| self.burst_ended(ended))
            }
        }
    }

    fn burst_ended(&mut self, burst: Burst) -> Option<MachineTone> {
        if burst.tone == MachineTone::Answer || !BURST_MS.contains(&burst.ms()) {
            self.last = None;
            return None;
        }
        let last = self.last.replace(burst)?;
        let is_repeated = last.tone == burst.tone && PAUSE_MS.contains(&(burst.from_ms - last.to_ms));
        is_repeated.then_some(burst.tone)
    }
}

/// Returns the tone that a frame consists of. A sine of the frequency f fulfils x[n-1] + x[n+1] = 2 cos(2πf/8000) x[n]
/// for all n. So the best factor by least squares gives the frequency, and the remaining error measures how pure the
/// tone is.
fn tone_of(frame: &[u8]) -> Option<MachineTone> {
    if mulaw::level(frame) < MIN_LEVEL {
        return None;
    }
    let sample = |byte: &u8| f32::from(mulaw::decode(*byte));
    let (mut product, mut energy, mut sums) = (0.0_f32, 0.0_f32, 0.0_f32);
    for window in frame.windows(3) {
        let [before, here, after] = [0, 1, 2].map(|at| window.get(at).map_or(0.0, sample));
        let sum = before + after;
        product += sum * here;
        energy += here * here;
        sums += sum * sum;
    }
    let factor = product / energy.max(1.0);
    let error = (sums - factor * product).max(0.0) / energy.max(1.0);
    if error > MAX_ERROR || factor.abs() >= 2.0 {
        return None;
    }
    let frequency = (factor / 2.0).acos() / TAU * 8000.0;
    MachineTone::ALL.into_iter().find(|tone| {
        let (expected, tolerance) = tone.frequency();
        (frequency - expected).abs() <= tolerance
    })
}

const FRAME_MS: u64 = 20;
/// The level below which a frame counts as silence.
const MIN_LEVEL: u32 = 150;
/// The largest error of a pure tone, relative to its energy. Noise 20 dB below the tone causes 0.04; the vowels of a
/// voice cause more than 0.2 at these frequencies.
const MAX_ERROR: f32 = 0.06;
/// The longest interruption of a burst.
const MAX_GAP_MS: u64 = 40;
/// The lengths of a burst of a calling tone, with a small margin around those that the recommendations allow.
const BURST_MS: std::ops::RangeInclusive<u64> = 400..=740;
/// The pauses between the bursts of a calling tone, with a small margin.
const PAUSE_MS: std::ops::RangeInclusive<u64> = 1400..=3500;
/// The minimum length of an answer tone. The recommendations require at least 2600 ms.
const MIN_ANSWER_MS: u64 = 2000;

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    /// Returns mu-law audio of this length. `sample` returns the amplitude at a time in seconds.
    fn made(ms: u32, mut sample: impl FnMut(f64) -> f64) -> Vec<u8> {
        #[expect(clippy::cast_possible_truncation, reason = "far below the limit")]
        (0..ms * 8).map(|i| mulaw::encode(sample(f64::from(i) / 8000.0) as i16)).collect()
    }

    fn tone(hertz: f64, amplitude: f64, ms: u32) -> Vec<u8> {
        made(ms, |t| (TAU * hertz * t).sin() * amplitude)
    }

    fn silence(ms: u32) -> Vec<u8> {
        vec![mulaw::SILENCE; ms as usize * 8]
    }

    /// Returns the first tone that is found, and the end of the last processed frame in milliseconds.
    fn found(sound: &[u8]) -> Option<(MachineTone, u64)> {
        let mut detector = MachineToneDetector::default();
        // The pieces are smaller than a frame.
        sound.chunks(100).find_map(|piece| Some((detector.push(piece)?, detector.at_ms)))
    }

    #[test]
    fn tones_of_machines_are_found() {
        let mut seed = 1_u32;
        let mut noise = move || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(seed) / f64::from(u32::MAX) - 0.5
        };
        for (hertz, amplitude, ms, pause, kind) in [
            (1100.0, 4000.0, 500, 3000, MachineTone::Fax),
            (1065.0, 700.0, 430, 2600, MachineTone::Fax),
            (1135.0, 12_000.0, 570, 3400, MachineTone::Fax),
            (1300.0, 3000.0, 600, 1700, MachineTone::Modem),
        ] {
            let calling = [tone(hertz, amplitude, ms), silence(pause)].concat();
            let twice = [silence(700), calling.repeat(2)].concat();
            let (tone, at) = found(&twice).unwrap_or_else(|| panic!("{hertz} Hz"));
            assert!(tone == kind && at < 10_000, "{hertz} Hz: {tone:?} at {at}");
        }
        let disturbed = made(3300, |t| (TAU * 2100.0 * t).sin() * 4000.0 + noise() * 600.0);
        assert_eq!(found(&disturbed).map(|(tone, _)| tone), Some(MachineTone::Answer));
        // The phase is reversed every 450 ms.
        let reversed = made(3300, |t| {
            let sign = if (t / 0.45).floor() % 2.0 == 0.0 { 1.0 } else { -1.0 };
            (TAU * 2100.0 * t).sin() * 4000.0 * sign
        });
        assert_eq!(found(&reversed).map(|(tone, _)| tone), Some(MachineTone::Answer));
    }

    #[test]
    fn no_human_is_a_machine() {
        let speech: [&[u8]; 3] = [
            include_bytes!("../../../../packaging/audio/one_moment_he.ulaw"),
            include_bytes!("../../../../packaging/audio/still_there_he.ulaw"),
            include_bytes!("../../../../packaging/audio/leave_message_he.ulaw"),
        ];
        for sound in speech {
            assert_eq!(found(&sound.repeat(10)), None);
        }
        // One burst, as of a short whistle or a microwave oven behind the caller.
        assert_eq!(found(&[tone(1100.0, 4000.0, 500), silence(9000)].concat()), None);
        // A whistle that glides or trembles.
        assert_eq!(found(&made(8000, |t| (TAU * (1000.0 * t + 60.0 * t * t)).sin() * 6000.0)), None);
        assert_eq!(found(&made(8000, |t| (TAU * 2100.0 * t + 6.0 * (TAU * 5.0 * t).sin()).sin() * 6000.0)), None);
        // Beeps of other devices: another length, another pitch, or another pause.
        for (hertz, ms, pause) in [(1100.0, 200, 3000), (1100.0, 1000, 3000), (1000.0, 500, 3000), (1100.0, 500, 500)] {
            assert_eq!(found(&[tone(hertz, 4000.0, ms), silence(pause)].concat().repeat(5)), None, "{hertz} {ms}");
        }
        // Keys: two tones at once. The keys of a caller who enters a number.
        for (low, high) in [(697.0, 1209.0), (941.0, 1336.0), (852.0, 1477.0)] {
            let key = made(500, |t| ((TAU * low * t).sin() + (TAU * high * t).sin()) * 4000.0);
            assert_eq!(found(&[key, silence(3000)].concat().repeat(4)), None);
        }
        // A chord of hold music, and noise.
        let chord = made(8000, |t| ((TAU * 2100.0 * t).sin() + 0.4 * (TAU * 1050.0 * t).sin()) * 4000.0);
        assert_eq!(found(&chord), None);
        let mut seed = 1_u32;
        let noise = made(20_000, |_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (f64::from(seed) / f64::from(u32::MAX) - 0.5) * 8000.0
        });
        assert_eq!(found(&noise), None);
    }
}
