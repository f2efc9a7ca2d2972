//! Days and years of the Hebrew calendar, which are written with letters: the first letter for 1, the tenth for 10.

use super::counted::next_word;
use super::lists::{List, bases};
use super::plain::plain;

/// Returns the names of the letters that denote the day of a month, with the Hebrew prefix of the word. `after` is the
/// text after the word: a month must follow.
pub(super) fn day(word: &str, after: &str) -> Option<String> {
    let month = plain(&after[next_word(after, 0)?]);
    let is_in_month = |months: List| {
        let month = month.strip_prefix(List::In.word());
        month.is_some_and(|month| months.words().contains(&month))
    };
    let (is_hebrew, is_civil) = (is_in_month(List::HebrewMonths), is_in_month(List::Months));
    bases(word).find_map(|base| {
        let is_long = base.contains('"');
        // A single letter, and letters before a month without "in", may have other meanings.
        let is_bare = is_long && List::HebrewMonths.words().contains(&month.as_str());
        if !(is_hebrew || is_bare || is_long && is_civil) {
            return None;
        }
        Some(format!("{}{}", &word[..word.len() - base.len()], names(base)?))
    })
}

/// Returns a year of the Hebrew calendar as one word, which is how it is pronounced.
pub(super) fn year(word: &str) -> Option<String> {
    bases(word).find_map(|base| {
        let (first, last) = base.rsplit_once(GERSHAYIM)?;
        let is_year = first.starts_with(List::HebrewYear.word())
            && (2..=3).contains(&first.chars().count())
            && last.chars().count() == 1
            && !first.contains(GERSHAYIM);
        is_year.then(|| format!("{}{first}{last}", &word[..word.len() - base.len()]))
    })
}

/// Returns the names of the letters of a number from 1 to 30; none for 15, whose letters are pronounced as a word.
fn names(letters: &str) -> Option<String> {
    let index = |c: char| List::NumberLetters.words().iter().position(|letter| letter.starts_with(c));
    let name = |index: usize| List::LetterNames.at(index);
    let digits: Vec<char> = letters.chars().collect();
    match *digits.as_slice() {
        [one, GERESH] => index(one).map(|one| name(one).to_owned()),
        [first, GERSHAYIM, second] => {
            let (first, second) = (index(first)?, index(second)?);
            // 15 and 16 are 9 + 6 and 9 + 7, because 10 + 5 and 10 + 6 are parts of a name of God.
            let is_number = (9..=10).contains(&first) && second < 9 && !(first == 9 && matches!(second, 4 | 5));
            let is_sixteen = (first, second) == (8, 6);
            (is_number || is_sixteen).then(|| format!("{} {}", name(first), name(second)))
        }
        _ => None,
    }
}

const GERESH: char = '\'';
const GERSHAYIM: char = '"';
