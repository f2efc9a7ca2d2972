//! Removal of Hebrew prefixes: prepositions, the article and conjunctions that are written together with the next word.

/// The Hebrew prefixes, which are written before a word without a space: that, in, the, as, to, from, and.
pub const HEBREW_PREFIXES: [char; 7] = ['\u{5e9}', '\u{5d1}', '\u{5d4}', '\u{5db}', '\u{5dc}', '\u{5de}', '\u{5d5}'];

/// Returns a folded word, the word without its first prefix, and the word without its first two prefixes, if at least
/// `least` characters remain.
pub fn stems<'w>(word: &'w str, least: usize) -> impl Iterator<Item = &'w str> {
    let without_prefix =
        move |word: &&'w str| word.strip_prefix(HEBREW_PREFIXES).filter(|rest| rest.chars().count() >= least);
    std::iter::successors(Some(word), without_prefix).take(3)
}
