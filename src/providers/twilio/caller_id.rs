//! Callers with a withheld number.

/// What Twilio sends as `From` for callers without a number: words spelled with the digits of a phone keypad.
const SPELLED: [(&str, &str); 5] = [
    ("+266696687", "anonymous"),
    ("+7378742833", "restricted"),
    ("+86282452253", "unavailable"),
    ("+8656696", "unknown"),
    ("+2562533", "blocked"),
];

/// The caller as in `From`: a number, or a word such as `anonymous` if it is withheld.
pub fn caller_id(from: &str) -> &str {
    let bare = from.trim();
    let word = SPELLED.iter().find(|(number, _)| *number == bare).map(|(_, word)| *word);
    word.unwrap_or(if bare.is_empty() { "anonymous" } else { bare })
}
