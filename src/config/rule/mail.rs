//! Rules for mail addresses and hosts.

use super::{Rule, Wrong};
use crate::config::found::Found;

/// A single mail address: `owner@shop.example`.
pub(in crate::config) fn mail_address() -> Rule<String> {
    Rule::of_text(ALLOWED, |text| if is_address(text) { Ok(text.to_owned()) } else { Err(Wrong::Kind) })
}

/// Any number of mail addresses: a list, or a text with commas.
pub(in crate::config) fn mail_addresses() -> Rule<Vec<String>> {
    Rule::new(format!("{ALLOWED}, or several of them"), |found| {
        let texts: Vec<&str> = match found {
            Found::Word(text) | Found::Text(text) => text.split(',').map(str::trim).collect(),
            Found::List(values) => values
                .iter()
                .map(|value| value.as_text().map(str::trim).ok_or(Wrong::Kind))
                .collect::<Result<_, _>>()?,
            Found::Integer(_) | Found::Decimal(_) | Found::Switch(_) | Found::Other(_) => return Err(Wrong::Kind),
        };
        let mut addresses = Vec::new();
        for text in texts.into_iter().filter(|text| !text.is_empty()) {
            if !is_address(text) {
                return Err(Wrong::Because("has a part that is not a mail address".to_owned()));
            }
            addresses.push(text.to_owned());
        }
        Ok(addresses)
    })
}

/// A host, by name or address.
pub(in crate::config) fn host() -> Rule<String> {
    Rule::of_text("the name or the address of a host, such as smtp.example.com", |text| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':' | '_');
        let looks_right = !text.is_empty() && text.len() <= 253 && text.chars().all(plain);
        let is_name_with_port = text.matches(':').count() == 1;
        match (looks_right, is_name_with_port) {
            (true, false) => Ok(text.to_owned()),
            (true, true) => Err(Wrong::Because("has a port in it; the port is a setting of its own".to_owned())),
            (false, _) => Err(Wrong::Kind),
        }
    })
}

/// Whether a text looks like a mail address; only the server knows whether it exists.
fn is_address(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>' | ',' | ';' | '"' | '(' | ')' | '@');
    text.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty() && !host.is_empty() && text.len() <= 254 && user.chars().chain(host.chars()).all(plain)
    })
}

const ALLOWED: &str = "a mail address such as owner@shop.example";
