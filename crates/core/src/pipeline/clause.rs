//! A clause of an answer, and its synthesis.

use super::action::ClauseId;
use super::conversation::first_words;
use crate::audio::{BYTES_PER_MS, EncodedAudio};
use std::collections::VecDeque;

/// The approximate duration of a character of speech, in milliseconds. It is used until the length of a clause's audio
/// is known.
const MS_PER_CHAR: u64 = 70;
/// The maximum number of requests, one after the other, for a clause that returned no audio.
const MAX_ATTEMPTS: u32 = 2;
/// The maximum number of syntheses of a clause at the same time.
const MAX_COPIES: usize = 2;

#[derive(Debug)]
pub(super) struct Clause {
    pub(super) text: String,
    pub(super) state: ClauseState,
    attempts: u32,
    /// The syntheses that are running. The first one that sends audio is used, and the other one is stopped.
    copies: [bool; MAX_COPIES],
    /// Whether a second synthesis is still to be started.
    needs_copy: bool,
    /// The length of the clause's audio so far, in bytes.
    pub(super) audio: u64,
    /// The audio that is held back while an earlier clause is not complete.
    pub(super) waiting: VecDeque<EncodedAudio>,
    /// The length of the text that was passed on, in bytes.
    pub(super) passed_on: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClauseState {
    Waiting,
    Open,
    Done,
}

impl Clause {
    /// A clause without words is not synthesised.
    pub(super) fn new(text: String, is_spoken: bool) -> Self {
        Self {
            state: if is_spoken { ClauseState::Waiting } else { ClauseState::Done },
            text,
            attempts: 0,
            copies: [false; MAX_COPIES],
            needs_copy: false,
            audio: 0,
            waiting: VecDeque::new(),
            passed_on: 0,
        }
    }

    /// Starts a synthesis of the clause, and returns its number. With `is_twice`, [`Clause::next_copy`] starts a second
    /// one.
    pub(super) fn open(&mut self, is_twice: bool) -> u8 {
        (self.state, self.attempts) = (ClauseState::Open, self.attempts + 1);
        (self.copies, self.needs_copy) = ([true, false], is_twice);
        0
    }

    /// Starts the second synthesis, if it is still to be started, and returns its number.
    pub(super) fn next_copy(&mut self) -> Option<u8> {
        if !std::mem::take(&mut self.needs_copy) {
            return None;
        }
        self.copies[1] = true;
        Some(1)
    }

    pub(super) fn needs_copy(&self) -> bool {
        self.needs_copy
    }

    pub(super) fn is_running(&self, copy: u8) -> bool {
        self.state == ClauseState::Open && self.copies.get(usize::from(copy)).is_some_and(|is_running| *is_running)
    }

    pub(super) fn running(&self) -> impl Iterator<Item = u8> {
        (0..).zip(self.copies).filter(|(copy, _)| self.is_running(*copy)).map(|(copy, _)| copy)
    }

    /// Returns the number of syntheses that are running, or that are still to be started.
    pub(super) fn syntheses(&self) -> usize {
        self.running().count() + usize::from(self.needs_copy)
    }

    /// Returns the other synthesis, which must be stopped, when the first audio arrives.
    pub(super) fn add_audio(&mut self, copy: u8, audio: EncodedAudio) -> Option<u8> {
        self.audio += audio.len() as u64;
        self.waiting.push_back(audio);
        self.needs_copy = false;
        let other = self.running().find(|other| *other != copy)?;
        self.end(other);
        Some(other)
    }

    /// The clause is complete, unless this synthesis sent no audio and another one is still running.
    pub(super) fn done(&mut self, copy: u8) {
        self.end(copy);
        if self.running().next().is_none() {
            self.state = ClauseState::Done;
        }
    }

    /// Returns true if the clause has failed permanently; otherwise it may be synthesised again, or another synthesis is
    /// still running.
    pub(super) fn failed(&mut self, copy: u8) -> bool {
        self.end(copy);
        if self.running().next().is_some() {
            return false;
        }
        let may_retry = self.audio == 0 && self.attempts < MAX_ATTEMPTS;
        self.state = if may_retry { ClauseState::Waiting } else { ClauseState::Done };
        !may_retry
    }

    fn end(&mut self, copy: u8) {
        if let Some(is_running) = self.copies.get_mut(usize::from(copy)) {
            *is_running = false;
        }
    }

    pub(super) fn was_opened(&self) -> bool {
        self.attempts > 0
    }

    /// Returns the text that belongs to the audio so far, without the text that was already passed on.
    pub(super) fn take_text(&mut self) -> Option<String> {
        let words = if self.state == ClauseState::Done {
            self.text.as_str()
        } else {
            let chars = self.text.chars().count() as u64;
            first_words(&self.text, self.audio / BYTES_PER_MS, chars * MS_PER_CHAR)
        };
        let new = self.text.get(self.passed_on..words.len()).filter(|new| !new.is_empty())?.to_owned();
        self.passed_on = words.len();
        Some(new)
    }
}

impl ClauseId {
    /// Returns the id of another synthesis of the same clause.
    pub(super) fn with_copy(self, copy: u8) -> Self {
        Self { copy, ..self }
    }
}
