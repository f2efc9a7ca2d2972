//! Parsers of mail addresses and hosts.

use super::{ParseError, Parser};
use crate::config::raw_value::RawValue;
use crate::config::value_kind::ValueKind;
use crate::domain::{AllowedValues, SettingFault};

pub(in crate::config) fn mail_address() -> Parser<String> {
    Parser::from_text(AllowedValues::MailAddress, |text| {
        if is_address(text) { Ok(text.to_owned()) } else { Err(ParseError::NotAllowed) }
    })
}

/// Accepts a list, or a text with commas. The list may be empty.
pub(in crate::config) fn mail_addresses() -> Parser<Vec<String>> {
    Parser::new(AllowedValues::MailAddresses, |raw| {
        let texts: Vec<&str> = match raw {
            RawValue::Untyped(text) | RawValue::Text(text) => text.split(',').map(str::trim).collect(),
            RawValue::List(values) => values
                .iter()
                .map(|value| value.as_text().map(str::trim).ok_or(ParseError::NotAllowed))
                .collect::<Result<_, _>>()?,
            RawValue::Integer(_) | RawValue::Decimal(_) | RawValue::Bool(_) | RawValue::Other(_) => {
                return Err(ParseError::NotAllowed);
            }
        };
        let mut addresses = Vec::new();
        for text in texts.into_iter().filter(|text| !text.is_empty()) {
            if !is_address(text) {
                return Err(ParseError::Invalid(SettingFault::NoMailAddress));
            }
            addresses.push(text.to_owned());
        }
        Ok(addresses)
    })
    .of_kind(ValueKind::List(Vec::new()))
}

pub(in crate::config) fn host() -> Parser<String> {
    Parser::from_text(AllowedValues::Host, |text| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':' | '_');
        let looks_right = !text.is_empty() && text.len() <= 253 && text.chars().all(plain);
        let is_name_with_port = text.matches(':').count() == 1;
        match (looks_right, is_name_with_port) {
            (true, false) => Ok(text.to_owned()),
            (true, true) => Err(ParseError::Invalid(SettingFault::PortInHost)),
            (false, _) => Err(ParseError::NotAllowed),
        }
    })
}

/// Does not check whether the address exists.
fn is_address(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>' | ',' | ';' | '"' | '(' | ')' | '@');
    text.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty() && !host.is_empty() && text.len() <= 254 && user.chars().chain(host.chars()).all(plain)
    })
}
