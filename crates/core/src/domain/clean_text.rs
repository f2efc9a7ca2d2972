//! Sanitising of texts of users and contacts: removes characters that change how the surrounding text is displayed, and
//! masks numbers and names in logs. A masked number can be recognised, but not dialled.

use std::borrow::Cow;
use std::fmt;

/// Returns the text without bidirectional control characters. In a name, such a character would reorder the text beside
/// the name on the page.
pub fn without_bidi_controls(text: &str) -> Cow<'_, str> {
    if text.contains(is_bidi_control) { Cow::Owned(text.replace(is_bidi_control, "")) } else { Cow::Borrowed(text) }
}

/// Normalises a name or a title for storage: removes bidirectional control characters and surrounding white space. A
/// text without visible characters becomes empty. Returns none if the result has a control character, such as a line
/// break, or more than `most` characters.
pub fn clean_name(text: &str, most: usize) -> Option<String> {
    let text = without_bidi_controls(text);
    let name = if text.contains(is_visible) { text.trim() } else { "" };
    (name.chars().count() <= most && !name.chars().any(char::is_control)).then(|| name.to_owned())
}

/// Returns the text as one line: white space around the text is removed, and each run of white space within the text
/// becomes a single space.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Truncates the text to at most `most` characters; the last one is an ellipsis if the text was truncated.
pub fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    if text.chars().count() <= most {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().take(most.saturating_sub(1)).chain(['…']).collect())
}

/// Returns true if the character is visible to a reader.
pub fn is_visible(c: char) -> bool {
    // Unicode's property Default_Ignorable_Code_Point: zero-width spaces and joiners, variation selectors, Hangul
    // fillers, tags.
    let is_ignorable = matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200d}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}');
    !is_ignorable && !is_bidi_control(c) && !c.is_control() && !c.is_whitespace()
}

/// Unicode's property Bidi_Control.
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text whose `Display` shows only the first five and the last two characters, as in `+9725•••••12`. For a text of
/// fewer than ten characters, it shows only the first quarter.
#[derive(Clone, Copy, Debug)]
pub struct Masked<'a>(pub &'a str);

impl fmt::Display for Masked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text) = *self;
        let length = text.chars().count();
        let (head, tail) = if length >= 10 { (5, 2) } else { (length / 4, 0) };
        let at = |chars: usize| text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at);
        f.write_str(&text[..at(head)])?;
        f.write_str("•••••")?;
        f.write_str(&text[at(length - tail)..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn controls_of_direction_are_removed_and_other_controls_refused() {
        assert_eq!(clean_name(" \u{202e}דנה\u{202c} לוי\u{200f} ", 8).as_deref(), Some("דנה לוי"));
        assert_eq!(clean_name("\u{2066}\u{2069}", 8).as_deref(), Some(""));
        assert_eq!(clean_name("\u{200b}\u{feff} \u{3164}", 8).as_deref(), Some(""), "nothing can be seen");
        assert_eq!(clean_name("👩\u{200d}🔧", 8).as_deref(), Some("👩\u{200d}🔧"));
        assert_eq!(clean_name("a\nb", 8), None);
        assert_eq!(clean_name("123456789", 8), None);
        assert!(matches!(without_bidi_controls("Dana"), Cow::Borrowed("Dana")));
    }

    proptest! {
        #[test]
        fn a_clean_name_stays_as_it_is(text in "[\u{200e}-\u{202f}a-cא-ג \n]{0,12}") {
            if let Some(name) = clean_name(&text, 10) {
                prop_assert!(!name.contains(is_bidi_control) && name.chars().count() <= 10);
                prop_assert_eq!(clean_name(&name, 10), Some(name.clone()));
            }
        }
    }

    #[test]
    fn a_masked_text_shows_little() {
        for (text, shown) in
            [("+972501234512", "+9725•••••12"), ("", "•••••"), ("12345", "1•••••"), ("שלום שלום שלום", "שלום •••••ום")]
        {
            assert_eq!(Masked(text).to_string(), shown);
        }
    }
}
