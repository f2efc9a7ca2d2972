//! An answer that is requested before the caller's turn has ended, because the words have settled. Nothing of it is
//! spoken, and none of its tools is called, until the turn has ended with the same words.

use super::ModelEvent;

/// How often an answer is requested in advance for one utterance: each request is paid for.
const MAX_TRIES: u32 = 2;

#[derive(Debug, Default)]
pub(super) struct Speculation {
    guess: Option<Guess>,
    /// The requests since the caller's turn began.
    tries: u32,
}

#[derive(Debug)]
struct Guess {
    request: u64,
    words: String,
    /// The revision of the conversation without the words.
    revision: u64,
    /// What the model has answered so far.
    events: Vec<ModelEvent>,
}

impl Speculation {
    /// Returns true if an answer to these words may be requested in advance.
    pub(super) fn may_ask(&self, words: &str) -> bool {
        self.tries < MAX_TRIES && self.guess.as_ref().is_none_or(|guess| !is_same(&guess.words, words))
    }

    pub(super) fn asked(&mut self, request: u64, words: &str, revision: u64) {
        self.tries += 1;
        self.guess = Some(Guess { request, words: words.to_owned(), revision, events: Vec::new() });
    }

    /// Returns true if this is the request.
    pub(super) fn is_about(&self, request: u64) -> bool {
        self.guess.as_ref().is_some_and(|guess| guess.request == request)
    }

    /// Keeps an event of the model.
    pub(super) fn keep(&mut self, event: ModelEvent) {
        let Some(guess) = &mut self.guess else { return };
        let is_usable = !matches!(event, ModelEvent::Failed { .. } | ModelEvent::Done { is_complete: false, .. });
        guess.events.push(event);
        if !is_usable {
            // The request is repeated when the turn has ended, and reported if it fails again.
            self.guess = None;
        }
    }

    /// The words are others now. Returns true if a request is to be stopped.
    pub(super) fn revise(&mut self, words: &str) -> bool {
        self.guess.take_if(|guess| !is_same(&guess.words, words)).is_some()
    }

    /// The caller's turn has ended with these words, and the conversation with them has this revision: the request and
    /// its events, if the answer was requested for the same.
    pub(super) fn take(&mut self, words: Option<&str>, revision: u64) -> Option<(u64, Vec<ModelEvent>)> {
        self.tries = 0;
        let guess = self.guess.take()?;
        let is_right = guess.revision + 1 == revision && words.is_some_and(|words| is_same(&guess.words, words));
        is_right.then_some((guess.request, guess.events))
    }
}

/// Whether two transcripts differ at most in their punctuation.
fn is_same(one: &str, other: &str) -> bool {
    let letters = |text: &str| -> Vec<char> { text.chars().filter(|c| c.is_alphanumeric()).collect() };
    letters(one) == letters(other)
}
