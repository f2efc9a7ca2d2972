//! Who calls, where the caller withholds the number.

/// What Twilio sends as `From` for callers without a number: digits on a telephone's keys that spell a word.
const SPELLED: [(&str, &str); 5] = [
    ("+266696687", "anonymous"),
    ("+7378742833", "restricted"),
    ("+86282452253", "unavailable"),
    ("+8656696", "unknown"),
    ("+2562533", "blocked"),
];

/// The caller as `From` names them: a number, or a word such as `anonymous` where it is withheld.
pub fn caller_id(from: &str) -> &str {
    let bare = from.trim();
    let word = SPELLED.iter().find(|(number, _)| *number == bare).map(|(_, word)| *word);
    word.unwrap_or(if bare.is_empty() { "anonymous" } else { bare })
}
