//! Back-channels: words by which a listener shows that they follow, without wanting to speak. Back-channels do not
//! interrupt the agent. The list of the words is `back_channels.txt`.

use std::collections::HashSet;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SpeechKind {
    /// The transcript contains no word.
    None,
    /// The transcript contains only back-channels.
    BackChannel,
    /// The transcript contains another word, or too many words for a back-channel.
    Speech,
}

/// The largest number of words in an entry of the list.
const MAX_WORDS: usize = 4;
/// The largest number of words of a back-channel transcript. A longer transcript is speech, even if it contains only
/// back-channels.
const MAX_BACK_CHANNEL: usize = 6;

static BACK_CHANNELS: LazyLock<HashSet<Vec<String>>> = LazyLock::new(|| {
    let lines = include_str!("back_channels.txt").lines();
    lines
        .filter(|line| !line.starts_with('#'))
        .map(|line| words(line).collect())
        .filter(|entry: &Vec<_>| !entry.is_empty())
        .collect()
});

/// Classifies a transcript. If the transcript is not final and ends with a letter or a digit, its last word may be
/// incomplete and is ignored.
pub(super) fn classify(text: &str, is_final: bool) -> SpeechKind {
    let mut found: Vec<_> = words(&without_descriptions(text)).collect();
    if !is_final && text.chars().next_back().is_some_and(char::is_alphanumeric) {
        found.pop();
    }
    if found.is_empty() {
        return SpeechKind::None;
    }
    if found.len() > MAX_BACK_CHANNEL {
        return SpeechKind::Speech;
    }
    let mut rest = &found[..];
    while !rest.is_empty() {
        let known = (1..=MAX_WORDS.min(rest.len())).rev().find(|count| BACK_CHANNELS.contains(&rest[..*count]));
        match known {
            Some(count) => rest = &rest[count..],
            None => return SpeechKind::Speech,
        }
    }
    SpeechKind::BackChannel
}

/// Returns the text without the descriptions of sounds that some models write in brackets, such as "[cough]".
fn without_descriptions(text: &str) -> String {
    let mut depth = 0_u32;
    let is_outside = |letter: &char| {
        match letter {
            '[' | '(' | '<' | '{' => depth += 1,
            ']' | ')' | '>' | '}' => depth = depth.saturating_sub(1),
            _ => return depth == 0,
        }
        false
    };
    text.chars().filter(is_outside).collect()
}

/// Splits the text into words: lower case, without diacritics, and with repeated letters reduced to one.
fn words(text: &str) -> impl Iterator<Item = String> {
    let separated =
        |letter: char| !letter.is_alphanumeric() && !is_combining_mark(letter) && !matches!(letter, '\'' | '\u{2019}');
    text.split(separated).map(normalize).filter(|word| !word.is_empty())
}

fn normalize(word: &str) -> String {
    let letters = word
        .nfkd()
        .filter(|letter| letter.is_alphanumeric() && !is_combining_mark(*letter))
        .flat_map(char::to_lowercase);
    let mut normalized = String::new();
    for letter in letters {
        // "mmmm" and "mm" are one word.
        if !normalized.ends_with(letter) || letter.is_numeric() {
            normalized.push(letter);
        }
    }
    normalized
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_back_channel_is_no_interruption() {
        for text in [
            "כן",
            "כן.",
            "כן, כן",
            "אהה",
            "אההההה...",
            "אוקיי!",
            "אוקיי, הבנתי.",
            "כֵּן",
            "בסדר גמור",
            "mm-hm",
            "Mm-hmm.",
            "Uh-huh.",
            "Yeah, okay.",
            "I see.",
            "Thank you very much!",
            "نعم",
            "أيوه، تمام",
            "Да, да.",
            "Угу",
            "Ну да",
        ] {
            assert_eq!(classify(text, true), SpeechKind::BackChannel, "{text}");
        }
    }

    #[test]
    fn real_words_interrupt() {
        for text in [
            "לא",
            "רגע",
            "כן, אבל",
            "כן אני רוצה תור",
            "הלו?",
            "סליחה",
            "עצור",
            "no",
            "wait",
            "yes but",
            "i",
            "5",
            "11",
            "لا",
            "Подождите",
            "כן כן כן כן כן כן כן",
            "that's wrong",
        ] {
            assert_eq!(classify(text, true), SpeechKind::Speech, "{text}");
        }
    }

    #[test]
    fn a_sound_has_no_words() {
        for text in ["", " ", "...", "[cough]", "(noise) ", "♪ ♪", "<unk>", "—"] {
            assert_eq!(classify(text, true), SpeechKind::None, "{text}");
        }
    }

    #[test]
    fn the_last_word_of_a_part_may_continue() {
        assert_eq!(classify("כ", false), SpeechKind::None);
        assert_eq!(classify("כן, אב", false), SpeechKind::BackChannel);
        assert_eq!(classify("כן, אבל ", false), SpeechKind::Speech);
        assert_eq!(classify("wait ", false), SpeechKind::Speech);
    }
}
