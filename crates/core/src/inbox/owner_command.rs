//! The words by which the owner switches who answers calls, in a WhatsApp message to the business.

mod time;

pub use time::Until;

use crate::domain::{AnswerMode, Language, without_bidi_controls};
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
    /// Unknown: the message begins as a command, but its other words cannot be read. The owner expects that something
    /// changes, so the answer must say that nothing did.
    NotUnderstood,
}

/// Parses a message. Letter case, punctuation, quotation marks, emoji, vowel points and words such as "please" are ignored.
/// A longer message than `MAX_WORDS` is a command only if all of it can be read, because the owner also writes about other
/// things. A shorter one that begins as a command is [`Action::NotUnderstood`] if it cannot be read.
pub fn parse(text: &str) -> Option<OwnerCommand> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let words = words(text);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let words = without_courtesy(&words);
    let (first, rest) = words.split_first()?;
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
    let rest = without_now(rest);
    let action = match (mode, end(rest)) {
        (None, Some(Until::Changed)) => Action::Status,
        (Some(mode), Some(until)) if until == Until::Changed || mode != AnswerMode::Settings => {
            Action::Set(mode, until)
        }
        (_, Some(_)) => Action::NotUnderstood,
        (_, None) if words.len() <= MAX_WORDS || may_have_end(rest) => Action::NotUnderstood,
        (_, None) => return None,
    };
    Some(OwnerCommand { action, language })
}

/// Parses the words after the word of the command. None if they are no end of a command.
fn end(words: &[&str]) -> Option<Until> {
    match words {
        [] => Some(Until::Changed),
        ["עד" | "until" | "till", end @ ..] => until(end),
        ["היום" | "today"] => time::end_of_day(),
        _ => time::duration(words).map(Until::For),
    }
}

fn until(words: &[&str]) -> Option<Until> {
    match words {
        ["מחר" | "למחר" | "tomorrow" | "הפתיחה" | "לפתיחה" | "opening"] => Some(Until::Opening),
        ["סוף", "היום"] | ["the", "end", "of", "the", "day"] => time::end_of_day(),
        _ => time::day_time(words).map(Until::Time),
    }
}

/// Returns true if the words after "until" may be the end of a command, because one has a digit. Other words are a
/// sentence, such as "us until we meet again".
fn may_have_end(words: &[&str]) -> bool {
    let has_digit = || words.iter().any(|word| word.contains(|c: char| c.is_ascii_digit()));
    matches!(words.first(), Some(&("עד" | "until" | "till"))) && words.len() <= 1 + MAX_WORDS && has_digit()
}

/// Removes the words that say that a command holds from now on, which every command does.
fn without_now<'a>(words: &'a [&'a str]) -> &'a [&'a str] {
    match words {
        ["for", "now"] => &[],
        ["עכשיו" | "מעכשיו" | "כעת" | "now", rest @ ..] | [rest @ .., "עכשיו" | "מעכשיו" | "כעת" | "now"] => {
            rest
        }
        _ => words,
    }
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
/// The maximum number of words of a message that is answered although it can only be read in part.
const MAX_WORDS: usize = 4;
/// The maximum length of a command in bytes.
const MAX_BYTES: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::DayTime;
    use proptest::prelude::*;
    use std::time::Duration;

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
            ("סוכן לשעה אחת", Action::Set(Agent, lasts(60))),
            ("סוכן לעשרים דקות", Action::Set(Agent, lasts(20))),
            ("סוכן לארבעים וחמש דקות", Action::Set(Agent, lasts(45))),
            ("סוכן לחמש עשרה דקות", Action::Set(Agent, lasts(15))),
            ("סוכן לדקה", Action::Set(Agent, lasts(1))),
            ("סוכן ל-30 דק'", Action::Set(Agent, lasts(30))),
            ("אנחנו לשעה", Action::Set(Ring, lasts(60))),
            ("סוכן לשעתיים וחצי", Action::Set(Agent, lasts(150))),
            ("סוכן ל-1.5 שעות", Action::Set(Agent, lasts(90))),
            ("סוכן לשלושת רבעי שעה", Action::Set(Agent, lasts(45))),
            ("us for 1 hour", Action::Set(Ring, lasts(60))),
            ("us for a hour", Action::Set(Ring, lasts(60))),
            ("agent for 30 min", Action::Set(Agent, lasts(30))),
            ("agent for 30 mins.", Action::Set(Agent, lasts(30))),
            ("agent for 2 hrs", Action::Set(Agent, lasts(120))),
            ("agent for 2h", Action::Set(Agent, lasts(120))),
            ("agent for 45min", Action::Set(Agent, lasts(45))),
            ("agent for 1.5 hours", Action::Set(Agent, lasts(90))),
            ("agent for 1.25 hours", Action::Set(Agent, lasts(75))),
            ("agent for half hour", Action::Set(Agent, lasts(30))),
            ("agent for twenty minutes", Action::Set(Agent, lasts(20))),
            ("agent for forty-five minutes", Action::Set(Agent, lasts(45))),
            ("agent for an hour and a half", Action::Set(Agent, lasts(90))),
            ("סוכן עכשיו", Action::Set(Agent, Until::Changed)),
            ("רגיל עכשיו", Action::Set(Settings, Until::Changed)),
            ("agent now", Action::Set(Agent, Until::Changed)),
            ("agent for now", Action::Set(Agent, Until::Changed)),
            ("agent now for 2 hours", Action::Set(Agent, lasts(120))),
            ("סוכן לשעה עכשיו", Action::Set(Agent, lasts(60))),
            ("מצב עכשיו", Action::Status),
            ("אנחנו היום", Action::Set(Ring, at(24 * 60))),
            ("us today", Action::Set(Ring, at(24 * 60))),
            ("סוכן עד סוף היום", Action::Set(Agent, at(24 * 60))),
        ] {
            let command = parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(command.action, action, "{text}");
            let is_hebrew = text.chars().any(|c| ('א'..='ת').contains(&c));
            assert_eq!(command.language == Language::Hebrew, is_hebrew, "{text}");
        }
    }

    #[test]
    fn words_that_begin_as_a_command_and_cannot_be_read_are_answered() {
        for text in [
            "normal for an hour",
            "normal today",
            "agent for 0 hours",
            "agent for 1.5 minutes",
            "סוכן לשעת חירום",
            "סוכן 17:00",
            "agent called me",
            "us and them",
            "אנחנו סגורים היום",
            "us until 25",
            "us until 13pm",
            "us until 5 pm pm",
            "status until 17:00",
            "סוכן עד",
            "סוכן עד 25:00",
            "סוכן עד 17:60",
            "סוכן עד 17:0",
            "סוכן עד 24:30",
            "סוכן עד 17:00 בבוקר",
            "סוכן עד שתתקשרו",
            "רגיל עד 17:00",
        ] {
            assert_eq!(parse(text).map(|command| command.action), Some(Action::NotUnderstood), "{text}");
        }
    }

    #[test]
    fn other_messages_are_no_commands() {
        for text in [
            "",
            "הסוכן לא ענה לי אתמול",
            "us for 2 hours of fun",
            "us until we meet again",
            "אנחנו סגורים היום בגלל החג",
            "אנחנו עד שמונה בערב בעבודה",
            "agent called me twice today",
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
        fn no_sentence_of_five_words_changes_who_answers(
            command in prop::sample::select(vec!["סוכן", "אנחנו", "רגיל", "מצב", "agent", "us", "normal", "status"]),
            end in prop::sample::select(vec!["", "לשעה", "עד 17:00", "for 2 hours", "for 30 min", "עכשיו", "now", "היום", "today", "עד מחר"]),
            words in prop::collection::vec(prop::sample::select(vec![
                "סגורים", "החדש", "לא", "עונה", "טוב", "שלח", "לי", "את", "כל", "השיחות", "called", "me", "and", "was", "very", "helpful",
            ]), 4..9),
        ) {
            prop_assert_eq!(parse(&format!("{command} {end} {}", words.join(" "))), None);
            prop_assert_eq!(parse(&format!("{command} {} {end}", words.join(" "))), None);
        }

        #[test]
        fn any_time_is_parsed(time in "[0-9:.apm ]{0,10}") {
            let _ = parse(&format!("agent until {time}"));
        }
    }
}
