//! An answer that is requested before the caller's turn has ended, because the words no longer change. Its text is not
//! spoken and its tools are not called until the turn has ended with the same words.

use super::ModelEvent;

/// The maximum number of speculative requests for one utterance. Each request is billed.
const MAX_TRIES: u32 = 2;

#[derive(Debug, Default)]
pub(super) struct Speculation {
    guess: Option<Guess>,
    /// The number of requests since the caller's turn began.
    tries: u32,
}

#[derive(Debug)]
struct Guess {
    request: u64,
    words: String,
    /// The revision of the conversation before the words are added.
    revision: u64,
    /// The events that the model has sent so far.
    events: Vec<ModelEvent>,
}

impl Speculation {
    /// Returns true if an answer to these words may be requested speculatively.
    pub(super) fn may_ask(&self, words: &str) -> bool {
        self.tries < MAX_TRIES && self.guess.as_ref().is_none_or(|guess| !is_same(&guess.words, words))
    }

    pub(super) fn asked(&mut self, request: u64, words: &str, revision: u64) {
        self.tries += 1;
        self.guess = Some(Guess { request, words: words.to_owned(), revision, events: Vec::new() });
    }

    /// Returns true if this is the number of the speculative request.
    pub(super) fn is_about(&self, request: u64) -> bool {
        self.guess.as_ref().is_some_and(|guess| guess.request == request)
    }

    /// Stores an event of the model.
    pub(super) fn keep(&mut self, event: ModelEvent) {
        let Some(guess) = &mut self.guess else { return };
        let is_usable = !matches!(event, ModelEvent::Failed { .. } | ModelEvent::Done { is_complete: false, .. });
        guess.events.push(event);
        if !is_usable {
            // Discard the failed request. It is retried when the turn has ended, and a second failure is reported.
            self.guess = None;
        }
    }

    /// Discards the speculative answer if the words have changed. Returns true if its request must be stopped.
    pub(super) fn revise(&mut self, words: &str) -> bool {
        self.guess.take_if(|guess| !is_same(&guess.words, words)).is_some()
    }

    /// Returns the number of the request and its events, if the answer was requested for these words and this
    /// conversation. Otherwise, discards it. `revision` is the revision of the conversation including the words.
    pub(super) fn take(&mut self, words: Option<&str>, revision: u64) -> Option<(u64, Vec<ModelEvent>)> {
        self.tries = 0;
        let guess = self.guess.take()?;
        let is_right = guess.revision + 1 == revision && words.is_some_and(|words| is_same(&guess.words, words));
        is_right.then_some((guess.request, guess.events))
    }
}

/// Returns true if two transcripts differ only in punctuation.
fn is_same(one: &str, other: &str) -> bool {
    let letters = |text: &str| -> Vec<char> { text.chars().filter(|c| c.is_alphanumeric()).collect() };
    letters(one) == letters(other)
}
