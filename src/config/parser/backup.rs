//! Parsers of the destinations and encryption recipients of snapshots.

use super::{ParseError, Parser};
use crate::config::raw_value::RawValue;
use crate::config::value_kind::ValueKind;
use crate::domain::{AllowedValues, SettingFault};
use std::path::{Path, PathBuf};

/// The folder may be missing, because it may be mounted later.
pub(in crate::config) fn folder() -> Parser<PathBuf> {
    Parser::from_text(AllowedValues::Folder, |text| match Path::new(text) {
        path if path.is_file() => Err(ParseError::Invalid(SettingFault::NoFolderButAFile)),
        path if path.is_absolute() => Ok(path.to_owned()),
        _ => Err(ParseError::NotAllowed),
    })
    .of_kind(ValueKind::Path)
}

/// Accepts a list, or a text with commas. The list may be empty.
pub(in crate::config) fn age_recipients() -> Parser<Vec<String>> {
    Parser::new(AllowedValues::AgeRecipients, |raw| {
        let texts: Vec<&str> = match raw {
            RawValue::Untyped(text) | RawValue::Text(text) => text.split(',').map(str::trim).collect(),
            RawValue::List(values) => {
                values.iter().map(|value| value.as_text().ok_or(ParseError::NotAllowed)).collect::<Result<_, _>>()?
            }
            RawValue::Integer(_) | RawValue::Decimal(_) | RawValue::Bool(_) | RawValue::Other(_) => {
                return Err(ParseError::NotAllowed);
            }
        };
        let texts = texts.into_iter().filter(|text| !text.is_empty());
        texts
            .map(|text| match text.parse::<age::x25519::Recipient>() {
                Ok(_) => Ok(text.to_owned()),
                Err(_) if text.to_ascii_uppercase().starts_with("AGE-SECRET-KEY-") => {
                    Err(ParseError::Invalid(SettingFault::SecretKey))
                }
                Err(error) => Err(ParseError::Invalid(SettingFault::Recipient { reason: error.to_owned() })),
            })
            .collect()
    })
    .of_kind(ValueKind::List(Vec::new()))
}

pub(in crate::config) fn bucket_name_part(allowed: AllowedValues) -> Parser<String> {
    Parser::from_text(allowed, |text| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
        let malformed = text.starts_with('/') || text.contains("//") || text.split('/').any(|part| part == "..");
        if text.len() <= 200 && text.chars().all(plain) && !malformed {
            Ok(text.to_owned())
        } else {
            Err(ParseError::NotAllowed)
        }
    })
}
