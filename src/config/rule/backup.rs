//! Rules for destinations and recipients of snapshots.

use super::{Rule, Wrong};
use crate::config::found::Found;
use std::path::{Path, PathBuf};

/// An absolute path of a folder. It need not exist yet: it may be mounted later.
pub(in crate::config) fn folder() -> Rule<PathBuf> {
    Rule::of_text("the whole path of a folder", |text| match Path::new(text) {
        path if path.is_file() => Err(Wrong::Because("is a file".to_owned())),
        path if path.is_absolute() => Ok(path.to_owned()),
        _ => Err(Wrong::Kind),
    })
}

/// age recipients: a list, or a text with commas; empty means none.
pub(in crate::config) fn age_recipients() -> Rule<Vec<String>> {
    Rule::new("age recipients such as age1…, as `age-keygen` prints them", |found| {
        let texts: Vec<&str> = match found {
            Found::Word(text) | Found::Text(text) => text.split(',').map(str::trim).collect(),
            Found::List(values) => {
                values.iter().map(|value| value.as_text().ok_or(Wrong::Kind)).collect::<Result<_, _>>()?
            }
            Found::Integer(_) | Found::Decimal(_) | Found::Switch(_) | Found::Other(_) => return Err(Wrong::Kind),
        };
        let texts = texts.into_iter().filter(|text| !text.is_empty());
        texts
            .map(|text| match text.parse::<age::x25519::Recipient>() {
                Ok(_) => Ok(text.to_owned()),
                Err(_) if text.starts_with("AGE-SECRET-KEY-") => {
                    Err(Wrong::Because("holds a secret key, which belongs elsewhere".to_owned()))
                }
                Err(error) => Err(Wrong::Because(format!("contains an invalid recipient ({error})"))),
            })
            .collect()
    })
}

/// A text that becomes a part of a bucket's URLs.
pub(in crate::config) fn bucket_word(what: &'static str) -> Rule<String> {
    Rule::of_text(what, |text| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
        let odd = text.starts_with('/') || text.contains("//") || text.split('/').any(|part| part == "..");
        if text.len() <= 200 && text.chars().all(plain) && !odd { Ok(text.to_owned()) } else { Err(Wrong::Kind) }
    })
}
