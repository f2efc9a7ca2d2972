//! The shipped sounds are suitable for a telephone line.

use super::tree;
use agentlocator::audio::{mp3, mulaw};
use std::fs;
use std::time::Duration;

const PROMPTS: [(&str, f64); 12] = [
    ("leave_message_he", 6.0),
    ("thanks_he", 7.0),
    ("still_there_he", 3.0),
    ("goodbye_he", 4.0),
    ("one_moment_he", 3.0),
    ("more_time_he", 3.0),
    ("leave_message_en", 6.0),
    ("thanks_en", 7.0),
    ("still_there_en", 3.0),
    ("goodbye_en", 4.0),
    ("one_moment_en", 3.0),
    ("more_time_en", 3.0),
];

/// Returns the duration of this number of samples in seconds, at 8000 samples per second.
fn seconds(samples: usize) -> f64 {
    Duration::from_micros(samples as u64 * 125).as_secs_f64()
}

#[test]
fn prompts_are_short_loud_and_unclipped() {
    for (name, longest) in PROMPTS {
        let sound = sound(name);
        let length = seconds(sound.len());
        assert!((1.0..longest).contains(&length), "{name}: {length} s");
        let peak = decibels(sound.iter().map(|sample| sample.abs()).fold(0.0, f64::max));
        assert!((-6.0..-1.5).contains(&peak), "{name}: peak at {peak:.1} dBFS");
        let level = decibels(speech_level(&sound));
        assert!((-23.0..-14.0).contains(&level), "{name}: speaks at {level:.1} dBFS");
    }
}

#[test]
fn prompts_begin_at_once_and_end_soon() {
    for (name, _) in PROMPTS {
        let sound = sound(name);
        let is_heard = |sample: &f64| decibels(sample.abs()) > -40.0;
        let first = seconds(sound.iter().position(is_heard).unwrap());
        let last = seconds(sound.len() - sound.iter().rposition(is_heard).unwrap());
        assert!(first <= 0.1, "{name}: {first} s of silence at the beginning");
        assert!(last <= 0.25, "{name}: {last} s of silence at the end");
    }
}

#[test]
fn the_beep_is_one_clear_tone() {
    let beep = sound("beep");
    assert!((0.2..0.8).contains(&seconds(beep.len())));
    let crossings = beep.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
    let hertz = f64::from(u32::try_from(crossings).unwrap()) / seconds(beep.len());
    assert!((950.0..1050.0).contains(&hertz), "{hertz} Hz");
}

#[test]
fn the_greeting_is_shorter_than_four_seconds() {
    let length = |name: &str| mp3::duration(&fs::read(folder().join(name)).unwrap()).unwrap();
    for language in ["he", "en"] {
        assert!(length(&format!("greeting_{language}.mp3")) < Duration::from_secs(4));
        assert!(length(&format!("fallback_{language}.mp3")) < Duration::from_secs(8));
    }
}

fn folder() -> std::path::PathBuf {
    tree::root().join("packaging/audio")
}

/// Returns the samples of a sound, from -1 to 1.
fn sound(name: &str) -> Vec<f64> {
    let bytes = fs::read(folder().join(format!("{name}.ulaw"))).unwrap();
    bytes.into_iter().map(|byte| f64::from(mulaw::decode(byte)) / 32_768.0).collect()
}

/// Returns the root mean square of the samples in the 20 ms frames that contain speech.
fn speech_level(sound: &[f64]) -> f64 {
    let powers = sound.chunks_exact(160).map(|piece| piece.iter().map(|s| s * s).sum::<f64>() / 160.0);
    let spoken: Vec<_> = powers.filter(|power| decibels(power.sqrt()) > -40.0).collect();
    (spoken.iter().sum::<f64>() / f64::from(u32::try_from(spoken.len()).unwrap())).sqrt()
}

fn decibels(amplitude: f64) -> f64 {
    20.0 * amplitude.max(1e-9).log10()
}
