//! An answer that is requested before the caller's turn has ended, because the words have settled. Its first clause is
//! synthesised, but none of its audio is passed on, and none of its tools is called, until the turn has ended with the same words.

use super::answer::Answer;

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
    /// The words that it answers.
    words: String,
    /// The revision of the conversation without the words.
    revision: u64,
    /// What the model and the synthesiser have produced so far.
    answer: Answer,
}

impl Speculation {
    /// Returns true if an answer to these words may be requested in advance.
    pub(super) fn may_ask(&self, words: &str) -> bool {
        self.tries < MAX_TRIES && self.guess.as_ref().is_none_or(|guess| !is_same(&guess.words, words))
    }

    pub(super) fn asked(&mut self, answer: Answer, words: &str, revision: u64) {
        self.tries += 1;
        self.guess = Some(Guess { words: words.to_owned(), revision, answer });
    }

    /// The answer that is being prepared.
    pub(super) fn answer(&mut self) -> Option<&mut Answer> {
        self.guess.as_mut().map(|guess| &mut guess.answer)
    }

    /// Drops the answer. If the turn ends with its words, it is requested again.
    pub(super) fn drop_answer(&mut self) -> Option<Answer> {
        self.guess.take().map(|guess| guess.answer)
    }

    /// The caller's words have changed. Returns the answer if it does not fit them.
    pub(super) fn revise(&mut self, words: &str) -> Option<Answer> {
        self.guess.take_if(|guess| !is_same(&guess.words, words)).map(|guess| guess.answer)
    }

    /// The caller's turn has ended with these words, and the conversation with them has this revision. Returns the answer, and
    /// whether it fits.
    pub(super) fn take(&mut self, words: Option<&str>, revision: u64) -> Option<(Answer, bool)> {
        self.tries = 0;
        let guess = self.guess.take()?;
        let fits = guess.revision + 1 == revision && words.is_some_and(|words| is_same(&guess.words, words));
        Some((guess.answer, fits))
    }
}

/// Returns true if two transcripts differ at most in their punctuation.
fn is_same(one: &str, other: &str) -> bool {
    let letters = |text: &str| -> Vec<char> { text.chars().filter(|c| c.is_alphanumeric()).collect() };
    letters(one) == letters(other)
}
