//! Passwords that are easy to guess: common ones, repetitions, sequences, and variants of names.

use crate::crm::token::hash;

/// Returns true if the password is among the common ones, alone or with a few digits or signs around it.
pub(super) fn is_common(password: &str) -> bool {
    let lower = password.to_lowercase();
    let word = lower.trim_matches(|c: char| !c.is_alphabetic());
    let added = lower.chars().count() - word.chars().count();
    is_listed(&lower) || (added <= MAX_ADDED && is_listed(word))
}

/// Returns the text that the password repeats, in lower case: `qwerty` for `qwertyqwerty` and `qwertyqwertyqw`. Returns
/// the whole password if it repeats nothing.
pub(super) fn repeated(password: &str) -> String {
    let chars: Vec<char> = password.to_lowercase().chars().collect();
    let is_period = |period: &usize| chars[*period..] == chars[..chars.len() - period];
    let period = (1..=chars.len() / 2).find(is_period).unwrap_or(chars.len());
    chars[..period].iter().collect()
}

/// Returns true if only a few characters of the password cannot be predicted from the previous ones, or if it has only
/// a few different characters: `aaaaaaaaaa`, `abcdefghij`, `1234qwer5678`.
pub(super) fn is_sequence(password: &str) -> bool {
    let mut chars: Vec<char> = password.to_lowercase().chars().collect();
    let step = |one: char, next: char| i64::from(u32::from(next)) - i64::from(u32::from(one));
    let follows = |i: usize| {
        let (before, this) = (chars[i - 1], chars[i]);
        let continues = i >= 2 && step(chars[i - 2], before) == step(before, this);
        continues || step(before, this).abs() <= 1 || are_neighbours(before, this)
    };
    let unlike = (1..chars.len()).filter(|i| !follows(*i)).count() + 1;
    chars.sort_unstable();
    chars.dedup();
    unlike < MIN_UNLIKE || chars.len() < MIN_DIFFERENT
}

fn are_neighbours(one: char, other: char) -> bool {
    let is_beside = |row: &&str| {
        let mut keys = row.chars().zip(row.chars().skip(1));
        keys.any(|pair| pair == (one, other) || pair == (other, one))
    };
    KEYBOARD.iter().any(is_beside)
}

/// Returns true if the password is little more than one of the names.
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

fn is_listed(password: &str) -> bool {
    let digest = hash(password);
    let (lines, _) = entries().as_bytes().as_chunks::<LINE>();
    lines.binary_search_by(|line| line[..DIGITS].cmp(&digest.as_bytes()[..DIGITS])).is_ok()
}

/// Returns the entries of the list, without the comment lines. All entries have the same length.
fn entries() -> &'static str {
    let entries = LIST.rsplit_once('#').and_then(|(_, rest)| rest.split_once('\n'));
    entries.map_or("", |(_, entries)| entries)
}

/// The first lines of the file describe its format.
const LIST: &str = include_str!("common-passwords.txt");

/// How many hexadecimal digits of each hash are in the list.
const DIGITS: usize = 10;
const LINE: usize = DIGITS + 1;

/// How many characters around a common password are ignored at most: `password2026!` is hardly better than `password`.
const MAX_ADDED: usize = 5;

/// The minimum number of characters that cannot be predicted from the previous ones.
const MIN_UNLIKE: usize = 6;

const MIN_DIFFERENT: usize = 5;

/// The rows of an English and a Hebrew keyboard.
const KEYBOARD: [&str; 7] =
    ["1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./", "קראטוןםפ", "שדגכעיחלךף", "זסבהנמצתץ"];

/// The minimum length of a name that is checked; shorter names occur in many words.
const MIN_NAME: usize = 3;

/// The minimum number of other characters in a password that contains a name.
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
    fn common_passwords_are_found_with_capitals_digits_and_signs() {
        for password in ["Password123", "PASSWORD2026!", "1234567890", "!!football99", "qwerty12345"] {
            assert!(is_common(password), "{password}");
        }
        for password in ["correct horse", "better horse", "סיסמה ארוכה", "kx7-basalt-otter"] {
            assert!(!is_common(password), "{password}");
        }
    }

    #[test]
    fn sequences_are_found() {
        for password in [
            "aaaaaaaaaaaa",
            "abcdefghijkl",
            "9876543210",
            "1212121212",
            "אאאאאאאאאא",
            "acegikmoqsuw",
            "qwerty123456",
            "abcd1234wxyz",
            "aabbccddeeff",
            "1234554321",
            "שדגכעיחלךף",
            "poiuytrewq",
            "zxcvbnmasdfg",
        ] {
            assert!(is_sequence(password), "{password}");
        }
        for password in ["correct horse", "סיסמה ארוכה", "better horse", "kx7-basalt-otter", "weatherproof"] {
            assert!(!is_sequence(password), "{password}");
        }
    }

    #[test]
    fn repetitions_are_found() {
        for (password, text) in [
            ("qwertyqwerty", "qwerty"),
            ("Football7football7", "football7"),
            ("abcabcabcab", "abc"),
            ("aaaaaaaaaa", "a"),
            ("קוקוקוקוקו", "קו"),
        ] {
            assert_eq!(repeated(password), text, "{password}");
        }
        for password in ["correct horse", "x", ""] {
            assert_eq!(repeated(password), password);
        }
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
