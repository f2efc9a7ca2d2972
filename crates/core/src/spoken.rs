//! Text normalisation for speech synthesis: converts written text into the text that a speech synthesiser receives.
//!
//! Synthesisers read digits in Hebrew text badly: the gender of a number depends on the counted noun, and a time, a
//! price and a code are read differently. Therefore the digits of a Hebrew text are converted to words. In texts in
//! other languages, the digits of phone numbers and codes are separated. The owner's dictionary applies to all texts.

mod clause;
mod dictionary;
mod emphasis;
mod hebrew;
mod markup;
mod said_day;
mod script;
mod separated;

pub use clause::clause_for_synthesis;
pub use dictionary::Dictionary;
pub use markup::without_markup;
pub use said_day::{SaidDay, said_days};
pub use script::language_of;

/// Converts a text for a speech synthesiser. A text is read as Hebrew if no other script has more words, as in
/// [`language_of`]: a time in Hebrew words would not be understood in an English sentence with a Hebrew name. For a
/// text without letters, `language` decides, the BCP 47 tag of the conversation.
pub fn spoken(text: &str, language: &str, dictionary: &Dictionary) -> String {
    let text = dictionary.apply(&hebrew::with_gershayim(text));
    let is_tagged = || matches!(language.split('-').next(), Some("he" | "iw"));
    let is_hebrew = script::is_hebrew(&text) || !text.chars().any(char::is_alphabetic) && is_tagged();
    if is_hebrew { hebrew::hebrew(&text) } else { separated::separated(&text) }
}

/// Converts a sentence of the agent, or a text of the owner, for a speech synthesiser: without Markdown, and as
/// [`spoken`]. The signs of numbers, such as `*2000`, become words. The signs that are still there in a Hebrew text have
/// no meaning of their own; in other languages, the synthesiser reads them.
pub fn for_synthesis(text: &str, language: &str, dictionary: &Dictionary) -> String {
    let said = spoken(&without_markup(text), language, dictionary);
    if matches!(language_of(&said, language), "he" | "iw") { without_markup(&said) } else { said }
}

/// Returns the unambiguous times of day in a Hebrew text, in words or in digits, as minutes on a 12-hour clock. A
/// number that may be something other than an hour is left out. Returns no times for texts without a Hebrew letter.
pub fn said_times(text: &str) -> Vec<u16> {
    if hebrew::is_hebrew(text) { hebrew::times(text) } else { Vec::new() }
}

#[cfg(test)]
pub(crate) mod tests;
