//! Names that a misspelled search text may mean.

use super::fold::fold;

/// The words of a search text, to compare with names.
#[derive(Clone, Debug)]
pub struct Misspelled {
    words: Vec<Vec<char>>,
}

impl Misspelled {
    /// Folds a search text.
    pub fn new(text: &str) -> Self {
        Self { words: words(text) }
    }

    /// Returns the number of misspelled words if this name may be meant: each word of the search text is a word of the
    /// name or its beginning, or differs from one by an edit. Words of fewer than three letters must match.
    pub fn edits(&self, name: &str) -> Option<usize> {
        let name = words(name);
        let mut edits = 0;
        for word in &self.words {
            if name.iter().any(|known| known.starts_with(word)) {
                continue;
            }
            let is_similar = |known: &Vec<char>| word.len().min(known.len()) >= MIN_LETTERS && is_one_edit(word, known);
            if !name.iter().any(is_similar) {
                return None;
            }
            edits += 1;
        }
        (edits > 0).then_some(edits)
    }
}

fn words(text: &str) -> Vec<Vec<char>> {
    fold(text).text.split_whitespace().map(|word| word.chars().collect()).collect()
}

/// Returns true if one letter is missing, added or replaced, or two neighbours are exchanged.
fn is_one_edit(a: &[char], b: &[char]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let Some(at) = short.iter().zip(long).position(|(a, b)| a != b) else {
        return long.len() == short.len() + 1;
    };
    let (short, long) = (&short[at..], &long[at..]);
    match long.len() - short.len() {
        0 => short[1..] == long[1..] || (short.len() > 1 && is_exchanged(short, long)),
        1 => *short == long[1..],
        _ => false,
    }
}

fn is_exchanged(a: &[char], b: &[char]) -> bool {
    a[0] == b[1] && a[1] == b[0] && a[2..] == b[2..]
}

const MIN_LETTERS: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_with_a_wrong_letter_is_found() {
        for (text, name, edits) in [
            ("ציפי פרז", "ציפי פרץ", Some(1)),
            ("מתו יוסף", "מתן יוסף", Some(1)),
            ("יוסף מתו", "מתן יוסף", Some(1)),
            ("דנה כה", "דינה כהן", Some(1)),
            ("Jonh Smiht", "John Smith", Some(2)),
            ("פרז", "ציפי פרץ", Some(1)),
            ("ציפי", "ציפי פרץ", None),
            ("אב", "אבי", None),
            ("אכ", "אב", None),
            ("רונית", "דני", None),
            ("", "דני", None),
        ] {
            assert_eq!(Misspelled::new(text).edits(name), edits, "{text} {name}");
        }
    }

    proptest! {
        #[test]
        fn one_edit_is_the_same_in_both_directions(a in "[אב]{0,5}", b in "[אב]{0,5}") {
            let [a, b] = [a, b].map(|word| word.chars().collect::<Vec<_>>());
            prop_assert_eq!(is_one_edit(&a, &b), is_one_edit(&b, &a));
            prop_assert!(a != b || !is_one_edit(&a, &b));
        }

        #[test]
        fn each_edit_is_found(word in "[א-ת]{3,8}", at in 0usize..8, letter in "[א-ת]") {
            let word: Vec<char> = word.chars().collect();
            let (at, letter) = (at % word.len(), letter.chars().next().unwrap());
            let mut edited = vec![word.clone(); 4];
            edited[0][at] = letter;
            edited[1].insert(at, letter);
            edited[2].remove(at);
            let next = (at + 1).min(word.len() - 1);
            edited[3].swap(at, next);
            for edited in edited {
                prop_assert!(edited == word || is_one_edit(&word, &edited), "{:?} {:?}", word, edited);
            }
        }
    }
}
