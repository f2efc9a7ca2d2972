//! The stars of emphasised text in Markdown.

/// Returns true if a later run of the same number of stars ends emphasised text.
pub(super) fn has_closing(text: &str, stars: usize) -> bool {
    let mut at = 0;
    while let Some(found) = text[at..].find('*') {
        let (before, rest) = text.split_at(at + found);
        let after = rest.trim_start_matches('*');
        let length = rest.len() - after.len();
        let ends_word = !before.ends_with(char::is_whitespace) && !after.starts_with(char::is_alphanumeric);
        if length == stars && ends_word {
            return true;
        }
        at += found + length;
    }
    false
}
