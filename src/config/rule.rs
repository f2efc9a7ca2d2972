//! Parsers of setting values: each rule parses a raw value into its type and describes what is allowed.

mod address;
mod backup;
mod file;
mod host;
mod mail;
mod phone;
mod space;
mod text;

pub(super) use address::{base_url, bridge_url, listen_address, port, public_host};
pub(super) use backup::{age_recipients, bucket_word, folder};
pub(super) use file::{database, google_account_file, google_account_json, path, readable_file};
pub(super) use host::{host_names, key_id, networks};
pub(super) use mail::{host, mail_address, mail_addresses};
pub(super) use phone::{country, phone_number};
pub(super) use space::{disk_limit, readable_folder};
pub(super) use text::{free_text, language, secret, template_variables, time_zone, token, word, words};

use super::found::Found;
use std::borrow::Cow;
use std::fmt::Display;
use std::ops::RangeInclusive;

/// How a raw value is parsed.
pub(super) struct Rule<T> {
    allowed: Cow<'static, str>,
    read: Box<Read<T>>,
}

type Read<T> = dyn Fn(&Found) -> Result<T, Wrong>;

/// Why a value is rejected.
pub(super) enum Wrong {
    /// It is of the wrong kind.
    Kind,
    /// It is of the right kind, but invalid: the rest of a sentence that begins with "which".
    Because(String),
}

/// A rejected value, described without the value itself.
pub(super) struct Refusal {
    /// The rest of a sentence that begins with "which".
    pub(super) reason: Option<String>,
    /// What is allowed.
    pub(super) allowed: String,
}

impl<T: 'static> Rule<T> {
    pub(super) fn new(
        allowed: impl Into<Cow<'static, str>>,
        read: impl Fn(&Found) -> Result<T, Wrong> + 'static,
    ) -> Self {
        Self { allowed: allowed.into(), read: Box::new(read) }
    }

    /// A rule for a value that is written as text.
    pub(super) fn of_text(
        allowed: impl Into<Cow<'static, str>>,
        read: impl Fn(&str) -> Result<T, Wrong> + 'static,
    ) -> Self {
        Self::new(allowed, move |found| read(found.as_text().ok_or(Wrong::Kind)?.trim()))
    }

    /// A description of what is allowed.
    pub(super) fn allowed(&self) -> &str {
        &self.allowed
    }

    pub(super) fn read(&self, found: &Found) -> Result<T, Refusal> {
        (self.read)(found).map_err(|wrong| Refusal {
            reason: match wrong {
                Wrong::Kind => None,
                Wrong::Because(reason) => Some(reason),
            },
            allowed: self.allowed.to_string(),
        })
    }
}

/// Several values: a list, or a text with commas. Each is parsed by `read`, and duplicates are rejected.
pub(super) fn several<T: PartialEq + 'static>(
    allowed: impl Into<Cow<'static, str>>,
    read: impl Fn(&str) -> Result<T, Wrong> + 'static,
) -> Rule<Vec<T>> {
    Rule::new(allowed, move |found| {
        let texts: Vec<&str> = match found {
            Found::Word(text) | Found::Text(text) => text.split(',').collect(),
            Found::List(values) => {
                values.iter().map(|value| value.as_text().ok_or(Wrong::Kind)).collect::<Result<_, _>>()?
            }
            Found::Integer(_) | Found::Decimal(_) | Found::Switch(_) | Found::Other(_) => return Err(Wrong::Kind),
        };
        let mut all = Vec::new();
        for text in texts.into_iter().map(str::trim).filter(|text| !text.is_empty()) {
            let one = read(text)?;
            if all.contains(&one) {
                return Err(Wrong::Because(format!("names {text} twice")));
            }
            all.push(one);
        }
        Ok(all)
    })
}

/// A value that may be left out: an empty text means the same as no line at all.
pub(super) fn optional<T: 'static>(rule: Rule<T>) -> Rule<Option<T>> {
    Rule::new(rule.allowed, move |found| match found.as_text() {
        Some(text) if text.trim().is_empty() => Ok(None),
        _ => (rule.read)(found).map(Some),
    })
}

/// An integer.
pub(super) fn whole<N>(range: RangeInclusive<N>) -> Rule<N>
where
    N: TryFrom<i64> + PartialOrd + Display + 'static,
{
    Rule::new(format!("a whole number from {} to {}", range.start(), range.end()), move |found| {
        let number = match found {
            Found::Integer(number) => *number,
            Found::Word(text) => text.trim().parse().map_err(|_| Wrong::Kind)?,
            Found::Text(_) | Found::Decimal(_) | Found::Switch(_) | Found::List(_) | Found::Other(_) => {
                return Err(Wrong::Kind);
            }
        };
        N::try_from(number).ok().filter(|number| range.contains(number)).ok_or(Wrong::Kind)
    })
}

/// A decimal number.
pub(super) fn decimal(range: RangeInclusive<f64>) -> Rule<f64> {
    Rule::new(format!("a number from {} to {}", range.start(), range.end()), move |found| {
        let number = match found {
            Found::Decimal(number) => *number,
            #[expect(clippy::cast_precision_loss, reason = "what is beyond 2^52 is out of every range here")]
            Found::Integer(number) => *number as f64,
            Found::Word(text) => text.trim().parse().map_err(|_| Wrong::Kind)?,
            Found::Text(_) | Found::Switch(_) | Found::List(_) | Found::Other(_) => return Err(Wrong::Kind),
        };
        if range.contains(&number) { Ok(number) } else { Err(Wrong::Kind) }
    })
}

/// A boolean.
pub(super) fn switch() -> Rule<bool> {
    Rule::new("true or false (in the environment also 1, 0, yes, no, on, off)", |found| match found {
        Found::Switch(on) => Ok(*on),
        Found::Word(word) => match word.trim().to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" => Ok(true),
            "0" | "false" | "no" | "off" => Ok(false),
            _ => Err(Wrong::Kind),
        },
        Found::Text(_) | Found::Integer(_) | Found::Decimal(_) | Found::List(_) | Found::Other(_) => Err(Wrong::Kind),
    })
}
