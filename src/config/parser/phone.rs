//! Parsers of phone numbers and countries.

use super::{ParseError, Parser};
use crate::config::value_kind::ValueKind;
use crate::domain::PhoneNumber;
use phonenumber::country;

/// Returns a parser of a phone number with its country code.
pub(in crate::config) fn phone_number() -> Parser<PhoneNumber> {
    Parser::from_text("a number with its country code, such as +972501234567", |text| {
        let bare = text.strip_prefix("whatsapp:").unwrap_or(text).trim();
        if bare.starts_with('0') {
            return Err(ParseError::Invalid("has no country code".to_owned()));
        }
        let international = if bare.starts_with('+') { bare.to_owned() } else { format!("+{bare}") };
        // The default country is ignored for a number with a country code.
        PhoneNumber::parse(&international, country::IL).map_err(|_| ParseError::NotAllowed)
    })
    .of_kind(ValueKind::Phone)
}

/// Returns a parser of a country's ISO 3166 code.
pub(in crate::config) fn country() -> Parser<country::Id> {
    Parser::from_text("a country's two letters by ISO 3166, such as IL", |text| {
        text.to_ascii_uppercase().parse().map_err(|_| ParseError::NotAllowed)
    })
}
