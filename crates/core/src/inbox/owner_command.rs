//! The words by which the owner switches who answers calls, in a WhatsApp message to the business.

use crate::domain::{AnswerMode, DayTime, Language, without_bidi_controls};

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
}

/// How long a command holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Until the next command.
    Changed,
    /// Until it is this time of day.
    Time(DayTime),
    /// Until the business opens on a later day.
    Opening,
}

/// Parses a message. Returns `None` unless the whole message is a command, because the owner also writes about other
/// things.
pub fn parse(text: &str) -> Option<OwnerCommand> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let text = without_bidi_controls(text).to_lowercase();
    let text = text.trim().trim_end_matches(['.', '!', '?']);
    let mut words = text.split_whitespace();
    let (mode, language) = match words.next()? {
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
    let rest: Vec<_> = words.collect();
    let action = match (mode, rest.as_slice()) {
        (None, []) => Action::Status,
        (Some(mode), []) => Action::Set(mode, Until::Changed),
        (Some(mode), ["עד" | "until", time @ ..]) if mode != AnswerMode::Settings => Action::Set(mode, until(time)?),
        _ => return None,
    };
    Some(OwnerCommand { action, language })
}

fn until(words: &[&str]) -> Option<Until> {
    match words {
        ["מחר" | "tomorrow" | "הפתיחה" | "opening"] => Some(Until::Opening),
        [time] | ["שעה" | "השעה", time] => day_time(time, None).map(Until::Time),
        [time, "am"] => day_time(time, Some(false)).map(Until::Time),
        [time, "pm"] => day_time(time, Some(true)).map(Until::Time),
        _ => None,
    }
}

/// Parses `17`, `17:00`, `17.30`, `ה-17:00` and `5pm`. `is_afternoon` is none unless `am` or `pm` follows as a separate
/// word.
fn day_time(text: &str, is_afternoon: Option<bool>) -> Option<DayTime> {
    let text = text.strip_prefix("ה-").or_else(|| text.strip_prefix("ה־")).unwrap_or(text);
    let (text, is_afternoon) = match (text.strip_suffix("pm"), text.strip_suffix("am")) {
        (Some(text), _) if is_afternoon.is_none() => (text, Some(true)),
        (_, Some(text)) if is_afternoon.is_none() => (text, Some(false)),
        _ => (text, is_afternoon),
    };
    let (hours, minutes) = text.split_once([':', '.']).unwrap_or((text, "00"));
    let number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<u16>().ok())?;
    let hours = number(hours).filter(|_| hours.len() <= 2)?;
    let minutes = number(minutes).filter(|number| minutes.len() == 2 && *number < 60)?;
    let hours = match is_afternoon {
        None => Some(hours).filter(|hours| *hours <= 24)?,
        Some(is_afternoon) => {
            Some(hours).filter(|hours| (1..=12).contains(hours))? % 12 + if is_afternoon { 12 } else { 0 }
        }
    };
    DayTime::from_minutes(hours * 60 + minutes)
}

/// The maximum length of a command in bytes.
const MAX_BYTES: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(minutes: u16) -> Until {
        Until::Time(DayTime::from_minutes(minutes).unwrap())
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
            "סוכן עד",
            "סוכן עד 25:00",
            "סוכן עד 17:60",
            "סוכן עד 17:0",
            "סוכן עד 24:30",
            "רגיל עד 17:00",
            "status until 17:00",
            "us until 13pm",
            "us until 5 pm pm",
            "us and them",
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
