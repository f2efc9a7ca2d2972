//! Validation of the texts that users write.

use super::RequestError;
use crate::domain::{clean_name, is_visible, one_line, without_bidi_controls};

/// Returns a name or a title in its stored form: one line of 1 to 200 characters.
pub(super) fn name(field: &'static str, text: &str) -> Result<String, RequestError> {
    let name = clean_name(text, MAX_NAME_CHARS).filter(|name| !name.is_empty());
    name.ok_or_else(|| refuse(field, format!("must have 1 to {MAX_NAME_CHARS} characters in one line")))
}

/// Returns a name or a title like [`name`], and also accepts an empty text.
pub(super) fn name_or_empty(field: &'static str, text: &str) -> Result<String, RequestError> {
    clean_name(text, MAX_NAME_CHARS)
        .ok_or_else(|| refuse(field, format!("must have at most {MAX_NAME_CHARS} characters in one line")))
}

/// Returns the beginning of a text from an external source, as one line of at most `most` characters. Returns `None` if
/// the text has no visible characters, or contains control characters.
pub(super) fn beginning(text: &str, most: usize) -> Option<String> {
    let line: String = one_line(text).chars().take(most).collect();
    clean_name(&line, most).filter(|line| !line.is_empty())
}

/// Returns a validated text of one or more lines, 1 to 10,000 characters.
pub(super) fn lines(field: &'static str, text: &str) -> Result<String, RequestError> {
    lines_up_to(MAX_TEXT_CHARS, field, text)
}

pub(super) fn lines_up_to(most: usize, field: &'static str, text: &str) -> Result<String, RequestError> {
    let text = clean_lines(text, most).filter(|text| !text.is_empty());
    text.ok_or_else(|| refuse(field, format!("must have 1 to {most} characters and no control characters")))
}

/// Returns a validated remark of any number of lines, at most 4,000 characters. It may be empty.
pub(super) fn remark(field: &'static str, text: &str) -> Result<String, RequestError> {
    clean_lines(text, MAX_REMARK_CHARS).ok_or_else(|| {
        refuse(field, format!("must have at most {MAX_REMARK_CHARS} characters and no control characters"))
    })
}

/// Removes bidirectional control characters and surrounding white space. A text without visible characters becomes
/// empty. Returns `None` if the text is longer than `most`, or contains control characters other than line breaks and
/// tabs.
fn clean_lines(text: &str, most: usize) -> Option<String> {
    let text = without_bidi_controls(text);
    let text = if text.contains(|c| is_visible(c) || is_refused(c)) { text.trim() } else { "" };
    (text.chars().count() <= most && !text.contains(is_refused)).then(|| text.to_owned())
}

pub(super) fn is_refused(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\r' | '\t')
}

pub(super) fn refuse(field: &'static str, what: impl std::fmt::Display) -> RequestError {
    RequestError::field(field, format!("{field} {what}"))
}

pub(super) const MAX_NAME_CHARS: usize = 200;
const MAX_TEXT_CHARS: usize = 10_000;
const MAX_REMARK_CHARS: usize = 4000;
