//! Recognition of callers that are machines: fax machines, modems, and recorded announcements that ask to press a key.
//!
//! A person's call must not be ended, so each rule needs evidence that no person gives. Silence, a number that failed
//! verification, or speech without pauses are no such evidence, so calls with only these continue. A call without a word
//! ends after a question (`session/idle.rs`).

mod announcement;

use super::ItemId;
use crate::audio::{EncodedAudio, MachineTone, MachineToneDetector, SpeechDetector};
use announcement::Announcement;
use serde::Serialize;
use std::time::Duration;

/// What shows that the caller is a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RobotEvidence {
    /// The tone of a fax machine or a modem.
    Tone(MachineTone),
    /// An announcement that asks to press a key.
    Announcement,
}

impl RobotEvidence {
    /// Returns the name in the database and in the program's log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tone(tone) => tone.as_str(),
            Self::Announcement => "announcement",
        }
    }

    /// Returns a description of the evidence for the program's log.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Tone(MachineTone::Fax) => "it sends the tone of a fax machine",
            Self::Tone(MachineTone::Modem) => "it sends the tone of a modem",
            Self::Tone(MachineTone::Answer) => "it sends the answer tone of a fax machine or modem",
            Self::Announcement => "it plays an announcement that asks to press a key",
        }
    }
}

/// Looks for signs of a machine at the beginning of a call.
#[derive(Debug, Default)]
pub(super) struct RobotWatch {
    tones: MachineToneDetector,
    speech: SpeechDetector,
    samples: Vec<u8>,
    heard: Duration,
    /// When the caller began to speak, and for how long the caller has spoken without a pause since then.
    nonstop: Option<(Duration, Duration)>,
    words: Vec<(ItemId, String)>,
}

impl RobotWatch {
    pub(super) fn audio(&mut self, audio: &EncodedAudio) -> Option<RobotEvidence> {
        if self.heard >= TONES_WITHIN {
            return None;
        }
        self.samples.clear();
        audio.decode_into(&mut self.samples);
        self.heard += Duration::from_millis(audio.ms());
        self.speech.push(&self.samples);
        let was_nonstop = self.is_nonstop();
        self.track_pauses();
        let tone = self.tones.push(&self.samples).map(RobotEvidence::Tone);
        // The words may have been transcribed before the speech was long enough.
        tone.or_else(|| if self.is_nonstop() && !was_nonstop { self.announcement() } else { None })
    }

    /// The words replace earlier words of the same utterance.
    pub(super) fn words(&mut self, item: &ItemId, text: &str) -> Option<RobotEvidence> {
        if self.heard >= WORDS_WITHIN {
            return None;
        }
        match self.words.iter_mut().find(|(known, _)| known == item) {
            Some((_, words)) => text.clone_into(words),
            None => self.words.push((item.clone(), text.to_owned())),
        }
        self.announcement()
    }

    fn announcement(&self) -> Option<RobotEvidence> {
        let words: Vec<&str> = self.words.iter().map(|(_, words)| words.as_str()).collect();
        Announcement::of(&words.join(". ")).is_certain(self.is_nonstop()).then_some(RobotEvidence::Announcement)
    }

    fn is_nonstop(&self) -> bool {
        self.nonstop.is_some_and(|(_, spoken)| spoken >= MIN_NONSTOP)
    }

    /// Measures how long the caller has spoken without a pause since the beginning of the call.
    fn track_pauses(&mut self) {
        let is_paused = self.speech.silence_ms() >= PAUSE_MS;
        self.nonstop = match self.nonstop {
            None if self.speech.speech_ms() > 0 && self.heard <= BEGINS_WITHIN => Some((self.heard, Duration::ZERO)),
            None => None,
            // The sound was a noise, or the speech of a person who pauses.
            Some((_, spoken)) if is_paused && spoken < MIN_NONSTOP => None,
            Some(known) if is_paused => Some(known),
            Some((began, _)) => Some((began, self.heard.saturating_sub(began))),
        };
    }
}

/// Tones of machines are searched for only in this much audio from the start of a call.
const TONES_WITHIN: Duration = Duration::from_secs(30);
/// Words are checked until this time of the call. Later, a person may talk about an announcement.
const WORDS_WITHIN: Duration = Duration::from_secs(25);
/// Speech without a pause must begin within this time, because an announcement does not wait for the end of the
/// greeting.
const BEGINS_WITHIN: Duration = Duration::from_secs(2);
/// Speech of this length without a pause is a sign of an announcement, because a person pauses earlier for an answer.
const MIN_NONSTOP: Duration = Duration::from_secs(6);
/// The silence that counts as a pause. Announcements have shorter ones between sentences.
const PAUSE_MS: u64 = 1000;
