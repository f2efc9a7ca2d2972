//! The stars of emphasised text in Markdown.

/// Returns true if a later run of the same number of stars ends emphasised text.
pub(super) fn has_closing(text: &str, stars: usize) -> bool {
    closings(text, stars).next().is_some()
}

/// Returns the byte offsets of the runs of this number of stars that can end emphasised text.
pub(super) fn closings(text: &str, stars: usize) -> impl Iterator<Item = usize> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(found) = text[at..].find('*') {
            let (before, rest) = text.split_at(at + found);
            let after = rest.trim_start_matches('*');
            let length = rest.len() - after.len();
            let ends_word = !before.ends_with(char::is_whitespace) && !after.starts_with(char::is_alphanumeric);
            at += found + length;
            if length == stars && ends_word {
                return Some(at - length);
            }
        }
        None
    })
}
