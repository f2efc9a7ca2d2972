//! The words by which the owner switches who answers calls, in a WhatsApp message to the business.

mod time;

use crate::domain::{AnswerMode, DayTime, Language, without_bidi_controls};
use std::time::Duration;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A command of the owner in a WhatsApp message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnerCommand {
    /// The requested action.
    pub action: Action,
    /// The language of the command, in which it is answered.
    pub language: Language,
}

/// The actions that the owner can request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// To report who answers.
    Status,
    /// To change who answers.
    Set(AnswerMode, Until),
    /// Unknown: the message begins as a command, but its end cannot be read. The owner expects that the choice holds until
    /// then, so the answer must say that nothing changed.
    NotUnderstood,
}

/// How long a command holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Until the next command.
    Changed,
    /// Until it is this time of day.
    Time(DayTime),
    /// For this long.
    For(Duration),
    /// Until the business opens on a later day.
    Opening,
}

/// Parses a message. Letter case, punctuation, quotation marks, emoji, vowel points and words such as "please" are ignored.
/// Returns `None` unless the whole message is a command, because the owner also writes about other things.
pub fn parse(text: &str) -> Option<OwnerCommand> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let words = words(text);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (first, rest) = without_courtesy(&words).split_first()?;
    let (mode, language) = match *first {
        "סוכן" | "הסוכן" => (Some(AnswerMode::Agent), Language::Hebrew),
        "אנחנו" => (Some(AnswerMode::Ring), Language::Hebrew),
        "רגיל" => (Some(AnswerMode::Settings), Language::Hebrew),
        "מצב" => (None, Language::Hebrew),
        "agent" => (Some(AnswerMode::Agent), Language::English),
        "us" => (Some(AnswerMode::Ring), Language::English),
        "normal" => (Some(AnswerMode::Settings), Language::English),
        "status" => (None, Language::English),
        _ => return None,
    };
    let duration = time::duration(rest);
    let action = match rest {
        _ if duration.is_some() => match mode.filter(|mode| *mode != AnswerMode::Settings).zip(duration) {
            Some((mode, duration)) => Action::Set(mode, Until::For(duration)),
            None => Action::NotUnderstood,
        },
        [] => mode.map_or(Action::Status, |mode| Action::Set(mode, Until::Changed)),
        ["עד" | "until" | "till", end @ ..] => {
            match mode.filter(|mode| *mode != AnswerMode::Settings).zip(until(end)) {
                Some((mode, until)) => Action::Set(mode, until),
                None if may_be_end(end) => Action::NotUnderstood,
                None => return None,
            }
        }
        _ => return None,
    };
    Some(OwnerCommand { action, language })
}

fn until(words: &[&str]) -> Option<Until> {
    match words {
        ["מחר" | "למחר" | "tomorrow" | "הפתיחה" | "לפתיחה" | "opening"] => Some(Until::Opening),
        _ => time::day_time(words).map(Until::Time),
    }
}

/// Returns true if the words after "until" are few enough for the end of a command. More words are a sentence, such as
/// "us until we meet again".
fn may_be_end(words: &[&str]) -> bool {
    let has_digit = words.iter().any(|word| word.contains(|c: char| c.is_ascii_digit()));
    words.len() <= if has_digit { 4 } else { 2 }
}

/// Returns the words in lower case, without vowel points and quotation marks. Characters that are neither a letter nor a
/// digit separate words, except within a time.
fn words(text: &str) -> Vec<String> {
    let is_left_out = |c: &char| is_combining_mark(*c) || QUOTES.contains(c);
    let text = without_bidi_controls(text);
    let letters = text.nfkd().filter(|c| !is_left_out(c)).flat_map(char::to_lowercase);
    let text: String = letters
        .map(|c| match c {
            '\u{5be}' | '\u{2010}'..='\u{2014}' => '-',
            c if c.is_alphanumeric() || WITHIN.contains(&c) => c,
            _ => ' ',
        })
        .collect();
    let words = text.split_whitespace().map(|word| word.trim_matches(WITHIN));
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn without_courtesy<'a>(mut words: &'a [&'a str]) -> &'a [&'a str] {
    loop {
        let before = words.len();
        for phrase in COURTESY {
            words = words.strip_prefix(phrase).unwrap_or(words);
            words = words.strip_suffix(phrase).unwrap_or(words);
        }
        if words.len() == before {
            return words;
        }
    }
}

/// Words around a command that do not change what it asks for.
const COURTESY: [&[&str]; 8] =
    [&["בבקשה"], &["נא"], &["תודה", "רבה"], &["תודה"], &["please"], &["pls"], &["thank", "you"], &["thanks"]];
/// Characters that may be within a time, as in `ה-17:00`.
const WITHIN: [char; 3] = [':', '.', '-'];
const QUOTES: [char; 10] =
    ['"', '\'', '\u{5f3}', '\u{5f4}', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}', '\u{2032}', '\u{2033}'];
/// The maximum length of a command in bytes.
const MAX_BYTES: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(minutes: u16) -> Until {
        Until::Time(DayTime::from_minutes(minutes).unwrap())
    }

    fn lasts(minutes: u64) -> Until {
        Until::For(Duration::from_mins(minutes))
    }

    #[test]
    fn words_are_commands_in_both_languages() {
        use AnswerMode::{Agent, Ring, Settings};
        for (text, action) in [
            ("סוכן", Action::Set(Agent, Until::Changed)),
            (" הסוכן! ", Action::Set(Agent, Until::Changed)),
            ("סוכן עד 17:00", Action::Set(Agent, at(17 * 60))),
            ("\u{200f}סוכן עד ה-17:30\u{200f}", Action::Set(Agent, at(17 * 60 + 30))),
            ("סוכן עד שעה 9", Action::Set(Agent, at(9 * 60))),
            ("אנחנו עד מחר", Action::Set(Ring, Until::Opening)),
            ("רגיל", Action::Set(Settings, Until::Changed)),
            ("מצב?", Action::Status),
            ("Agent", Action::Set(Agent, Until::Changed)),
            ("AGENT until 24:00", Action::Set(Agent, at(24 * 60))),
            ("us until 5pm", Action::Set(Ring, at(17 * 60))),
            ("us until 12:15 am", Action::Set(Ring, at(15))),
            ("us until tomorrow", Action::Set(Ring, Until::Opening)),
            ("normal", Action::Set(Settings, Until::Changed)),
            ("status", Action::Status),
            ("סוכן עד 8 בערב", Action::Set(Agent, at(20 * 60))),
            ("סוכן עד 8:30 בבוקר", Action::Set(Agent, at(8 * 60 + 30))),
            ("סוכן עד שמונה", Action::Set(Agent, at(8 * 60))),
            ("סוכן עד שמונה וחצי בערב", Action::Set(Agent, at(20 * 60 + 30))),
            ("סוכן עד שתים עשרה בלילה", Action::Set(Agent, at(24 * 60))),
            ("סוכן עד אחת עשרה בבוקר", Action::Set(Agent, at(11 * 60))),
            ("סוכן עד לשלוש בצהריים", Action::Set(Agent, at(15 * 60))),
            ("סוכן עד 4 אחה\"צ", Action::Set(Agent, at(16 * 60))),
            ("סוכן עד 2 בלילה", Action::Set(Agent, at(2 * 60))),
            ("סוכן עד 20:00 בערב", Action::Set(Agent, at(20 * 60))),
            ("סוכן עד חצות", Action::Set(Agent, at(24 * 60))),
            ("סוכן עד ל-17:00", Action::Set(Agent, at(17 * 60))),
            ("אנחנו עד למחר", Action::Set(Ring, Until::Opening)),
            ("us until 5 p.m.", Action::Set(Ring, at(17 * 60))),
            ("us until eight in the evening", Action::Set(Ring, at(20 * 60))),
            ("us until noon", Action::Set(Ring, at(12 * 60))),
            ("אנחנו,", Action::Set(Ring, Until::Changed)),
            ("אנחנו…", Action::Set(Ring, Until::Changed)),
            ("\"אנחנו\"", Action::Set(Ring, Until::Changed)),
            ("«אנחנו»", Action::Set(Ring, Until::Changed)),
            ("״אנחנו״", Action::Set(Ring, Until::Changed)),
            ("*סוכן*", Action::Set(Agent, Until::Changed)),
            ("_סוכן_ עד 17:00!", Action::Set(Agent, at(17 * 60))),
            ("אנחנו 🙂", Action::Set(Ring, Until::Changed)),
            ("אֲנַחְנוּ", Action::Set(Ring, Until::Changed)),
            ("אנחנו בבקשה, תודה רבה", Action::Set(Ring, Until::Changed)),
            ("normal;", Action::Set(Settings, Until::Changed)),
            ("us, please", Action::Set(Ring, Until::Changed)),
            ("סוכן לשעה", Action::Set(Agent, lasts(60))),
            ("אנחנו לשעתיים", Action::Set(Ring, lasts(120))),
            ("סוכן לחצי שעה", Action::Set(Agent, lasts(30))),
            ("סוכן לשלוש שעות", Action::Set(Agent, lasts(180))),
            ("סוכן ל-3 שעות בבקשה", Action::Set(Agent, lasts(180))),
            ("סוכן ל־45 דקות", Action::Set(Agent, lasts(45))),
            ("סוכן לשעה וחצי", Action::Set(Agent, lasts(90))),
            ("us for 2 hours", Action::Set(Ring, lasts(120))),
            ("us for an hour", Action::Set(Ring, lasts(60))),
            ("agent for half an hour", Action::Set(Agent, lasts(30))),
            ("agent for 90 minutes", Action::Set(Agent, lasts(90))),
            ("agent for two hours", Action::Set(Agent, lasts(120))),
            ("normal for an hour", Action::NotUnderstood),
            ("us until 25", Action::NotUnderstood),
            ("us until 13pm", Action::NotUnderstood),
            ("us until 5 pm pm", Action::NotUnderstood),
            ("status until 17:00", Action::NotUnderstood),
            ("סוכן עד", Action::NotUnderstood),
            ("סוכן עד 25:00", Action::NotUnderstood),
            ("סוכן עד 17:60", Action::NotUnderstood),
            ("סוכן עד 17:0", Action::NotUnderstood),
            ("סוכן עד 24:30", Action::NotUnderstood),
            ("סוכן עד 17:00 בבוקר", Action::NotUnderstood),
            ("סוכן עד שתתקשרו", Action::NotUnderstood),
            ("רגיל עד 17:00", Action::NotUnderstood),
        ] {
            let command = parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(command.action, action, "{text}");
            let is_hebrew = text.chars().any(|c| ('א'..='ת').contains(&c));
            assert_eq!(command.language == Language::Hebrew, is_hebrew, "{text}");
        }
    }

    #[test]
    fn other_messages_are_no_commands() {
        for text in [
            "",
            "הסוכן לא ענה לי",
            "us and them",
            "us for 2 hours of fun",
            "סוכן לשעת חירום",
            "agent for 0 hours",
            "us until we meet again",
            "אנחנו סגורים היום",
            "אנחנו עד שמונה בערב בעבודה",
            "סוכן 17:00",
            "agent called me",
            "תודה",
            "🙂",
            "agents",
            "מה המצב",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_parsed(text in ".{0,120}") {
            let _ = parse(&text);
        }

        #[test]
        fn any_time_is_parsed(time in "[0-9:.apm ]{0,10}") {
            let _ = parse(&format!("agent until {time}"));
        }
    }
}
