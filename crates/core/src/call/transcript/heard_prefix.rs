//! The part of a sentence that a caller has heard.

/// Returns the part of a text that was heard, rounded down to whole words.
pub(super) fn heard_prefix(text: &str, heard: u64, received: u64) -> &str {
    if heard >= received {
        return text;
    }
    let letters = text.chars().count() as u64;
    let keep = usize::try_from(letters * heard / received.max(1)).unwrap_or(0);
    let end = text.char_indices().nth(keep).map_or(text.len(), |(at, _)| at);
    let is_word_end = text[end..].chars().next().is_none_or(char::is_whitespace);
    let cut = if is_word_end { end } else { text[..end].rfind(char::is_whitespace).unwrap_or(0) };
    text[..cut].trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_whole_words_were_heard() {
        let text = "שלום, איך אפשר לעזור?";
        assert_eq!(heard_prefix(text, 0, 100), "");
        assert_eq!(heard_prefix(text, 50, 100), "שלום, איך");
        assert_eq!(heard_prefix(text, 99, 100), "שלום, איך אפשר");
        assert_eq!(heard_prefix(text, 100, 100), text);
        assert_eq!(heard_prefix("", 1, 2), "");
    }

    proptest! {
        #[test]
        fn the_heard_text_is_a_prefix(text in "\\PC{0,60}", heard in 0u64..200, received in 0u64..200) {
            prop_assert!(text.starts_with(heard_prefix(&text, heard, received)));
        }
    }
}
