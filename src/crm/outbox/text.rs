//! Validates the texts of messages that users send or schedule, and of saved replies.

use super::request::TWILIO_MAX_TEXT;
use crate::crm::text::is_refused;
use crate::domain::{Provider, is_visible};

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// The text has no visible characters, and there is no file.
    #[error("write something, or name a file in media_id or media_url")]
    Empty,
    #[error("a message may have at most {MAX_TEXT_CHARS} characters")]
    TooLong,
    #[error("a message may have no control characters besides line breaks and tabs")]
    ControlCharacters,
}

impl TextError {
    /// The error code of the API.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty_message",
            Self::TooLong => "text_too_long",
            Self::ControlCharacters => "invalid",
        }
    }
}

/// With a file, the text may be empty.
pub fn check_text(text: &str, has_file: bool) -> Result<(), TextError> {
    if !has_file && !text.contains(is_visible) {
        return Err(TextError::Empty);
    }
    if text.chars().count() > MAX_TEXT_CHARS {
        return Err(TextError::TooLong);
    }
    if text.contains(is_refused) {
        return Err(TextError::ControlCharacters);
    }
    Ok(())
}

/// The maximum length of a text for WhatsApp, in characters.
pub const MAX_TEXT_CHARS: usize = 4096;

/// The maximum length of a text that a provider accepts, in characters.
pub const fn max_chars(provider: Provider) -> usize {
    match provider {
        Provider::Baileys => MAX_TEXT_CHARS,
        Provider::Twilio => TWILIO_MAX_TEXT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_something_to_read_and_nothing_that_providers_refuse() {
        for nothing in ["", " \n", "\0", "\u{202e}", "\u{200b}\u{feff}"] {
            assert_eq!(check_text(nothing, false), Err(TextError::Empty), "{nothing:?}");
        }
        assert_eq!(check_text("", true), Ok(()));
        assert_eq!(check_text("\0", true), Err(TextError::ControlCharacters));
        assert_eq!(check_text("a\0b", false), Err(TextError::ControlCharacters));
        assert_eq!(check_text(&"א".repeat(MAX_TEXT_CHARS + 1), false), Err(TextError::TooLong));
        assert_eq!(check_text("שלום\r\n\t\u{200f}👍", false), Ok(()));
    }
}
