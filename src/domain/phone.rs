//! Phone numbers, in the one form E.164 with `+`.

mod calling_code;

use super::Masked;
use calling_code::is_plainly_international;
use phonenumber::metadata::DATABASE;
use phonenumber::{Type, country};
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
    /// Reads any form that people write: `+9725…`, `whatsapp:+9725…`, `9725…`, `9725…@s.whatsapp.net`,
    /// `9725…:12@s.whatsapp.net`, `00972 5…` and the national `05…`, which is read as one of `default_country` (ISO
    /// 3166). Digits alone are international if that makes a valid number, else national.
    pub fn parse(text: &str, default_country: country::Id) -> Result<Self, PhoneNumberError> {
        let (number, form) = Form::of(text)?;
        match form {
            Form::International => international(number),
            Form::National => national(number, default_country),
            Form::Digits => {
                let read = [international(number), national(number, default_country)];
                // Numbering plans change faster than tables, so a number that is merely well formed is taken too.
                let valid = read.iter().flatten().find(|number| number.is_valid()).cloned();
                let [abroad, home] = read;
                valid.map_or_else(|| abroad.or(home), Ok)
            }
        }
    }

    /// As [`PhoneNumber::parse`], for what a provider says: its digits alone are always international. Thousands a
    /// second may come in this way, and nearly none of them needs a look at libphonenumber's tables.
    pub fn parse_provider(text: &str, default_country: country::Id) -> Result<Self, PhoneNumberError> {
        let (number, form) = Form::of(text)?;
        match form {
            Form::International => international(number),
            Form::National => national(number, default_country),
            Form::Digits => international(number).or_else(|_| national(number, default_country)),
        }
    }

    /// With the `+`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Without the `+`, as WhatsApp's ids have it.
    pub fn digits(&self) -> &str {
        self.0.strip_prefix('+').unwrap_or(&self.0)
    }

    /// For logs: `+9725•••••12`.
    pub fn masked(&self) -> Masked<'_> {
        Masked(&self.0)
    }

    /// Whether who is called or written to at it is paid for that.
    pub fn is_premium(&self) -> bool {
        let kind = phonenumber::parse(None, &self.0).map(|number| number.number_type(&DATABASE));
        matches!(kind, Ok(Type::PremiumRate | Type::SharedCost))
    }

    /// How the numbers of a country begin: `+972`.
    pub fn calling_code(country: country::Id) -> String {
        let code = DATABASE.by_id(country.as_ref()).map_or_else(String::new, |found| found.country_code().to_string());
        format!("+{code}")
    }

    fn is_valid(&self) -> bool {
        phonenumber::parse(None, &self.0).is_ok_and(|number| number.is_valid())
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a number is written.
enum Form {
    /// With its calling code first.
    International,
    /// With the trunk prefix `0`.
    National,
    /// Digits that may be either.
    Digits,
}

impl Form {
    /// The number without `whatsapp:`, `tel:`, `+`, `00`, a JID's server part and its device, and the form it was in.
    fn of(text: &str) -> Result<(&str, Self), PhoneNumberError> {
        let text = text.trim_matches(is_blank);
        let text = ["whatsapp:", "tel:"].iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or(text);
        let text = text.trim_matches(is_blank);
        let (number, form) = if let Some((user, server)) = text.split_once('@') {
            if !matches!(server, "s.whatsapp.net" | "c.us" | "hosted") {
                return Err(PhoneNumberError);
            }
            (user.split_once(':').map_or(user, |(number, _device)| number), Self::International)
        } else if let Some(number) = text.strip_prefix('+').or_else(|| text.strip_prefix("00")) {
            (number, Self::International)
        } else if text.starts_with('0') {
            (text, Self::National)
        } else {
            (text, Self::Digits)
        };
        let digits = number.chars().filter(char::is_ascii_digit).count();
        let readable = number.chars().all(|c| c.is_ascii_digit() || is_blank(c) || is_punctuation(c));
        if readable && (5..=17).contains(&digits) { Ok((number, form)) } else { Err(PhoneNumberError) }
    }
}

/// White space, and the invisible marks of direction that numbers bring along from right-to-left text.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn is_punctuation(c: char) -> bool {
    matches!(c, '-' | '.' | '(' | ')' | '/' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// Reads a number that begins with its calling code.
fn international(number: &str) -> Result<PhoneNumber, PhoneNumberError> {
    if is_plainly_international(number) {
        return Ok(PhoneNumber(format!("+{number}")));
    }
    settled(with_calling_code(number)?)
}

/// Reads a number as one of `country`.
fn national(number: &str, country: country::Id) -> Result<PhoneNumber, PhoneNumberError> {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    settled(e164(phonenumber::parse(Some(country), digits))?)
}

fn with_calling_code(number: &str) -> Result<PhoneNumber, PhoneNumberError> {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    if is_plainly_international(&digits) {
        return Ok(PhoneNumber(format!("+{digits}")));
    }
    // Without a country: the tables would strip that country's prefixes from numbers of all others.
    e164(phonenumber::parse(None, format!("+{digits}")))
}

/// The form that stays the same when it is read again, or a person would have two. The tables strip one trunk prefix at
/// a time, and turn short numbers of one country into whole ones of another that shares its calling code.
fn settled(mut number: PhoneNumber) -> Result<PhoneNumber, PhoneNumberError> {
    for _ in 0..4 {
        let again = with_calling_code(number.digits())?;
        if again == number {
            return Ok(number);
        }
        number = again;
    }
    Err(PhoneNumberError)
}

fn e164<E>(read: Result<phonenumber::PhoneNumber, E>) -> Result<PhoneNumber, PhoneNumberError> {
    let number = read.map_err(|_| PhoneNumberError)?.format().mode(phonenumber::Mode::E164).to_string();
    // Mexico's mobile numbers had a `1` after the calling code until 2019. WhatsApp's ids still have it.
    let number = match number.strip_prefix("+521") {
        Some(rest) if rest.len() == 10 => format!("+52{rest}"),
        _ => number,
    };
    if (8..=16).contains(&number.len()) { Ok(PhoneNumber(number)) } else { Err(PhoneNumberError) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn typed(text: &str, country: country::Id) -> Option<String> {
        PhoneNumber::parse(text, country).ok().map(|number| number.0)
    }

    fn told(text: &str) -> Option<String> {
        PhoneNumber::parse_provider(text, country::IL).ok().map(|number| number.0)
    }

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
            "\u{202a}+972 50\u{2011}123\u{2011}4567\u{202c}",
        ] {
            assert_eq!(typed(form, country::IL).as_deref(), Some("+972501234567"), "{form}");
            assert_eq!(told(form).as_deref(), Some("+972501234567"), "{form}");
        }
    }

    #[test]
    fn other_countries_are_read_by_their_own_rules() {
        for (text, country, number) in [
            ("2025550123", country::US, "+12025550123"),
            ("12025550123", country::US, "+12025550123"),
            ("+4930123456", country::IL, "+4930123456"),
            // The US has the trunk prefix 1, Germany has not.
            ("+491512345678", country::US, "+491512345678"),
            ("03-5551234", country::IL, "+97235551234"),
            ("+39 06 1234 5678", country::IL, "+390612345678"),
            ("+225 07 12 34 56 78", country::IL, "+2250712345678"),
            ("8 916 123-45-67", country::RU, "+79161234567"),
            ("5215512345678@s.whatsapp.net", country::IL, "+525512345678"),
            ("+52 55 1234 5678", country::IL, "+525512345678"),
            ("5511987654321@s.whatsapp.net", country::IL, "+5511987654321"),
        ] {
            assert_eq!(typed(text, country).as_deref(), Some(number), "{text}");
        }
    }

    #[test]
    fn a_provider_s_digits_are_international() {
        assert_eq!(told("2025550123").as_deref(), Some("+2025550123"));
        assert_eq!(told("15551234567").as_deref(), Some("+15551234567"));
    }

    #[test]
    fn a_number_that_would_change_when_read_again_is_read_to_its_end() {
        assert_eq!(typed("6700000", country::US).as_deref(), Some("+16706700000"));
        assert_eq!(told("+310000001"), None);
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for form in [
            "",
            "abc",
            "12",
            "anonymous",
            "+",
            "12345678901234567890",
            "123456@lid",
            "x@g.us",
            "+972abc4567",
            "+000000000",
        ] {
            assert_eq!(typed(form, country::IL), None, "{form}");
            assert_eq!(told(form), None, "{form}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_reads_itself_back(text in "\\PC{0,24}") {
            if let Ok(number) = PhoneNumber::parse(&text, country::IL) {
                prop_assert_eq!(PhoneNumber::parse(number.as_str(), country::IL), Ok(number.clone()));
                prop_assert_eq!(PhoneNumber::parse_provider(number.digits(), country::US), Ok(number));
            }
        }

        #[test]
        fn digits_read_themselves_back(text in "\\+?[0-9]{5,17}") {
            let read = [PhoneNumber::parse(&text, country::US), PhoneNumber::parse_provider(&text, country::IL)];
            for number in read.into_iter().flatten() {
                prop_assert_eq!(PhoneNumber::parse(number.as_str(), country::IL), Ok(number));
            }
        }
    }
}
