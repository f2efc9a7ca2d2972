//! Texts as they are spoken: what a synthesiser of speech receives.
//!
//! Synthesisers read digits badly in Hebrew: the gender of a number depends on what it counts, and a time, a price and a code
//! are read differently. So all digits of a Hebrew text become words before it is spoken. Texts in other languages are
//! left to the synthesiser, except that the digits of phone numbers and codes are separated.

mod dictionary;
mod hebrew;
mod said_day;
mod script;
mod separated;

pub use dictionary::Dictionary;
pub use said_day::{SaidDay, said_days};
pub use script::language_of;

/// The text for a synthesiser of speech. `language` is the BCP 47 tag of the conversation, and decides for texts
/// without letters; others are read in the language of their letters.
pub fn spoken(text: &str, language: &str, dictionary: &Dictionary) -> String {
    let text = dictionary.apply(text);
    let is_tagged = || matches!(language.split('-').next(), Some("he" | "iw"));
    let is_hebrew = hebrew::is_hebrew(&text) || !text.chars().any(char::is_alphabetic) && is_tagged();
    if is_hebrew { hebrew::hebrew(&text) } else { separated::separated(&text) }
}

/// The times of day that a Hebrew text says, in words or in digits, in minutes of a clock of twelve hours. Texts in other
/// languages have none.
pub fn said_times(text: &str) -> Vec<u16> {
    if hebrew::is_hebrew(text) { hebrew::times(text) } else { Vec::new() }
}

#[cfg(test)]
mod tests;
