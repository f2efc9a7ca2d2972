//! The transcriber that the fake speech services share. It returns planned words while the audio has sound.

use crate::openai::vad::{Vad, VadEvent, VadSettings};
use crate::sound::millis;
use std::time::Duration;

/// The duration of each word in the audio, in milliseconds.
const WORD_MS: u64 = 300;
/// The silence that ends a sound if the plan has no endpoint. The next sound can then start an utterance.
const PAUSE: Duration = Duration::from_millis(500);

#[derive(Clone, Debug)]
pub(crate) struct TranscriberPlan {
    /// The words of each utterance, in order. After the last one, the list starts again.
    pub(crate) heard: Vec<String>,
    /// The silence that ends an utterance; `None` if only the client ends utterances.
    pub(crate) endpoint: Option<Duration>,
    /// The languages that the client expects; empty if any language is recognised.
    pub(crate) languages: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Word {
    /// The word, with the space that follows it in the transcript.
    pub(crate) text: String,
    pub(crate) start_ms: u64,
    pub(crate) end_ms: u64,
}

#[derive(Clone, Debug)]
pub(crate) enum TranscriberEvent {
    /// All words of the utterance so far. Returned only if new words were added.
    Words(Vec<Word>),
    /// All words of an utterance that has ended.
    End(Vec<Word>),
}

pub(crate) struct Transcriber {
    plan: TranscriberPlan,
    vad: Vad,
    received: usize,
    /// The utterance in progress: its start, and the number of its words that were reported.
    current: Option<(u64, usize)>,
    ended: usize,
}

impl Transcriber {
    pub(crate) fn new(plan: TranscriberPlan) -> Self {
        Self { plan, vad: Vad::default(), received: 0, current: None, ended: 0 }
    }

    /// Returns the length of the received audio, in milliseconds.
    pub(crate) fn now_ms(&self) -> u64 {
        millis(self.received)
    }

    pub(crate) fn ended(&self) -> usize {
        self.ended
    }

    pub(crate) fn is_in_utterance(&self) -> bool {
        self.current.is_some()
    }

    pub(crate) fn receive(&mut self, audio: &[u8]) -> Vec<TranscriberEvent> {
        self.received += audio.len();
        let now_ms = self.now_ms();
        let silence = self.plan.endpoint.unwrap_or(PAUSE);
        let silence_ms = u64::try_from(silence.as_millis()).unwrap_or(u64::MAX);
        let settings = VadSettings { threshold: 0.5, prefix_ms: 0, silence_ms };
        let mut heard = Vec::new();
        for event in self.vad.receive(audio, settings) {
            match event {
                VadEvent::Started { audio_start_ms } => {
                    self.current.get_or_insert((audio_start_ms, 0));
                }
                VadEvent::Stopped { .. } if self.current.is_some() && self.plan.endpoint.is_some() => {
                    heard.push(TranscriberEvent::End(self.finish()));
                }
                VadEvent::Stopped { .. } => {}
            }
        }
        if let Some((began_ms, reported)) = self.current {
            let most = self.words().len();
            let words = usize::try_from(now_ms.saturating_sub(began_ms) / WORD_MS).unwrap_or(0).min(most);
            if words > reported {
                self.current = Some((began_ms, words));
                heard.push(TranscriberEvent::Words(self.placed(began_ms, words)));
            }
        }
        heard
    }

    /// Ends the utterance in progress, and returns all its words. Returns no words if no utterance is in progress.
    pub(crate) fn finish(&mut self) -> Vec<Word> {
        let words = match self.current.take() {
            Some((began_ms, _)) => {
                let words = self.placed(began_ms, usize::MAX);
                self.ended += 1;
                words
            }
            None => Vec::new(),
        };
        self.vad.reset();
        words
    }

    fn words(&self) -> Vec<String> {
        let heard = &self.plan.heard;
        let text = heard.get(self.ended % heard.len().max(1)).map_or("", String::as_str);
        recognised(text, &self.plan.languages).split_inclusive(' ').map(str::to_owned).collect()
    }

    fn placed(&self, began_ms: u64, words: usize) -> Vec<Word> {
        let words = self.words().into_iter().take(words).enumerate();
        let placed = words.map(|(index, text)| {
            let start_ms = began_ms + WORD_MS * index as u64;
            Word { text, start_ms, end_ms: start_ms + WORD_MS }
        });
        placed.collect()
    }
}

/// Returns the text as it is recognised by a transcriber that expects these languages, each a code such as `ru` or
/// `ru-RU`. A transcriber takes words of another language for words of an expected one.
pub(crate) fn recognised(text: &str, expected: &[String]) -> String {
    let letter = text.chars().find(|letter| letter.is_alphabetic());
    let spoken = match letter {
        Some('\u{0590}'..='\u{05ff}') => "he",
        Some('\u{0600}'..='\u{06ff}') => "ar",
        Some('\u{0400}'..='\u{04ff}') => "ru",
        _ => "en",
    };
    let is_expected = |code: &String| match code.split('-').next().unwrap_or_default() {
        "iw" => spoken == "he",
        "auto" | "multi" => true,
        language => language == spoken,
    };
    if expected.is_empty() || letter.is_none() || expected.iter().any(is_expected) {
        return text.to_owned();
    }
    text.split(' ').map(|_| "ממ").collect::<Vec<_>>().join(" ")
}

pub(crate) fn sentences() -> Vec<String> {
    ["שלום, אתם פתוחים היום?", "אפשר לקבוע תור למחר?", "בארבע, בבקשה."].map(Into::into).into()
}

pub(crate) fn text_of(words: &[Word]) -> String {
    words.iter().map(|word| word.text.as_str()).collect::<String>().trim().to_owned()
}
