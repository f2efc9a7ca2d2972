//! An utterance of the model.

use crate::audio::{EncodedAudio, mulaw};
use crate::call::ItemId;
use std::time::{Duration, Instant};

/// The maximum mean level of silence.
const SILENCE_LEVEL: u32 = 40;
/// How much silence within an utterance is forwarded: enough for the end of a word. More of it would only delay what
/// follows, because the model speaks in real time.
const FORWARDED_SILENCE: Duration = Duration::from_millis(160);

#[derive(Debug)]
pub(super) struct Utterance {
    pub(super) item: ItemId,
    pub(super) text: String,
    pub(super) began: Instant,
    pub(super) last_voice: Instant,
    /// True if the caller does not hear the rest.
    pub(super) is_dropped: bool,
    /// The audio, while it is held because the caller speaks.
    held: Option<Vec<EncodedAudio>>,
    /// The length of the silence since the last voice.
    silence: Duration,
}

impl Utterance {
    pub(super) fn new(item: ItemId, is_held: bool, now: Instant) -> Self {
        let held = is_held.then(Vec::new);
        let (text, silence) = (String::new(), Duration::ZERO);
        Self { item, text, began: now, last_voice: now, is_dropped: false, held, silence }
    }

    pub(super) fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// Returns true if the audio belongs to what the caller hears.
    pub(super) fn admit(&mut self, is_voice: bool, audio: &EncodedAudio, now: Instant) -> bool {
        if is_voice {
            (self.last_voice, self.silence) = (now, Duration::ZERO);
        } else {
            self.silence += Duration::from_millis(audio.ms());
        }
        !self.is_dropped && self.silence <= FORWARDED_SILENCE
    }

    /// Returns the length of the silence since the last voice, in milliseconds.
    pub(super) fn silence_ms(&self) -> u64 {
        u64::try_from(self.silence.as_millis()).unwrap_or(u64::MAX)
    }

    pub(super) fn hold(&mut self, audio: EncodedAudio) {
        self.held.get_or_insert_default().push(audio);
    }

    pub(super) fn take_held(&mut self) -> Vec<EncodedAudio> {
        self.held.take().unwrap_or_default()
    }

    pub(super) fn drop_held(&mut self) {
        (self.held, self.is_dropped) = (None, true);
    }
}

pub(super) fn is_voice(audio: &EncodedAudio) -> bool {
    mulaw::level(&audio.decode()) > SILENCE_LEVEL
}
