//! Hebrew words without the letters that are written together with them.

/// The letters that Hebrew writes before a noun without a space: that, in, the, as, to, from, and.
pub const HEBREW_PREFIXES: [char; 7] = ['\u{5e9}', '\u{5d1}', '\u{5d4}', '\u{5db}', '\u{5dc}', '\u{5de}', '\u{5d5}'];

/// A folded word, then the word without its first prefix, and without its first two, as long as `least` characters remain.
pub fn stems<'w>(word: &'w str, least: usize) -> impl Iterator<Item = &'w str> {
    let without_prefix =
        move |word: &&'w str| word.strip_prefix(HEBREW_PREFIXES).filter(|rest| rest.chars().count() >= least);
    std::iter::successors(Some(word), without_prefix).take(3)
}
