//! Parsers of texts, fixed words, names, phone numbers, countries and secrets.

use super::{ParseError, Parser, list};
use crate::config::Secret;
use crate::config::raw_value::RawValue;
use crate::config::value_kind::ValueKind;
use crate::domain::{AllowedValues, PhoneNumber, SettingFault, clean_name};
use jiff::tz::TimeZone;
use phonenumber::country;

pub(in crate::config) fn free_text() -> Parser<String> {
    Parser::from_text(AllowedValues::FreeText { count: MAX_TEXT }, |text| match characters(text) {
        0..=MAX_TEXT => Ok(text.to_owned()),
        count => Err(ParseError::Invalid(SettingFault::Characters { count })),
    })
}

/// One pair per line: `written = spoken`. Empty lines and comments (`#`) are allowed.
pub(in crate::config) fn pronunciation() -> Parser<String> {
    Parser::from_text(AllowedValues::Pronunciations { count: MAX_TEXT }, |text| {
        let is_pair = |line: &str| {
            line.split_once('=').is_some_and(|(written, said)| !written.trim().is_empty() && !said.trim().is_empty())
        };
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        match lines.find(|line| !is_pair(line)) {
            Some(line) => Err(ParseError::Invalid(SettingFault::NoPair { line: line.chars().take(60).collect() })),
            None if characters(text) > MAX_TEXT => Err(ParseError::NotAllowed),
            None => Ok(text.to_owned()),
        }
    })
    .of_kind(ValueKind::LongText)
}

pub(in crate::config) fn display_name() -> Parser<String> {
    Parser::from_text(AllowedValues::OneLine { count: 200 }, |text| clean_name(text, 200).ok_or(ParseError::NotAllowed))
}

/// An id or name without spaces, which is sent in requests without changes. `reject` may reject a well-formed but
/// wrong value.
pub(in crate::config) fn token(allowed: AllowedValues, reject: fn(&str) -> Option<SettingFault>) -> Parser<String> {
    Parser::from_text(allowed, move |text| {
        if let Some(fault) = reject(text) {
            return Err(ParseError::Invalid(fault));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '/');
        if !text.is_empty() && text.len() <= 128 && text.chars().all(plain) {
            Ok(text.to_owned())
        } else {
            Err(ParseError::NotAllowed)
        }
    })
}

pub(in crate::config) fn model_name(example: &str) -> Parser<String> {
    token(AllowedValues::Model { example: example.to_owned() }, |_| None)
}

pub(in crate::config) fn voice_name(example: &str) -> Parser<String> {
    token(AllowedValues::Voice { example: example.to_owned() }, |_| None)
}

pub(in crate::config) fn language() -> Parser<String> {
    Parser::from_text(AllowedValues::Language, |text| {
        let text = text.to_ascii_lowercase();
        let letters = text.bytes().all(|byte| byte.is_ascii_lowercase());
        if letters && (2..=3).contains(&text.len()) { Ok(text) } else { Err(ParseError::NotAllowed) }
    })
}

pub(in crate::config) fn time_zone() -> Parser<TimeZone> {
    Parser::from_text(AllowedValues::TimeZone, |text| TimeZone::get(text).map_err(|_| ParseError::NotAllowed))
}

pub(in crate::config) fn choice<T: Copy + 'static>(all: &'static [T], name: fn(T) -> &'static str) -> Parser<T> {
    let parser =
        Parser::from_text(AllowedValues::Choice { values: listed(all, name) }, move |text| known(all, name, text));
    parser.of_kind(ValueKind::Choice(all.iter().map(|value| name(*value)).collect()))
}

/// In order of preference. Accepts a list, or a text with commas.
pub(in crate::config) fn choices<T: Copy + PartialEq + 'static>(
    all: &'static [T],
    name: fn(T) -> &'static str,
) -> Parser<Vec<T>> {
    let kind = ValueKind::List(all.iter().map(|value| name(*value)).collect());
    Parser::new(AllowedValues::Choices { values: listed(all, name) }, move |raw| {
        let texts: Vec<&str> = match raw {
            RawValue::Untyped(text) | RawValue::Text(text) => text.split(',').map(str::trim).collect(),
            RawValue::List(values) => {
                values.iter().map(|value| value.as_text().ok_or(ParseError::NotAllowed)).collect::<Result<_, _>>()?
            }
            RawValue::Integer(_) | RawValue::Decimal(_) | RawValue::Bool(_) | RawValue::Other(_) => {
                return Err(ParseError::NotAllowed);
            }
        };
        let mut chosen = Vec::new();
        for text in texts {
            let value = known(all, name, text)?;
            if chosen.contains(&value) {
                return Err(ParseError::Invalid(SettingFault::Twice { value: name(value).to_owned() }));
            }
            chosen.push(value);
        }
        if chosen.is_empty() { Err(ParseError::NotAllowed) } else { Ok(chosen) }
    })
    .of_kind(kind)
}

pub(in crate::config) fn secret() -> Parser<Secret> {
    Parser::from_text(AllowedValues::Secret, |text| {
        if text.is_empty() {
            Err(ParseError::NotAllowed)
        } else if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            Err(ParseError::Invalid(SettingFault::Blanks))
        } else if text.len() as u64 > MAX_SECRET_LENGTH {
            Err(ParseError::Invalid(SettingFault::Bytes { count: MAX_SECRET_LENGTH }))
        } else if begins_with_variable(text) {
            Err(ParseError::Invalid(SettingFault::VariableName))
        } else if text.len() >= 2 && text.starts_with(['"', '\'']) && text.ends_with(['"', '\'']) {
            Err(ParseError::Invalid(SettingFault::QuotationMarks))
        } else {
            Ok(Secret::new(text))
        }
    })
}

/// Returns true if the value looks like a complete line of an environment file, such as `TWILIO_AUTH_TOKEN=…`.
fn begins_with_variable(text: &str) -> bool {
    let is_name = |name: &str| {
        name.contains('_')
            && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    };
    text.split_once('=').is_some_and(|(name, value)| is_name(name) && !value.is_empty())
}

/// In bytes.
const MAX_SECRET_LENGTH: u64 = 4096;

/// The placeholder for the text of a message in the variables of a template.
const VARIABLE: &str = "{{text}}";

pub(in crate::config) fn template_variables() -> Parser<String> {
    let example = format!(r#"{{"1": "{VARIABLE}"}}"#);
    let allowed = AllowedValues::TemplateVariables { example, variable: VARIABLE.to_owned() };
    Parser::from_text(allowed, |text| {
        let invalid = |fault| Err(ParseError::Invalid(fault));
        let Ok(variables) = serde_json::from_str::<serde_json::Map<_, _>>(text) else {
            return invalid(SettingFault::NoJsonObject);
        };
        if !variables.values().all(serde_json::Value::is_string) {
            return invalid(SettingFault::ValueNoText);
        }
        if !variables.values().filter_map(|value| value.as_str()).any(|value| value.contains(VARIABLE)) {
            return invalid(SettingFault::NoTextVariable { variable: VARIABLE.to_owned() });
        }
        Ok(text.to_owned())
    })
}

fn known<T: Copy>(all: &[T], name: fn(T) -> &'static str, text: &str) -> Result<T, ParseError> {
    all.iter().copied().find(|value| name(*value).eq_ignore_ascii_case(text)).ok_or(ParseError::NotAllowed)
}

fn characters(text: &str) -> u64 {
    text.chars().count() as u64
}

const MAX_TEXT: u64 = 20_000;

fn listed<T: Copy>(all: &[T], name: fn(T) -> &'static str) -> String {
    all.iter().map(|value| name(*value)).collect::<Vec<_>>().join(", ")
}

/// The `+` before the country code may be missing.
pub(in crate::config) fn phone_number() -> Parser<PhoneNumber> {
    Parser::from_text(AllowedValues::PhoneNumber, parse_phone_number).of_kind(ValueKind::Phone)
}

pub(in crate::config) fn phone_numbers() -> Parser<Vec<PhoneNumber>> {
    list(AllowedValues::PhoneNumbers, parse_phone_number)
}

fn parse_phone_number(text: &str) -> Result<PhoneNumber, ParseError> {
    let bare = text.strip_prefix("whatsapp:").unwrap_or(text).trim();
    if bare.starts_with('0') {
        return Err(ParseError::Invalid(SettingFault::NoCountryCode));
    }
    let international = if bare.starts_with('+') { bare.to_owned() } else { format!("+{bare}") };
    PhoneNumber::parse_international(&international).map_err(|_| ParseError::NotAllowed)
}

pub(in crate::config) fn country() -> Parser<country::Id> {
    Parser::from_text(AllowedValues::Country, |text| {
        text.to_ascii_uppercase().parse().map_err(|_| ParseError::NotAllowed)
    })
}
