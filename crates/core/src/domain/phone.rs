//! Phone numbers in E.164 form with `+`.

mod dialled;
mod pattern;
mod plan;

use super::Masked;
use phonenumber::country;
use plan::{KINDS, Kind, Plan};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A phone number in E.164 form: `+` and 7 to 15 digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PhoneNumber(String);

/// The error for a text that is not a phone number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a phone number; write it as +972501234567 or, within the country, 050-1234567")]
pub struct PhoneNumberError;

/// The error for a number of the own country with a missing or an additional digit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} has a missing or an additional digit", .0.as_str())]
pub struct MistypedNumber(PhoneNumber);

/// The reason why a text is not accepted as a new number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NewNumberError {
    /// The text is not a phone number.
    #[error(transparent)]
    Unreadable(#[from] PhoneNumberError),
    /// A digit is missing or too many.
    #[error(transparent)]
    Mistyped(#[from] MistypedNumber),
}

impl PhoneNumber {
    /// Parses a number that a person has typed and that is not known yet; see [`parse`](Self::parse) and
    /// [`check_typed`](Self::check_typed).
    pub fn parse_new(text: &str, country: country::Id) -> Result<Self, NewNumberError> {
        let number = Self::parse(text, country)?;
        number.check_typed(country)?;
        Ok(number)
    }

    /// Parses any form that users write: `+9725…`, `9725…`, `00972 5…`, `+972 (0)50…`, the national `05…` of
    /// `default_country` (ISO 3166), and a WhatsApp address with a number, such as `9725…@s.whatsapp.net`. Digits alone
    /// are read as a number of `default_country` if they are valid there. The trunk prefix may be missing, because
    /// spreadsheets drop a leading zero. Other digits are read, if possible, as an international number with its calling
    /// code.
    pub fn parse(text: &str, default_country: country::Id) -> Result<Self, PhoneNumberError> {
        let (digits, form) = Form::of(text)?;
        match form {
            Form::International => typed_international(&digits),
            Form::National => national(&digits, default_country),
            Form::Digits => {
                let (home, abroad) = (national(&digits, default_country), typed_international(&digits));
                let is_valid = |read: &&Result<Self, _>| read.as_ref().is_ok_and(|number| number.kind().is_some());
                // Numbering plans change faster than the tables, so a number is also accepted if only its length is
                // valid in its country.
                let is_possible = |read: &&Result<Self, _>| read.as_ref().is_ok_and(Self::has_a_length_of_its_country);
                let best = [&home, &abroad].into_iter().find(is_valid);
                let best = best.or_else(|| [&abroad, &home].into_iter().find(is_possible));
                best.cloned().unwrap_or_else(|| abroad.or(home))
            }
        }
    }

    /// Parses a number that a user wrote with `+` and its calling code: `+9725…`, `+972 (0)50…`.
    pub fn parse_international(text: &str) -> Result<Self, PhoneNumberError> {
        match Form::of(text)? {
            (digits, Form::International) => typed_international(&digits),
            _ => Err(PhoneNumberError),
        }
    }

    /// Parses a provider's address: `+9725…`, `whatsapp:+9725…`, `9725…@s.whatsapp.net`, `9725…:12@s.whatsapp.net`.
    /// Such a number is already in E.164 form, so the rules for dialled numbers are not applied: they would mistake a
    /// Russian area code for a trunk prefix. Only a number that starts with a single `0` is read as a national number
    /// of `default_country`.
    pub fn parse_provider(text: &str, default_country: country::Id) -> Result<Self, PhoneNumberError> {
        let (digits, form) = Form::of(text)?;
        match form {
            Form::International | Form::Digits => international(&digits),
            Form::National => national(&digits, default_country),
        }
    }

    /// Parses the form of [`as_str`](Self::as_str), in which numbers are stored and providers report callers. Returns
    /// none for any other text, such as `anonymous` for a withheld number.
    pub fn from_e164(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+')?;
        let is_number = (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| Self(text.to_owned()))
    }

    /// Returns the number with the `+`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the number without the `+`, as in WhatsApp ids.
    pub fn digits(&self) -> &str {
        self.0.strip_prefix('+').unwrap_or(&self.0)
    }

    /// Returns the digits that are dialled within the number's country. `None` for a number of another country, and for a
    /// service, because most services are dialled without the trunk prefix.
    pub fn national_digits(&self, country: country::Id) -> Option<String> {
        let plan = plan::of_region(country.as_ref())?;
        let national = self.digits().strip_prefix(&plan.code.to_string())?;
        let is_service = matches!(self.kind(), Some(Kind::TollFree | Kind::PremiumRate | Kind::SharedCost | Kind::Uan));
        // In North America, the trunk prefix is not a part of the number.
        let prefix = if plan.code == 1 { "" } else { plan.national_prefix() };
        (!is_service && !national.is_empty()).then(|| format!("{prefix}{national}"))
    }

    /// Returns the masked form for logs: `+9725•••••12`.
    pub fn masked(&self) -> Masked<'_> {
        Masked(&self.0)
    }

    /// Returns true if the number is a premium-rate or shared-cost number.
    pub fn is_premium(&self) -> bool {
        matches!(self.kind(), Some(Kind::PremiumRate | Kind::SharedCost))
    }

    /// Returns false if the number certainly belongs to a fixed line or a service. Returns true if the country does not
    /// separate fixed and mobile numbers, or if the tables do not contain the number, because numbering plans change
    /// faster than the tables.
    pub fn may_be_mobile(&self) -> bool {
        let Some((plans, national)) = self.plans() else { return true };
        let is =
            |kind: &Kind| plans.iter().filter_map(|plan| plan.numbers(*kind)).any(|numbers| numbers.contains(national));
        is(&Kind::Mobile) || is(&Kind::PersonalNumber) || !KINDS.iter().any(is)
    }

    /// Returns the calling code of a country with its `+`, such as `+972`.
    pub fn calling_code(country: country::Id) -> String {
        let code = plan::of_region(country.as_ref()).map_or_else(String::new, |found| found.code.to_string());
        format!("+{code}")
    }

    /// Returns the kind of the number; none if no numbering plan contains the number.
    fn kind(&self) -> Option<Kind> {
        let (plans, national) = self.plans()?;
        plans.iter().find_map(|plan| plan.kind(national))
    }

    /// Returns false if the country of the number has no number of this length or kind, so that it cannot be dialled.
    pub fn is_possible(&self) -> bool {
        self.kind().is_some() || self.has_a_length_of_its_country()
    }

    /// Returns an error for a number of the country with a missing or an additional digit. Only new numbers are checked
    /// that a person has typed: providers report what they have, and a known number must stay usable.
    pub fn check_typed(&self, country: country::Id) -> Result<(), MistypedNumber> {
        let is_local = self.as_str().starts_with(&Self::calling_code(country));
        if is_local && self.is_mistyped() { Err(MistypedNumber(self.clone())) } else { Ok(()) }
    }

    /// Returns true if the number is valid only with more digits, or without its last digits. A number that is not valid
    /// in either way may be in a range that the tables do not contain yet.
    fn is_mistyped(&self) -> bool {
        let Some((plans, national)) = self.plans() else { return false };
        let is_valid = |national: &str| plans.iter().any(|plan| plan.contains_exactly(national));
        let is_cut_off = || {
            ('0'..='9').any(|digit| {
                let mut longer = national.to_owned();
                (national.len()..MAX_NATIONAL).any(|_| {
                    longer.push(digit);
                    is_valid(&longer)
                })
            })
        };
        let is_too_long = || (MIN_NATIONAL..national.len()).any(|length| is_valid(&national[..length]));
        !is_valid(national) && (is_cut_off() || is_too_long())
    }

    fn has_a_length_of_its_country(&self) -> bool {
        self.plans().is_some_and(|(plans, national)| {
            let kinds = |plan: &Plan| [Kind::FixedLine, Kind::Mobile].map(|kind| plan.numbers(kind));
            let mut lengths = plans.iter().flat_map(kinds).flatten().flat_map(plan::Numbers::lengths);
            lengths.any(|length| length == national.len())
        })
    }

    /// Returns the numbering plans of the number's calling code, and the digits after the calling code.
    fn plans(&self) -> Option<(&'static [Plan], &str)> {
        // The first match is the only match, because no calling code is a prefix of another.
        (1..=3).find_map(|length| {
            let (code, national) = self.digits().split_at_checked(length)?;
            let plans = plan::of_code(code.parse().ok()?);
            if plans.is_empty() { None } else { Some((plans, national)) }
        })
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The numbers of digits after the calling code that [`PhoneNumber::is_mistyped`] tries.
const MIN_NATIONAL: usize = 7;
const MAX_NATIONAL: usize = 12;

enum Form {
    /// Starts with the calling code.
    International,
    /// Starts with the trunk prefix `0`.
    National,
    /// Digits that may be in either form.
    Digits,
}

impl Form {
    /// Returns the digits of a written number and their form. Removes `whatsapp:`, `tel:`, `+`, `00`, and the server
    /// and device of a JID.
    fn of(text: &str) -> Result<(String, Self), PhoneNumberError> {
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
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        let is_readable = number.chars().all(|c| c.is_ascii_digit() || is_blank(c) || is_punctuation(c));
        if is_readable && (5..=17).contains(&digits.len()) { Ok((digits, form)) } else { Err(PhoneNumberError) }
    }
}

/// Returns true for white space, and for the invisible direction marks in numbers that were copied from right-to-left
/// text.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn is_punctuation(c: char) -> bool {
    matches!(c, '-' | '.' | '(' | ')' | '/' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// Parses a number that starts with its calling code, without applying the rules for dialled numbers.
fn international(digits: &str) -> Result<PhoneNumber, PhoneNumberError> {
    // Mexican mobile numbers had a `1` after the calling code until 2019. WhatsApp ids still contain it.
    let old_mexican = digits.strip_prefix("521").filter(|rest| rest.len() == 10);
    let number = old_mexican.map_or_else(|| format!("+{digits}"), |rest| format!("+52{rest}"));
    if (8..=16).contains(&number.len()) && !digits.starts_with('0') {
        Ok(PhoneNumber(number))
    } else {
        Err(PhoneNumberError)
    }
}

/// Parses an international number as users write it: `+972 (0)50…` may have a trunk prefix after the calling code.
fn typed_international(digits: &str) -> Result<PhoneNumber, PhoneNumberError> {
    let number = international(digits)?;
    if number.kind().is_some() {
        return Ok(number);
    }
    // No default country is passed: its prefixes would be stripped from numbers of other countries.
    let read = dialled::read(None, number.digits()).and_then(|digits| international(&digits).ok());
    let has_trunk_zero = number.plans().is_some_and(|(_, national)| national.starts_with('0'));
    // A number without a trunk zero may be in a range that the tables do not contain yet.
    let is_number = |read: &PhoneNumber| read.kind().is_some() || has_trunk_zero && read.has_a_length_of_its_country();
    match read.filter(is_number) {
        // One zero is stripped at a time.
        Some(read) if read.digits().len() < digits.len() => typed_international(read.digits()),
        Some(read) => Ok(read),
        None => Ok(number),
    }
}

/// Parses a number as one of `country`.
fn national(digits: &str, country: country::Id) -> Result<PhoneNumber, PhoneNumberError> {
    let region = plan::of_region(country.as_ref()).ok_or(PhoneNumberError)?;
    let read = dialled::read(Some(region), digits).ok_or(PhoneNumberError)?;
    // The result is normalised again, so that parsing it gives the same number. Otherwise the same phone could be
    // stored under two numbers.
    typed_international(international(&read)?.digits())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn typed(text: &str, country: country::Id) -> Option<String> {
        PhoneNumber::parse(text, country).ok().map(|number| number.0)
    }

    fn from_provider(text: &str) -> Option<String> {
        PhoneNumber::parse_provider(text, country::IL).ok().map(|number| number.0)
    }

    #[test]
    fn a_fixed_line_is_no_mobile_phone_and_what_is_not_known_may_be_one() {
        let may_be_mobile = |text: &str| PhoneNumber::from_e164(text).unwrap().may_be_mobile();
        for mobile in ["+972501234567", "+972549876543", "+447911123456", "+12125551234", "+999123456789"] {
            assert!(may_be_mobile(mobile), "{mobile}");
        }
        for fixed in ["+97235551000", "+97246661234", "+442079460000", "+9721700123456"] {
            assert!(!may_be_mobile(fixed), "{fixed}");
        }
    }

    #[test]
    fn a_typed_number_with_a_missing_or_an_additional_digit_is_refused() {
        for text in ["050123456", "+97250123456", "050-12345678", "050-123", "05477", "054123", "03-555123"] {
            assert!(PhoneNumber::parse_new(text, country::IL).is_err(), "{text}");
        }
        for text in [
            "0501234567",
            "03-5551234",
            "1-700-123-456",
            "+12125551234",
            "+1212555123",
            "+491512345678",
            "+999123456789",
        ] {
            PhoneNumber::parse_new(text, country::IL).unwrap();
        }
        assert_eq!(typed("97250123456", country::IL).as_deref(), Some("+97250123456"), "a known one can be named");
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
            "tel:+972-50-1234567",
            "\u{202a}+972 50\u{2011}123\u{2011}4567\u{202c}",
        ] {
            assert_eq!(typed(form, country::IL).as_deref(), Some("+972501234567"), "{form}");
            assert_eq!(from_provider(form).as_deref(), Some("+972501234567"), "{form}");
        }
        for form in ["+972 (0)50-123-4567", "501234567", "50-1234567", "00972 050 1234567"] {
            assert_eq!(typed(form, country::IL).as_deref(), Some("+972501234567"), "{form}");
        }
    }

    #[test]
    fn a_number_of_the_country_has_its_national_digits() {
        let national = |text: &str, country| PhoneNumber::from_e164(text).unwrap().national_digits(country);
        assert_eq!(national("+972501234567", country::IL).as_deref(), Some("0501234567"));
        assert_eq!(national("+97235551000", country::IL).as_deref(), Some("035551000"));
        assert_eq!(national("+12125551234", country::US).as_deref(), Some("2125551234"));
        assert_eq!(national("+12125551234", country::IL), None);
        assert_eq!(national("+9721700123456", country::IL), None);
    }

    /// Returns all example numbers of libphonenumber's tables, as calling code and national number.
    fn examples() -> Vec<(u16, String)> {
        let all = phonenumber::metadata::DATABASE.iter().flat_map(|country| {
            let kinds = plan::tests::TYPES.iter().filter_map(|kind| country.descriptors().get(*kind)?.example());
            kinds.map(|example| (country.country_code(), example.to_owned()))
        });
        let all: Vec<_> =
            all.filter(|(code, national)| (7..=15).contains(&(code.to_string().len() + national.len()))).collect();
        assert!(all.len() > 500, "{}", all.len());
        all
    }

    /// Returns ten forms in which a provider or a user writes an international number.
    fn spellings(digits: &str) -> [String; 10] {
        let grouped: Vec<_> =
            digits.as_bytes().chunks(3).map(|part| String::from_utf8_lossy(part).into_owned()).collect();
        [
            format!("+{digits}"),
            format!("whatsapp:+{digits}"),
            format!("{digits}@s.whatsapp.net"),
            format!("{digits}:12@s.whatsapp.net"),
            format!("{digits}@c.us"),
            format!("tel:+{digits}"),
            format!("00{digits}"),
            format!("+{}", grouped.join(" ")),
            format!("+{}", grouped.join("-")),
            format!("\u{202a}+{}\u{202c}", grouped.join("\u{2011}")),
        ]
    }

    #[test]
    fn no_whole_number_of_any_country_is_altered() {
        for (code, national) in examples() {
            let digits = format!("{code}{national}");
            for form in spellings(&digits) {
                let number = Some(format!("+{digits}"));
                assert_eq!((typed(&form, country::IL), from_provider(&form)), (number.clone(), number), "{form}");
            }
        }
    }

    #[test]
    fn a_number_from_a_provider_is_unchanged_also_if_the_tables_do_not_know_it() {
        for (code, national) in examples() {
            for at in 0..national.len() {
                for digit in b'0'..=b'9' {
                    let mut national = national.clone().into_bytes();
                    national[at] = digit;
                    let digits = format!("{code}{}", String::from_utf8_lossy(&national));
                    if code != 52 {
                        assert_eq!(from_provider(&format!("+{digits}")), Some(format!("+{digits}")));
                    }
                }
            }
        }
        for number in ["+78121234567", "+78001234567", "+37080012345", "+375801234567", "+310000001"] {
            assert_eq!(from_provider(number).as_deref(), Some(number));
        }
    }

    #[test]
    fn a_number_without_its_trunk_prefix_is_at_home() {
        for text in ["534945575", "501234567", "35551234", "41234567"] {
            assert_eq!(typed(text, country::IL), Some(format!("+972{text}")));
        }
        assert_eq!(typed("12025550123", country::IL).as_deref(), Some("+12025550123"));
        assert_eq!(typed("972534945575", country::IL).as_deref(), Some("+972534945575"));
    }

    #[test]
    fn other_countries_are_read_by_their_own_rules() {
        for (text, country, number) in [
            ("2025550123", country::US, "+12025550123"),
            ("12025550123", country::US, "+12025550123"),
            ("+4930123456", country::IL, "+4930123456"),
            // The trunk prefix of the US is 1, which must not be removed from a German number.
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
        assert_eq!(from_provider("2025550123").as_deref(), Some("+2025550123"));
        assert_eq!(from_provider("15551234567").as_deref(), Some("+15551234567"));
    }

    #[test]
    fn a_number_that_would_change_when_read_again_is_read_to_its_end() {
        assert_eq!(typed("6700000", country::US).as_deref(), Some("+16706700000"));
    }

    #[test]
    fn a_text_that_is_no_number_is_refused() {
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
            assert_eq!(from_provider(form), None, "{form}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_and_a_phone_number_reads_itself_back(text in "\\PC{0,24}") {
            if let Ok(number) = PhoneNumber::parse(&text, country::IL) {
                prop_assert_eq!(PhoneNumber::parse(number.as_str(), country::IL), Ok(number.clone()));
                prop_assert_eq!(PhoneNumber::parse_provider(number.digits(), country::US), Ok(number));
            }
        }

        #[test]
        fn digits_read_themselves_back(text in "\\+?[0-9]{5,17}") {
            if let Ok(number) = PhoneNumber::parse(&text, country::US) {
                prop_assert_eq!(PhoneNumber::parse(number.as_str(), country::IL), Ok(number));
            }
            if let Ok(number) = PhoneNumber::parse_provider(&text, country::IL) {
                prop_assert_eq!(PhoneNumber::parse_provider(number.as_str(), country::US), Ok(number));
            }
        }
    }
}
