//! Assigns the times of words, which the transcriber may report late, to the utterances. An utterance of the transcriber
//! is identified by its number, because the next one may begin with the same words.

use crate::call::{EngineEvent, ItemId};
use crate::domain::WordTime;
use std::collections::VecDeque;

/// How many ended utterances can still get the times of their words.
const MAX_KEPT: usize = 8;

/// An utterance of the transcriber. A turn of the caller has several if the caller continued in time.
#[derive(Debug)]
pub(super) struct Part {
    /// The number of the transcriber's utterances before this one.
    number: u64,
    words: usize,
    /// Empty until they are known.
    times: Vec<WordTime>,
}

/// The transcriber's utterances.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// The number of ended utterances.
    ended: u64,
    /// The latest times of the utterance in progress.
    early: Vec<WordTime>,
    /// The last turns of the caller whose text is complete.
    kept: VecDeque<(ItemId, Vec<Part>)>,
}

impl Parts {
    /// The transcriber has ended the utterance in progress, the last words of `text`.
    pub(super) fn end(&mut self, parts: &mut Vec<Part>, text: &str) {
        self.add_next(parts, text);
        let times = std::mem::take(&mut self.early);
        if let Some(part) = parts.last_mut() {
            part.set(times);
        }
        self.ended += 1;
    }

    /// The transcriber has ended an utterance that had no words, or that the session ended before. Returns the event with
    /// the times of the latter.
    pub(super) fn end_without_utterance(&mut self) -> Option<EngineEvent> {
        let (number, times) = (self.ended, std::mem::take(&mut self.early));
        self.ended += 1;
        self.late(number, times)
    }

    /// Adds the utterance in progress, the last words of `text`.
    pub(super) fn add_next(&self, parts: &mut Vec<Part>, text: &str) {
        let before: usize = parts.iter().map(|part| part.words).sum();
        let words = text.split_whitespace().count().saturating_sub(before);
        parts.push(Part { number: self.ended, words, times: Vec::new() });
    }

    /// The text of this turn is complete.
    pub(super) fn keep(&mut self, item: ItemId, parts: Vec<Part>) {
        if parts.is_empty() {
            return;
        }
        self.kept.push_back((item, parts));
        if self.kept.len() > MAX_KEPT {
            self.kept.pop_front();
        }
    }

    /// The transcriber reports times. `current` contains the ended parts of the turn in progress. Returns an event if all
    /// times of a complete turn are now known.
    pub(super) fn found(
        &mut self,
        number: u64,
        times: Vec<WordTime>,
        current: Option<&mut Vec<Part>>,
    ) -> Option<EngineEvent> {
        if number >= self.ended {
            self.early = times;
            return None;
        }
        match current.into_iter().flatten().find(|part| part.number == number) {
            Some(part) => {
                part.set(times);
                None
            }
            None => self.late(number, times),
        }
    }

    fn late(&mut self, number: u64, times: Vec<WordTime>) -> Option<EngineEvent> {
        let is_part = |part: &&mut Part| part.number == number;
        for (item, parts) in self.kept.iter_mut().rev() {
            if let Some(part) = parts.iter_mut().find(is_part) {
                part.set(times);
                let times = joined(parts)?;
                return Some(EngineEvent::CallerWordTimes { item: item.clone(), times });
            }
        }
        None
    }
}

impl Part {
    /// Ignores times of other words, such as of a corrected transcript.
    fn set(&mut self, times: Vec<WordTime>) {
        if times.len() == self.words {
            self.times = times;
        }
    }
}

/// Returns the time of each word of `text`; none unless all are known.
pub(super) fn of(parts: &[Part], text: &str) -> Option<Vec<WordTime>> {
    joined(parts).filter(|times| times.len() == text.split_whitespace().count())
}

fn joined(parts: &[Part]) -> Option<Vec<WordTime>> {
    let is_complete = parts.iter().all(|part| part.times.len() == part.words);
    let times: Vec<WordTime> = parts.iter().flat_map(|part| part.times.iter().copied()).collect();
    (is_complete && !times.is_empty()).then_some(times)
}
