//! Rules for phone numbers and countries.

use super::{Rule, Wrong};
use crate::domain::PhoneNumber;
use phonenumber::country;

/// A phone number with its country code.
pub(in crate::config) fn phone_number() -> Rule<PhoneNumber> {
    Rule::of_text("a number with its country code, such as +972501234567", |text| {
        let bare = text.strip_prefix("whatsapp:").unwrap_or(text).trim();
        if bare.starts_with('0') {
            return Err(Wrong::Because("has no country code".to_owned()));
        }
        let international = if bare.starts_with('+') { bare.to_owned() } else { format!("+{bare}") };
        // The default country does not matter for an international number.
        PhoneNumber::parse(&international, country::IL).map_err(|_| Wrong::Kind)
    })
}

/// A country by its ISO 3166 code.
pub(in crate::config) fn country() -> Rule<country::Id> {
    Rule::of_text("a country's two letters by ISO 3166, such as IL", |text| {
        text.to_ascii_uppercase().parse().map_err(|_| Wrong::Kind)
    })
}
