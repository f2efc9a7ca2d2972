//! Measures the computing time of the local voice detector, of which each call has one.

use crate::report::{Goal, most};
use agentlocator::audio::{EncodedAudio, FRAME_BYTES, VoiceDetector};
use serde::Serialize;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// Spoken Hebrew: one of the built-in prompts.
const SPEECH: &[u8] = include_bytes!("../../packaging/audio/leave_message_he.ulaw");
/// Silence as Twilio sends it.
static SILENCE: [u8; 80_000] = [0xFF; 80_000];
/// The number of runs; the fastest counts, because other processes may have disturbed the others.
const RUNS: usize = 9;
/// The maximum share of a core that the detector may take in one call.
const MAX_SHARE: f64 = 0.03;

/// The computing time for a second of audio, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct DetectorRun {
    /// Speech that the engine does not detect, so the neural network of the local detector processes all of it.
    pub speech: f64,
    /// Speech that the engine detects as well, so its loudness is sufficient and the network does not run.
    pub confirmed_speech: f64,
    pub silence: f64,
}

pub fn measure() -> DetectorRun {
    DetectorRun {
        speech: ms_per_second(SPEECH, false),
        confirmed_speech: ms_per_second(SPEECH, true),
        silence: ms_per_second(&SILENCE, false),
    }
}

fn ms_per_second(sound: &[u8], is_loud_enough: bool) -> f64 {
    let frames: Vec<EncodedAudio> = sound.chunks(FRAME_BYTES).map(EncodedAudio::encode).collect();
    let seconds = sound.len() as f64 / 8_000.0;
    let fastest = (0..RUNS).map(|_| run(&frames, is_loud_enough)).min().unwrap_or_default();
    fastest.as_secs_f64() * 1_000.0 / seconds
}

fn run(frames: &[EncodedAudio], is_loud_enough: bool) -> Duration {
    let mut detector = VoiceDetector::default();
    let began = Instant::now();
    let voiced = frames.iter().filter(|frame| detector.detect(frame, is_loud_enough)).count();
    std::hint::black_box(voiced);
    began.elapsed()
}

impl DetectorRun {
    pub fn table(&self) -> String {
        let mut text = String::new();
        let _ = writeln!(
            text,
            "\nVOICE DETECTOR  CPU ms for a second: {:.2} of speech, {:.2} of speech that the engine detects too, {:.2} of silence",
            self.speech, self.confirmed_speech, self.silence
        );
        text
    }

    pub fn goal(&self) -> Goal {
        most(
            "share of a core that the voice detector takes in a call, at most",
            self.speech / 10.0,
            MAX_SHARE * 100.0,
            "%",
        )
    }
}
