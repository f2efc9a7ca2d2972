//! Checks of the texts that users write.

use super::RequestError;
use crate::domain::{clean_name, is_visible, one_line, without_bidi_controls};

/// A name or a title as it is stored: one line of 1 to 200 characters.
pub(super) fn name(field: &'static str, text: &str) -> Result<String, RequestError> {
    let name = clean_name(text, MAX_NAME_CHARS).filter(|name| !name.is_empty());
    name.ok_or_else(|| refuse(field, format!("must have 1 to {MAX_NAME_CHARS} characters in one line")))
}

/// The same; the text may be empty.
pub(super) fn name_or_empty(field: &'static str, text: &str) -> Result<String, RequestError> {
    clean_name(text, MAX_NAME_CHARS)
        .ok_or_else(|| refuse(field, format!("must have at most {MAX_NAME_CHARS} characters in one line")))
}

/// The beginning of a text that no user has written, as one line of at most `most` characters; none if nothing of it can be seen, or
/// it has control characters.
pub(super) fn beginning(text: &str, most: usize) -> Option<String> {
    let line: String = one_line(text).chars().take(most).collect();
    clean_name(&line, most).filter(|line| !line.is_empty())
}

/// A text of several lines, 1 to 10,000 characters.
pub(super) fn lines(field: &'static str, text: &str) -> Result<String, RequestError> {
    lines_up_to(MAX_TEXT_CHARS, field, text)
}

/// A text of several lines, 1 to `most` characters.
pub(super) fn lines_up_to(most: usize, field: &'static str, text: &str) -> Result<String, RequestError> {
    let text = clean_lines(text, most).filter(|text| !text.is_empty());
    text.ok_or_else(|| refuse(field, format!("must have 1 to {most} characters and no control characters")))
}

/// A remark of several lines, at most 4,000 characters; it may be empty.
pub(super) fn remark(field: &'static str, text: &str) -> Result<String, RequestError> {
    clean_lines(text, MAX_REMARK_CHARS).ok_or_else(|| {
        refuse(field, format!("must have at most {MAX_REMARK_CHARS} characters and no control characters"))
    })
}

/// The text without bidirectional control characters and surrounding white space, empty if nothing of it can be seen; none if it is
/// longer than `most`, or has control characters besides line breaks and tabs.
fn clean_lines(text: &str, most: usize) -> Option<String> {
    let text = without_bidi_controls(text);
    let text = if text.contains(|c| is_visible(c) || is_refused(c)) { text.trim() } else { "" };
    (text.chars().count() <= most && !text.contains(is_refused)).then(|| text.to_owned())
}

/// Control characters besides line breaks and tabs.
pub(super) fn is_refused(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\r' | '\t')
}

/// A refused field of the request.
pub(super) fn refuse(field: &'static str, what: impl std::fmt::Display) -> RequestError {
    RequestError::field(field, format!("{field} {what}"))
}

const MAX_NAME_CHARS: usize = 200;
const MAX_TEXT_CHARS: usize = 10_000;
const MAX_REMARK_CHARS: usize = 4000;
