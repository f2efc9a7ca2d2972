//! Parsers of files, folders, disk space and Google accounts.

use super::{ParseError, Parser};
use crate::config::value_kind::ValueKind;
use crate::config::{DiskLimit, Secret};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Returns a parser of the path of an existing, readable file.
pub(in crate::config) fn readable_file() -> Parser<PathBuf> {
    Parser::from_text("the path of a file that the daemon may read", |text| {
        let path = PathBuf::from(text);
        match File::open(&path).and_then(|file| file.metadata()) {
            Ok(metadata) if metadata.is_file() => Ok(path),
            Ok(_) => Err(ParseError::Invalid("is not a file".to_owned())),
            Err(error) => Err(ParseError::Invalid(format!("cannot be opened ({error})"))),
        }
    })
    .of_kind(ValueKind::Path)
}

/// Returns a parser of the path of a file that may be missing. The code that uses the file checks it later and reports
/// errors.
pub(in crate::config) fn path() -> Parser<PathBuf> {
    Parser::from_text("the path of a file", |text| match Path::new(text) {
        path if text.is_empty() || text.ends_with('/') || path.is_dir() => {
            Err(ParseError::Invalid("is not a file".to_owned()))
        }
        path => Ok(path.to_owned()),
    })
    .of_kind(ValueKind::Path)
}

/// Returns a parser of the database's location. The folder may be missing.
pub(in crate::config) fn database() -> Parser<String> {
    Parser::from_text("sqlite:///absolute/path.db, sqlite://relative/path.db or a path", |text| {
        let invalid = |reason: &str| Err(ParseError::Invalid(reason.to_owned()));
        let path = match (text.strip_prefix("sqlite://"), scheme(text)) {
            (Some(path), _) => path,
            (None, Some("sqlite")) => return invalid("lacks the two slashes after the colon"),
            (None, Some(_)) => return invalid("is not a SQLite file, and AgentLocator keeps its data in one"),
            (None, None) => text,
        };
        if path.contains(['?', '#']) {
            return invalid("has options after the path");
        }
        if path == ":memory:" || path == "/:memory:" {
            return invalid("would be lost at the next stop");
        }
        if path.is_empty() || path.ends_with('/') || Path::new(path).is_dir() {
            return invalid("names a folder, not a file");
        }
        Ok(path.to_owned())
    })
    .of_kind(ValueKind::Path)
}

/// Returns a parser of the path of a Google account's JSON file, and validates the content of the file.
pub(in crate::config) fn google_account_file() -> Parser<PathBuf> {
    Parser::from_text("the path of a Google account's JSON file", |text| {
        let content = fs::read_to_string(text);
        let content = content.map_err(|error| ParseError::Invalid(format!("cannot be read ({error})")))?;
        check_google_account(&content)?;
        Ok(PathBuf::from(text))
    })
    .of_kind(ValueKind::Path)
}

/// Returns a parser of the JSON content of a Google account.
pub(in crate::config) fn google_account_json() -> Parser<Secret> {
    Parser::from_text("a Google account's JSON", |text| {
        check_google_account(text)?;
        Ok(Secret::new(text))
    })
}

/// Checks that the JSON has the fields that Google's libraries require
/// (<https://cloud.google.com/docs/authentication/application-default-credentials>).
fn check_google_account(json: &str) -> Result<(), ParseError> {
    let invalid = |reason: String| Err(ParseError::Invalid(reason));
    let Ok(account) = serde_json::from_str::<serde_json::Map<_, _>>(json) else {
        return invalid("holds no JSON object".to_owned());
    };
    let text = |name: &str| account.get(name).and_then(|value| value.as_str()).filter(|text| !text.is_empty());
    let needed: &[&str] = match text("type") {
        None => return invalid("does not say its `type`".to_owned()),
        Some("service_account") => &["client_email", "private_key"],
        Some(_) => &[],
    };
    match needed.iter().find(|name| text(name).is_none()) {
        Some(name) => invalid(format!("lacks `{name}`")),
        None => Ok(()),
    }
}

/// Returns the scheme of a URL, such as `postgres` of `postgres://…`. The drive letter of a Windows path is not a
/// scheme.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    (scheme.len() > 1 && scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(plain))
        .then_some(scheme)
}

/// Returns a parser of an amount of disk space.
pub(in crate::config) fn disk_limit() -> Parser<DiskLimit> {
    Parser::from_text(
        r#"an amount such as "500 MB", a part such as "5 %", or both: "500 MB or 5 %", the lesser counts"#,
        |text| DiskLimit::parse(text).ok_or(ParseError::NotAllowed),
    )
    .of_kind(ValueKind::Size)
}

/// Returns a parser of the path of an existing folder.
pub(in crate::config) fn readable_folder() -> Parser<PathBuf> {
    Parser::from_text("the path of a folder that is there", |text| match fs::metadata(text) {
        Ok(metadata) if metadata.is_dir() => Ok(PathBuf::from(text)),
        Ok(_) => Err(ParseError::Invalid("is not a folder".to_owned())),
        Err(error) => Err(ParseError::Invalid(format!("cannot be found ({error})"))),
    })
    .of_kind(ValueKind::Path)
}
