//! An answer that is requested before the caller's turn has ended, because the words no longer change. The first clause
//! of the answer is synthesised. The audio is not played and the tools are not called until the turn has ended with the
//! same words.

use super::answer::Answer;

/// The maximum number of speculative requests for one turn of the caller. Each request is billed.
const MAX_TRIES: u32 = 2;

#[derive(Debug, Default)]
pub(super) struct Speculation {
    guess: Option<Guess>,
    /// The number of requests since the last reply was requested.
    tries: u32,
}

#[derive(Debug)]
struct Guess {
    /// The words that the answer replies to.
    words: String,
    /// The revision of the conversation before the words are added.
    revision: u64,
    answer: Answer,
}

impl Speculation {
    pub(super) fn may_ask(&self) -> bool {
        self.tries < MAX_TRIES && self.guess.is_none()
    }

    pub(super) fn asked(&mut self, answer: Answer, words: &str, revision: u64) {
        self.tries += 1;
        self.guess = Some(Guess { words: words.to_owned(), revision, answer });
    }

    pub(super) fn answer(&mut self) -> Option<&mut Answer> {
        self.guess.as_mut().map(|guess| &mut guess.answer)
    }

    pub(super) fn discard(&mut self) -> Option<Answer> {
        self.guess.take().map(|guess| guess.answer)
    }

    pub(super) fn revise(&mut self, words: &str) -> Option<Answer> {
        self.guess.take_if(|guess| !is_same(&guess.words, words)).map(|guess| guess.answer)
    }

    /// Returns the speculative answer after the end of the turn, and whether it matches: the turn consists of these
    /// words, and the conversation with them has this revision.
    pub(super) fn take(&mut self, words: Option<&str>, revision: u64) -> Option<(Answer, bool)> {
        self.tries = 0;
        let guess = self.guess.take()?;
        let matches = guess.revision + 1 == revision && words.is_some_and(|words| is_same(&guess.words, words));
        Some((guess.answer, matches))
    }
}

/// Compares only the letters and digits.
fn is_same(one: &str, other: &str) -> bool {
    let letters = |text: &str| -> Vec<char> { text.chars().filter(|c| c.is_alphanumeric()).collect() };
    letters(one) == letters(other)
}
