//! The words by which a contact opts out of messages, or in again, in a message to the business.
//!
//! A message counts only if it consists of such a word or phrase, because a false match would silence the business
//! towards a customer: "stop by tomorrow?" and "לא להפסיק" are ordinary messages. For the same reason words that mean
//! something else to a business with appointments are left out, such as `CANCEL`, `END` and "ביטול". Where Twilio acts on
//! them itself, its webhook says so.

use crate::domain::{OptOutChoice, without_bidi_controls};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A contact's choice in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptOutWord {
    /// What the contact chose.
    pub choice: OptOutChoice,
    /// The language of the word.
    pub language: WordLanguage,
}

/// A language in which words are recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordLanguage {
    /// Hebrew.
    Hebrew,
    /// English.
    English,
    /// Arabic.
    Arabic,
    /// Russian.
    Russian,
}

/// Parses a message. Letter case, punctuation, emoji, vowel marks and words such as "please" are ignored. Returns `None`
/// unless the rest of the message is exactly one of the phrases.
pub fn parse(text: &str) -> Option<OptOutWord> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let text = normalized(text);
    let text = without_courtesy(&text);
    PHRASES.iter().find(|phrase| fits(text, phrase.parts)).map(|phrase| phrase.word)
}

struct Phrase {
    word: OptOutWord,
    /// For each part of the phrase its alternatives. The empty alternative makes a part optional.
    parts: &'static [&'static [&'static str]],
}

const fn out(language: WordLanguage, parts: &'static [&'static [&'static str]]) -> Phrase {
    Phrase { word: OptOutWord { choice: OptOutChoice::Out, language }, parts }
}

const fn back(language: WordLanguage, parts: &'static [&'static [&'static str]]) -> Phrase {
    Phrase { word: OptOutWord { choice: OptOutChoice::In, language }, parts }
}

/// In the form that [`normalized`] returns.
const PHRASES: [Phrase; 30] = {
    use WordLanguage::{Arabic, English, Hebrew, Russian};
    [
        out(
            Hebrew,
            &[
                &["הסר", "הסירו", "הסירי"],
                &["", "אותי", "אותנו", "את המספר", "את המספר שלי", "המספר שלי"],
                FROM_THE_LIST,
            ],
        ),
        out(Hebrew, &[&["תסיר", "תסירו", "תסירי", "להסיר"], &["אותי", "אותנו", "את המספר שלי"], FROM_THE_LIST]),
        out(Hebrew, &[&["תסיר", "תסירו", "תסירי"], FROM_A_LIST]),
        // Israeli advertisements must say how to opt out, and ask to answer with one of these words.
        out(Hebrew, &[&["להסיר", "הסרה", "להסרה"], FROM_THE_LIST]),
        out(Hebrew, &[&["מחק", "מחקו", "תמחק", "תמחקו", "תמחקי"], &["אותי", "אותנו", "את המספר שלי"], FROM_A_LIST]),
        out(Hebrew, &[&["הפסק", "הפסיקו", "הפסיקי", "תפסיקו", "עצור", "עצרו", "סטופ"]]),
        out(
            Hebrew,
            &[
                &["הפסק", "הפסיקו", "הפסיקי", "תפסיק", "תפסיקו", "תפסיקי", "להפסיק"],
                &["לשלוח", "לכתוב", "עם ההודעות", "את ההודעות", "את משלוח ההודעות"],
                &["", "לי", "לנו", "אלי", "אליי", "אלינו"],
                &["", "הודעות", "את ההודעות", "יותר"],
            ],
        ),
        out(
            Hebrew,
            &[
                &["אל תשלח", "אל תשלחו", "אל תשלחי", "לא לשלוח", "תפסיקו לשלוח"],
                &["", "לי", "לנו", "אלי", "אליי"],
                &["", "יותר", "עוד"],
                &["הודעות"],
                &["", "יותר"],
            ],
        ),
        out(Hebrew, &[&["אל תשלח", "אל תשלחו", "אל תשלחי", "לא לשלוח"], &["לי יותר", "לנו יותר"]]),
        back(Hebrew, &[&["התחל", "התחילו", "התחילי", "חזור", "הצטרף", "הצטרפות", "להצטרף", "הרשם", "הירשם"]]),
        back(
            Hebrew,
            &[
                &["חזרו", "תחזרו", "תחזור", "תחזרי", "אפשר", "אפשר שוב", "תמשיכו", "תתחילו"],
                &["לשלוח"],
                &["", "לי", "לנו"],
                &["הודעות", "שוב הודעות"],
            ],
        ),
        out(
            English,
            &[&["stop", "stopall", "stop all", "unsubscribe", "unsubscribe me", "optout", "opt out", "opt me out"]],
        ),
        out(
            English,
            &[
                &["stop"],
                &["sending", "texting", "messaging", "messages"],
                &["", "me", "us"],
                &["", "messages", "texts"],
            ],
        ),
        out(
            English,
            &[&["do not", "don t", "dont"], &["message", "text"], &["me"], &["", "anymore", "any more", "again"]],
        ),
        out(
            English,
            &[
                &["do not", "don t", "dont"],
                &["send"],
                &["", "me", "us"],
                &["", "any", "any more", "more"],
                &["messages", "texts"],
                &["", "anymore", "any more", "again"],
            ],
        ),
        out(
            English,
            &[
                &["remove", "take"],
                &["me", "us", "my number"],
                &["from", "off"],
                &["", "the", "this", "your"],
                &["mailing list"],
            ],
        ),
        out(English, &[&["remove me"]]),
        back(English, &[&["start", "unstop", "subscribe", "resubscribe", "optin", "opt in", "opt me in"]]),
        out(Arabic, &[&["ايقاف", "اوقف", "اوقفوا", "قف", "توقف", "توقفوا"]]),
        out(
            Arabic,
            &[
                &["ايقاف", "اوقف", "اوقفوا", "توقف عن", "توقفوا عن"],
                &["الرسايل", "ارسال الرسايل", "ارسال"],
                &["", "لي"],
            ],
        ),
        out(Arabic, &[&["الغاء الاشتراك", "الغ الاشتراك", "الغوا الاشتراك"]]),
        out(Arabic, &[&["لا ترسل", "لا ترسلوا"], &["", "لي"], &["", "المزيد من"], &["رسايل", "الرسايل"]]),
        back(Arabic, &[&["ابدا", "ابدووا", "ابداوا", "استيناف", "اشترك", "اشتراك"]]),
        out(Russian, &[&["стоп", "отписка", "отписаться"], &["", "меня"], &["", "от рассылки"]]),
        // "отпиши" alone also means "write back".
        out(Russian, &[&["отпишите"]]),
        out(Russian, &[&["отпиши", "отпишите"], &["меня"], &["", "от рассылки"]]),
        out(Russian, &[&["удали", "удалите", "уберите"], &["меня"], &["из рассылки"]]),
        out(
            Russian,
            &[
                &["не пиши", "не пишите", "не присылаите", "больше не пишите", "больше не присылаите"],
                &["", "мне", "нам"],
                &["больше", "сообщения", "сообщении"],
            ],
        ),
        out(
            Russian,
            &[
                &["прекратите", "хватит", "остановите"],
                &["рассылку", "слать", "присылать", "писать"],
                &["", "мне"],
                &["", "сообщения"],
            ],
        ),
        back(Russian, &[&["старт", "начать", "подписаться", "возобновить", "подпишите"], &["", "меня"]]),
    ]
};

/// The business has a waiting list as well, so "the list" alone is not enough.
const FROM_A_LIST: &[&str] = &["מרשימת התפוצה", "מרשימת תפוצה", "מהתפוצה", "מרשימת הדיוור", "מהדיוור"];
const FROM_THE_LIST: &[&str] = &["", "מרשימת התפוצה", "מרשימת תפוצה", "מהתפוצה", "מרשימת הדיוור", "מהדיוור"];

/// Words around a phrase that do not change what it asks for.
const COURTESY: [&str; 14] = [
    "בבקשה",
    "נא",
    "תודה",
    "תודה רבה",
    "אנא",
    "please",
    "pls",
    "thanks",
    "thank you",
    "من فضلك",
    "رجاء",
    "شكرا",
    "пожалуиста",
    "спасибо",
];

/// Returns the words in lower case, separated by single spaces, without repetitions. Characters that are no letters or
/// digits separate words. Marks above and below letters are removed: Hebrew and Arabic vowels, but also the parts by which
/// letters such as й, أ and ё differ from others.
fn normalized(text: &str) -> String {
    let letters = without_bidi_controls(text)
        .nfkd()
        .filter(|c| !is_combining_mark(*c) && !IGNORED.contains(c))
        .flat_map(char::to_lowercase)
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect::<String>();
    let mut words: Vec<_> = letters.split_whitespace().collect();
    words.dedup();
    words.join(" ")
}

fn without_courtesy(mut text: &str) -> &str {
    loop {
        let before = text;
        for word in COURTESY {
            text = text.strip_prefix(word).and_then(|rest| rest.strip_prefix(' ')).unwrap_or(text);
            text = text.strip_suffix(word).and_then(|rest| rest.strip_suffix(' ')).unwrap_or(text);
        }
        if text == before {
            return text;
        }
    }
}

fn fits(text: &str, parts: &[&[&str]]) -> bool {
    let Some((part, others)) = parts.split_first() else { return text.is_empty() };
    part.iter().any(|words| match text.strip_prefix(words) {
        Some(rest) if words.is_empty() || rest.is_empty() => fits(rest, others),
        Some(rest) => rest.strip_prefix(' ').is_some_and(|rest| fits(rest, others)),
        None => false,
    })
}

/// The maximum length of a message that is looked at, in bytes.
const MAX_BYTES: usize = 200;
/// Characters within words that are not visible, and the Arabic letter extender.
const IGNORED: [char; 6] = ['\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}', '\u{640}'];

#[cfg(test)]
mod tests;
