//! Passwords that are easy to guess: common ones, and variants of names.

use crate::crm::token::hash;

/// Returns true if the password is among the common ones, alone or with a few digits or signs around it.
pub(super) fn is_common(password: &str) -> bool {
    let lower = password.to_lowercase();
    let word = lower.trim_matches(|c: char| !c.is_alphabetic());
    let added = lower.chars().count() - word.chars().count();
    is_listed(&lower) || (added <= MAX_ADDED && is_listed(word))
}

/// Returns true if the password has few different characters, or is one row of them: `aaaaaaaaaa`, `abcdefghij`.
pub(super) fn is_row(password: &str) -> bool {
    let mut chars: Vec<char> = password.chars().collect();
    let step = |pair: &[char]| i64::from(u32::from(pair[1])) - i64::from(u32::from(pair[0]));
    let steps: Vec<i64> = chars.windows(2).map(step).collect();
    let is_one_row = steps.windows(2).all(|pair| pair[0] == pair[1]);
    chars.sort_unstable();
    chars.dedup();
    is_one_row || chars.len() < MIN_DIFFERENT
}

/// Returns true if the password is hardly more than one of the names.
pub(super) fn is_name(password: &str, names: &[&str]) -> bool {
    let password = letters_and_digits(password);
    names.iter().map(|name| letters_and_digits(name)).any(|name| {
        let name_length = name.chars().count();
        name_length >= MIN_NAME && {
            let rest = password.replace(&name, "");
            rest.len() < password.len() && rest.chars().count() < MIN_BESIDE_NAME
        }
    })
}

fn letters_and_digits(text: &str) -> String {
    text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Looks a password up in the list.
fn is_listed(password: &str) -> bool {
    let digest = hash(password);
    let (lines, _) = entries().as_bytes().as_chunks::<LINE>();
    lines.binary_search_by(|line| line[..DIGITS].cmp(&digest.as_bytes()[..DIGITS])).is_ok()
}

/// The lines behind the comments, all of the same length.
fn entries() -> &'static str {
    let entries = LIST.rsplit_once('#').and_then(|(_, rest)| rest.split_once('\n'));
    entries.map_or("", |(_, entries)| entries)
}

/// See its first lines.
const LIST: &str = include_str!("common-passwords.txt");

/// How many hexadecimal digits of a hash are in the list.
const DIGITS: usize = 10;
const LINE: usize = DIGITS + 1;

/// `password2026!` is hardly better than `password`.
const MAX_ADDED: usize = 5;

const MIN_DIFFERENT: usize = 5;

/// Shorter names are in many words.
const MIN_NAME: usize = 3;

/// So much has to be in a password beside a name.
const MIN_BESIDE_NAME: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_complete() {
        let entries: Vec<&str> = entries().lines().collect();
        assert!(entries.len() > 10_000 && entries.is_sorted() && entries.iter().all(|entry| entry.len() == DIGITS));
        for common in ["123456", "password", "qwertyuiop", "1q2w3e4r5t", "passwordpassword"] {
            assert!(is_listed(common), "{common}");
        }
    }

    #[test]
    fn common_ones_are_found_with_capitals_digits_and_signs() {
        for password in ["Password123", "PASSWORD2026!", "1234567890", "!!football99", "qwerty12345"] {
            assert!(is_common(password), "{password}");
        }
        for password in ["correct horse", "better horse", "סיסמה ארוכה", "kx7-basalt-otter"] {
            assert!(!is_common(password), "{password}");
        }
    }

    #[test]
    fn rows_are_found() {
        for password in ["aaaaaaaaaaaa", "abcdefghijkl", "9876543210", "1212121212", "אאאאאאאאאא"] {
            assert!(is_row(password), "{password}");
        }
        assert!(!is_row("correct horse"));
    }

    #[test]
    fn names_are_found() {
        for password in ["dana123456", "Dana-Dana-Dana", "123dana4567", "Flower.Shop99", "flowershop1"] {
            assert!(is_name(password, &["Dana", "Flower Shop", ""]), "{password}");
        }
        assert!(!is_name("dana likes old trains", &["dana"]));
        assert!(!is_name("correct horse", &["o", "dana", ""]));
    }
}
