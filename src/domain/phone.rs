//! Phone numbers, in the one form E.164 with `+`.

use phonenumber::country;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A phone number in E.164 form: `+` and 7 to 15 digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PhoneNumber(String);

/// Why a text is no phone number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a phone number; write it as +972501234567 or, within the country, 050-1234567")]
pub struct PhoneNumberError;

impl PhoneNumber {
    /// Reads any form that people and providers write: `+9725…`, `whatsapp:+9725…`, `9725…`, `9725…@s.whatsapp.net`,
    /// `9725…:12@s.whatsapp.net`, `00972 5…` and the national `05…`, which is read as one of `default_country` (ISO 3166).
    pub fn parse(text: &str, default_country: country::Id) -> Result<Self, PhoneNumberError> {
        let bare = strip_scheme(text);
        if let Some(number) = canonical(bare) {
            return Ok(number);
        }
        let digits = bare.chars().filter(char::is_ascii_digit).count();
        if !(5..=17).contains(&digits) || bare.chars().any(char::is_alphabetic) {
            return Err(PhoneNumberError);
        }
        let international = bare.strip_prefix("00").map(|rest| format!("+{rest}"));
        let candidates = match (&international, bare.starts_with('+'), bare.starts_with('0')) {
            (Some(number), ..) => vec![number.clone()],
            (None, true, _) | (None, false, true) => vec![bare.to_owned()],
            // Digits alone: a JID's or a bridge's form is international, a person may leave the trunk zero out.
            (None, false, false) => vec![format!("+{bare}"), bare.to_owned()],
        };
        let read: Vec<_> =
            candidates.iter().filter_map(|text| phonenumber::parse(Some(default_country), text).ok()).collect();
        // Numbering plans change faster than tables, so a number that is merely well formed is taken too.
        let number = read.iter().find(|number| phonenumber::is_valid(number)).or_else(|| read.first());
        let e164 = number.ok_or(PhoneNumberError)?.format().mode(phonenumber::Mode::E164).to_string();
        if (8..=16).contains(&e164.len()) { Ok(Self(e164)) } else { Err(PhoneNumberError) }
    }

    /// With the `+`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Without the `+`, as WhatsApp's ids have it.
    pub fn digits(&self) -> &str {
        self.0.strip_prefix('+').unwrap_or(&self.0)
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Drops `whatsapp:`, `tel:`, a JID's server part and its device number.
fn strip_scheme(text: &str) -> &str {
    let text = text.trim();
    let text = text.strip_prefix("whatsapp:").or_else(|| text.strip_prefix("tel:")).unwrap_or(text).trim();
    match text.split_once('@') {
        Some((user, "s.whatsapp.net" | "c.us")) => user.split_once(':').map_or(user, |(number, _device)| number),
        _ => text,
    }
}

/// Numbers that are E.164 beyond doubt, without asking the tables of libphonenumber: providers send nothing else, and a
/// busy box reads thousands a second.
fn canonical(text: &str) -> Option<PhoneNumber> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let israeli_mobile = digits.len() == 12 && digits.starts_with("9725");
    (israeli_mobile && digits.bytes().all(|b| b.is_ascii_digit())).then(|| PhoneNumber(format!("+{digits}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn all_forms_of_one_person_are_one_number() {
        for form in [
            "+972501234567",
            "whatsapp:+972501234567",
            "972501234567",
            "972501234567@s.whatsapp.net",
            "972501234567:12@s.whatsapp.net",
            "972501234567@c.us",
            "0501234567",
            "050-123-4567",
            " 050 123 4567 ",
            "00972501234567",
            "+972 (0)50-123-4567",
            "tel:+972-50-1234567",
        ] {
            assert_eq!(PhoneNumber::parse(form, country::IL).map(|n| n.0), Ok("+972501234567".into()), "{form}");
        }
    }

    #[test]
    fn other_countries_are_read_by_their_own_rules() {
        assert_eq!(PhoneNumber::parse("2025550123", country::US).map(|n| n.0), Ok("+12025550123".into()));
        assert_eq!(PhoneNumber::parse("+4930123456", country::IL).map(|n| n.0), Ok("+4930123456".into()));
        assert_eq!(PhoneNumber::parse("03-5551234", country::IL).map(|n| n.0), Ok("+97235551234".into()));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for form in ["", "abc", "12", "anonymous", "+", "12345678901234567890", "123@lid", "x@g.us", "+972abc4567"] {
            assert_eq!(PhoneNumber::parse(form, country::IL), Err(PhoneNumberError), "{form}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_reads_itself_back(text in "\\PC{0,24}") {
            if let Ok(number) = PhoneNumber::parse(&text, country::IL) {
                prop_assert_eq!(PhoneNumber::parse(number.as_str(), country::IL), Ok(number));
            }
        }
    }
}
