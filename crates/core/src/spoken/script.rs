//! Detection of the language of a text by its script.

/// Returns the language in which a synthesiser must speak `text`, as ISO 639-1. `conversation` is the BCP 47 tag of the
/// conversation's settings. Its language is returned if it is written in the script of the text, or if the text has no
/// Hebrew, Arabic, Cyrillic or Latin letters. Otherwise the script decides, because the agent answers in the caller's
/// language, which may differ from the settings.
pub fn language_of<'a>(text: &str, conversation: &'a str) -> &'a str {
    let conversation = conversation.split('-').next().unwrap_or_default();
    match script_of(text) {
        Some(script) if script != Script::of_language(conversation) => script.language(),
        _ => conversation,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Script {
    Hebrew,
    Arabic,
    Cyrillic,
    Latin,
}

impl Script {
    const ALL: [Self; 4] = [Self::Hebrew, Self::Arabic, Self::Cyrillic, Self::Latin];

    fn of(letter: char) -> Option<Self> {
        match letter {
            '\u{5d0}'..='\u{5f2}' => Some(Self::Hebrew),
            '\u{620}'..='\u{6ff}' => Some(Self::Arabic),
            '\u{400}'..='\u{52f}' => Some(Self::Cyrillic),
            _ if letter.is_ascii_alphabetic() || ('\u{c0}'..='\u{24f}').contains(&letter) => Some(Self::Latin),
            _ => None,
        }
    }

    fn of_language(language: &str) -> Self {
        match language {
            "he" | "iw" | "yi" => Self::Hebrew,
            "ar" | "fa" | "ur" => Self::Arabic,
            "ru" | "uk" | "be" | "bg" | "mk" | "sr" | "kk" => Self::Cyrillic,
            _ => Self::Latin,
        }
    }

    /// Returns the language that a text in this script most probably has at a business in Israel.
    fn language(self) -> &'static str {
        match self {
            Self::Hebrew => "he",
            Self::Arabic => "ar",
            Self::Cyrillic => "ru",
            Self::Latin => "en",
        }
    }
}

/// Returns true if the text is Hebrew. It may contain words in other scripts.
pub(super) fn is_hebrew(text: &str) -> bool {
    script_of(text) == Some(Script::Hebrew)
}

/// Returns the script of most words, because a sentence may contain a name in another script. Letters are not counted,
/// because a foreign name is often longer than the words around it: one "WhatsApp" has more letters than most Hebrew
/// words. Returns none for a text without letters of these scripts.
fn script_of(text: &str) -> Option<Script> {
    let words = text.split(|c: char| c.is_whitespace() || DASHES.contains(&c));
    let found: Vec<Script> = words.filter_map(|word| word.chars().find_map(Script::of)).collect();
    let count = |script| found.iter().filter(|known| **known == script).count();
    let counts = Script::ALL.map(|script| (count(script), script));
    // If two scripts have equally many words, the first in `ALL` is chosen: `max_by_key` returns the last maximum.
    let (most, script) = counts.into_iter().rev().max_by_key(|(count, _)| *count)?;
    (most > 0).then_some(script)
}

/// The marks that join a Hebrew prefix to a word in another script: hyphens, dashes and the maqaf.
const DASHES: [char; 5] = ['-', '\u{2010}', '\u{2011}', '\u{2013}', '\u{5be}'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_decide_where_the_settings_do_not_fit() {
        for (text, conversation, expected) in [
            ("שלום, איך אפשר לעזור?", "he", "he"),
            ("Hello, how can I help?", "he", "en"),
            ("مرحبا، كيف يمكنني مساعدتك؟", "he", "ar"),
            ("Здравствуйте!", "he", "ru"),
            ("הפגישה עם Dana בחמש", "en", "he"),
            ("ב-WhatsApp שלנו", "he", "he"),
            ("Your appointment with דנה is at ten", "he", "en"),
            ("Вы записаны к דנה כהן на десять", "he", "ru"),
            ("Bonjour", "fr", "fr"),
            ("Добрий день", "uk", "uk"),
            ("10:30", "ru", "ru"),
            ("שלום", "he-IL", "he"),
            ("Здравствуйте", "en-US", "ru"),
        ] {
            assert_eq!(language_of(text, conversation), expected, "{text}");
        }
    }
}
