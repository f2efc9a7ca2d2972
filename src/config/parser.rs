//! Parsers of setting values. A parser converts a raw value to its type and names the allowed values.

mod address;
mod backup;
mod file;
mod host;
mod mail;
mod text;

pub(super) use address::{base_url, bridge_url, listen_address, port, public_host};
pub(super) use backup::{age_recipients, bucket_name_part, folder};
pub(super) use file::{
    database, disk_limit, google_account_file, google_account_json, path, readable_file, readable_folder,
};
pub(super) use host::{host_names, key_id, networks};
pub(super) use mail::{host, mail_address, mail_addresses};
pub(super) use text::{
    choice, choices, country, display_name, free_text, language, model_name, phone_number, phone_numbers,
    pronunciation, secret, template_variables, time_zone, token, voice_name,
};

use super::raw_value::RawValue;
use super::value_kind::ValueKind;
use crate::domain::{AllowedValues, SettingFault};
use std::fmt::Display;
use std::ops::RangeInclusive;

pub(super) struct Parser<T> {
    allowed: AllowedValues,
    kind: ValueKind,
    is_optional: bool,
    parse: Box<ParseFn<T>>,
}

type ParseFn<T> = dyn Fn(&RawValue) -> Result<T, ParseError>;

pub(super) enum ParseError {
    /// The value does not match the description of the allowed values.
    NotAllowed,
    /// The value is invalid for another reason.
    Invalid(SettingFault),
}

/// The reason why a value was rejected, and the allowed values. Does not contain a secret.
pub(super) struct ValueError {
    /// The reason; `None` if the value does not match `allowed`.
    pub(super) fault: Option<SettingFault>,
    pub(super) allowed: AllowedValues,
}

impl<T: 'static> Parser<T> {
    pub(super) fn new(allowed: AllowedValues, parse: impl Fn(&RawValue) -> Result<T, ParseError> + 'static) -> Self {
        Self { allowed, kind: ValueKind::Text, is_optional: false, parse: Box::new(parse) }
    }

    pub(super) fn from_text(allowed: AllowedValues, parse: impl Fn(&str) -> Result<T, ParseError> + 'static) -> Self {
        Self::new(allowed, move |raw| parse(raw.as_text().ok_or(ParseError::NotAllowed)?.trim()))
    }

    pub(super) fn of_kind(self, kind: ValueKind) -> Self {
        Self { kind, ..self }
    }

    pub(super) fn allowed(&self) -> &AllowedValues {
        &self.allowed
    }

    pub(super) fn kind(&self) -> &ValueKind {
        &self.kind
    }

    pub(super) fn is_optional(&self) -> bool {
        self.is_optional
    }

    pub(super) fn parse(&self, raw: &RawValue) -> Result<T, ValueError> {
        (self.parse)(raw).map_err(|error| ValueError {
            fault: match error {
                ParseError::NotAllowed => None,
                ParseError::Invalid(fault) => Some(fault),
            },
            allowed: self.allowed.clone(),
        })
    }
}

/// Accepts a list, or a text with commas. Rejects duplicates.
pub(super) fn list<T: PartialEq + 'static>(
    allowed: AllowedValues,
    parse: impl Fn(&str) -> Result<T, ParseError> + 'static,
) -> Parser<Vec<T>> {
    Parser::new(allowed, move |raw| {
        let texts: Vec<&str> = match raw {
            RawValue::Untyped(text) | RawValue::Text(text) => text.split(',').collect(),
            RawValue::List(values) => {
                values.iter().map(|value| value.as_text().ok_or(ParseError::NotAllowed)).collect::<Result<_, _>>()?
            }
            RawValue::Integer(_) | RawValue::Decimal(_) | RawValue::Bool(_) | RawValue::Other(_) => {
                return Err(ParseError::NotAllowed);
            }
        };
        let mut all = Vec::new();
        for text in texts.into_iter().map(str::trim).filter(|text| !text.is_empty()) {
            let one = parse(text)?;
            if all.contains(&one) {
                return Err(ParseError::Invalid(SettingFault::Twice { value: text.to_owned() }));
            }
            all.push(one);
        }
        Ok(all)
    })
    .of_kind(ValueKind::List(Vec::new()))
}

/// An empty text means that the setting is not set.
pub(super) fn optional<T: 'static>(parser: Parser<T>) -> Parser<Option<T>> {
    let optional = Parser::new(parser.allowed, move |raw| match raw.as_text() {
        Some(text) if text.trim().is_empty() => Ok(None),
        _ => (parser.parse)(raw).map(Some),
    });
    Parser { is_optional: true, ..optional.of_kind(parser.kind) }
}

pub(super) fn integer<N>(range: RangeInclusive<N>) -> Parser<N>
where
    N: TryFrom<i64> + PartialOrd + Display + 'static,
{
    let bound = |bound: &N| bound.to_string().parse().unwrap_or_default();
    let kind = ValueKind::Integer { least: bound(range.start()), most: bound(range.end()) };
    let allowed = AllowedValues::Integer { least: range.start().to_string(), most: range.end().to_string() };
    Parser::new(allowed, move |raw| {
        let number = match raw {
            RawValue::Integer(number) => *number,
            RawValue::Untyped(text) => text.trim().parse().map_err(|_| ParseError::NotAllowed)?,
            RawValue::Text(_) | RawValue::Decimal(_) | RawValue::Bool(_) | RawValue::List(_) | RawValue::Other(_) => {
                return Err(ParseError::NotAllowed);
            }
        };
        N::try_from(number).ok().filter(|number| range.contains(number)).ok_or(ParseError::NotAllowed)
    })
    .of_kind(kind)
}

/// Accepts integers.
pub(super) fn decimal(range: RangeInclusive<f64>) -> Parser<f64> {
    let kind = ValueKind::Decimal { least: *range.start(), most: *range.end() };
    let allowed = AllowedValues::Decimal { least: range.start().to_string(), most: range.end().to_string() };
    Parser::new(allowed, move |raw| {
        let number = match raw {
            RawValue::Decimal(number) => *number,
            #[expect(clippy::cast_precision_loss, reason = "what is beyond 2^52 is out of every range here")]
            RawValue::Integer(number) => *number as f64,
            RawValue::Untyped(text) => text.trim().parse().map_err(|_| ParseError::NotAllowed)?,
            RawValue::Text(_) | RawValue::Bool(_) | RawValue::List(_) | RawValue::Other(_) => {
                return Err(ParseError::NotAllowed);
            }
        };
        if range.contains(&number) { Ok(number) } else { Err(ParseError::NotAllowed) }
    })
    .of_kind(kind)
}

pub(super) fn boolean() -> Parser<bool> {
    Parser::new(AllowedValues::Boolean, |raw| match raw {
        RawValue::Bool(on) => Ok(*on),
        RawValue::Untyped(text) => match text.trim().to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" => Ok(true),
            "0" | "false" | "no" | "off" => Ok(false),
            _ => Err(ParseError::NotAllowed),
        },
        RawValue::Text(_) | RawValue::Integer(_) | RawValue::Decimal(_) | RawValue::List(_) | RawValue::Other(_) => {
            Err(ParseError::NotAllowed)
        }
    })
    .of_kind(ValueKind::Bool)
}
