//! The caller's utterances, as a local detector finds their voice in the audio, with the words that the server reports.

use crate::call::{EngineEvent, ItemId};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The minimum amount of voice that counts as speech.
const SPEECH: Duration = Duration::from_millis(120);
/// A shorter pause does not separate two sounds.
const PAUSE: Duration = Duration::from_millis(300);
/// The silence that ends the caller's turn.
const TURN_END: Duration = Duration::from_millis(500);
/// How long after the end of the speech its last words are awaited.
const WORDS_LIMIT: Duration = Duration::from_millis(2_500);
/// How long after some words further words are awaited.
const MORE_WORDS: Duration = Duration::from_millis(1_200);

#[derive(Debug, Default)]
pub(super) struct Caller {
    /// The length of the audio so far.
    position: Duration,
    voiced: Duration,
    quiet: Duration,
    /// The start of the current sound.
    sound: Option<Duration>,
    speaking: Option<ItemId>,
    /// The last utterance, until its words are final.
    known: Option<Known>,
    utterances: u64,
}

#[derive(Debug)]
struct Known {
    item: ItemId,
    text: String,
    stopped: Option<Instant>,
    last_words: Option<Instant>,
}

impl Caller {
    pub(super) fn is_speaking(&self) -> bool {
        self.speaking.is_some()
    }

    pub(super) fn has_utterance(&self) -> bool {
        self.known.is_some()
    }

    pub(super) fn heard(&mut self, length: Duration, is_voice: bool, now: Instant) -> Vec<EngineEvent> {
        let began = self.position;
        self.position += length;
        let mut events = Vec::new();
        if is_voice {
            self.sound.get_or_insert(began);
            self.voiced += length;
            self.quiet = Duration::ZERO;
        } else {
            self.quiet += length;
        }
        if self.speaking.is_none() && self.voiced >= SPEECH {
            let at_ms = self.sound.map(ms);
            events.extend(self.finish_words());
            let item = self.begin();
            self.speaking = Some(item.clone());
            events.push(EngineEvent::SpeechStarted { item, at_ms });
        }
        let end = if self.speaking.is_some() { TURN_END } else { PAUSE };
        if self.quiet >= end {
            (self.sound, self.voiced) = (None, Duration::ZERO);
            if let Some(item) = self.speaking.take() {
                if let Some(known) = &mut self.known {
                    known.stopped = Some(now);
                }
                let at_ms = Some(ms(self.position.saturating_sub(self.quiet)));
                events.push(EngineEvent::SpeechStopped { item, at_ms });
            }
        }
        events
    }

    /// Words without a sound belong to speech that the detector did not find.
    pub(super) fn words(&mut self, words: &str, times_ms: Option<(u64, u64)>, now: Instant) -> Vec<EngineEvent> {
        let mut events = Vec::new();
        if words.trim().is_empty() {
            return events;
        }
        if self.known.is_none() {
            let item = self.begin();
            let (start, end) = times_ms.unzip();
            events.push(EngineEvent::SpeechStarted { item: item.clone(), at_ms: start });
            events.push(EngineEvent::SpeechStopped { item, at_ms: end });
        }
        if let Some(known) = &mut self.known {
            known.stopped = known.stopped.or(self.speaking.is_none().then_some(now));
            known.text.push_str(words);
            known.last_words = Some(now);
            let (item, text) = (known.item.clone(), words.to_owned());
            events.push(EngineEvent::CallerText { item, text, is_final: false });
        }
        events
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        let known = self.known.as_ref()?;
        let stopped = known.stopped?;
        Some(known.last_words.map_or(stopped + WORDS_LIMIT, |last| last.max(stopped) + MORE_WORDS))
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) -> Option<EngineEvent> {
        self.next_timeout().filter(|at| *at <= now)?;
        self.finish_words()
    }

    fn finish_words(&mut self) -> Option<EngineEvent> {
        let Known { item, text, .. } = self.known.take()?;
        Some(if text.trim().is_empty() {
            EngineEvent::TranscriptionFailed { item }
        } else {
            EngineEvent::CallerText { item, text: text.trim().to_owned(), is_final: true }
        })
    }

    fn begin(&mut self) -> ItemId {
        self.utterances += 1;
        let item: ItemId = Arc::from(format!("live_caller_{}", self.utterances));
        self.known = Some(Known { item: item.clone(), text: String::new(), stopped: None, last_words: None });
        item
    }
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
