//! Rules for files, and for Google accounts.

use super::{Rule, Wrong};
use crate::config::Secret;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// An existing, readable file.
pub(in crate::config) fn readable_file() -> Rule<PathBuf> {
    Rule::of_text("the path of a file that the daemon may read", |text| {
        let path = PathBuf::from(text);
        match File::open(&path).and_then(|file| file.metadata()) {
            Ok(metadata) if metadata.is_file() => Ok(path),
            Ok(_) => Err(Wrong::Because("is not a file".to_owned())),
            Err(error) => Err(Wrong::Because(format!("cannot be opened ({error})"))),
        }
    })
}

/// A file that need not exist yet: its user reports what is wrong with it, repeatedly.
pub(in crate::config) fn path() -> Rule<PathBuf> {
    Rule::of_text("the path of a file", |text| match Path::new(text) {
        path if text.is_empty() || text.ends_with('/') || path.is_dir() => {
            Err(Wrong::Because("is not a file".to_owned()))
        }
        path => Ok(path.to_owned()),
    })
}

/// The database's location. The folder need not exist yet.
pub(in crate::config) fn database() -> Rule<String> {
    Rule::of_text("sqlite:///absolute/path.db, sqlite://relative/path.db or a path", |text| {
        let because = |reason: &str| Err(Wrong::Because(reason.to_owned()));
        let path = match (text.strip_prefix("sqlite://"), scheme(text)) {
            (Some(path), _) => path,
            (None, Some("sqlite")) => return because("lacks the two slashes after the colon"),
            (None, Some(_)) => return because("is not a SQLite file, and AgentLocator keeps its data in one"),
            (None, None) => text,
        };
        if path.contains(['?', '#']) {
            return because("has options after the path");
        }
        if path == ":memory:" || path == "/:memory:" {
            return because("would be lost at the next stop");
        }
        if path.is_empty() || path.ends_with('/') || Path::new(path).is_dir() {
            return because("names a folder, not a file");
        }
        Ok(path.to_owned())
    })
}

/// The JSON file of a Google account.
pub(in crate::config) fn google_account_file() -> Rule<PathBuf> {
    Rule::of_text("the path of a Google account's JSON file", |text| {
        let content = fs::read_to_string(text);
        let content = content.map_err(|error| Wrong::Because(format!("cannot be read ({error})")))?;
        check_google_account(&content)?;
        Ok(PathBuf::from(text))
    })
}

/// The JSON of a Google account itself.
pub(in crate::config) fn google_account_json() -> Rule<Secret> {
    Rule::of_text("a Google account's JSON", |text| {
        check_google_account(text)?;
        Ok(Secret::new(text))
    })
}

/// The fields that Google's libraries require
/// (<https://cloud.google.com/docs/authentication/application-default-credentials>).
fn check_google_account(json: &str) -> Result<(), Wrong> {
    let because = |reason: String| Err(Wrong::Because(reason));
    let Ok(account) = serde_json::from_str::<serde_json::Map<_, _>>(json) else {
        return because("holds no JSON object".to_owned());
    };
    let text = |name: &str| account.get(name).and_then(|value| value.as_str()).filter(|text| !text.is_empty());
    let needed: &[&str] = match text("type") {
        None => return because("does not say its `type`".to_owned()),
        Some("service_account") => &["client_email", "private_key"],
        Some(_) => &[],
    };
    match needed.iter().find(|name| text(name).is_none()) {
        Some(name) => because(format!("lacks `{name}`")),
        None => Ok(()),
    }
}

/// The scheme of a URL, such as `postgres` of `postgres://…`; a drive letter is not a scheme.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    (scheme.len() > 1 && scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(plain))
        .then_some(scheme)
}
