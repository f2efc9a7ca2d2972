//! Parsers of files, folders, disk space and Google accounts.

use super::{ParseError, Parser};
use crate::config::value_kind::ValueKind;
use crate::config::{DiskLimit, Secret};
use crate::domain::{AllowedValues, SettingFault};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

pub(in crate::config) fn readable_file() -> Parser<PathBuf> {
    Parser::from_text(AllowedValues::ReadableFile, |text| {
        let path = PathBuf::from(text);
        match File::open(&path).and_then(|file| file.metadata()) {
            Ok(metadata) if metadata.is_file() => Ok(path),
            Ok(_) => Err(ParseError::Invalid(SettingFault::NotAFile)),
            Err(error) => Err(ParseError::Invalid(SettingFault::NotOpened { reason: error.to_string() })),
        }
    })
    .of_kind(ValueKind::Path)
}

/// The file may be missing. The code that uses the file checks it later and reports errors.
pub(in crate::config) fn path() -> Parser<PathBuf> {
    Parser::from_text(AllowedValues::File, |text| match Path::new(text) {
        path if text.is_empty() || text.ends_with('/') || path.is_dir() => {
            Err(ParseError::Invalid(SettingFault::NotAFile))
        }
        path => Ok(path.to_owned()),
    })
    .of_kind(ValueKind::Path)
}

/// The folder may be missing.
pub(in crate::config) fn database() -> Parser<String> {
    Parser::from_text(AllowedValues::Database, |text| {
        let invalid = |fault| Err(ParseError::Invalid(fault));
        let path = match (text.strip_prefix("sqlite://"), scheme(text)) {
            (Some(path), _) => path,
            (None, Some("sqlite")) => return invalid(SettingFault::DatabaseSlashes),
            (None, Some(_)) => return invalid(SettingFault::DatabaseNotSqlite),
            (None, None) => text,
        };
        // The shell expands a `~` only at the beginning of a word.
        if path.starts_with('~') {
            return invalid(SettingFault::DatabaseTilde);
        }
        if path.contains(['?', '#']) {
            return invalid(SettingFault::DatabaseOptions);
        }
        if path == ":memory:" || path == "/:memory:" {
            return invalid(SettingFault::DatabaseInMemory);
        }
        if path.is_empty() || path.ends_with('/') || Path::new(path).is_dir() {
            return invalid(SettingFault::DatabaseFolder);
        }
        Ok(path.to_owned())
    })
    .of_kind(ValueKind::Path)
}

/// Also validates the content of the file.
pub(in crate::config) fn google_account_file() -> Parser<PathBuf> {
    Parser::from_text(AllowedValues::GoogleAccountFile, |text| {
        let content = fs::read_to_string(text);
        let content =
            content.map_err(|error| ParseError::Invalid(SettingFault::NotRead { reason: error.to_string() }))?;
        check_google_account(&content)?;
        Ok(PathBuf::from(text))
    })
    .of_kind(ValueKind::Path)
}

pub(in crate::config) fn google_account_json() -> Parser<Secret> {
    Parser::from_text(AllowedValues::GoogleAccount, |text| {
        check_google_account(text)?;
        Ok(Secret::new(text))
    })
}

/// Checks that the JSON has the fields that Google's libraries require
/// (<https://cloud.google.com/docs/authentication/application-default-credentials>).
fn check_google_account(json: &str) -> Result<(), ParseError> {
    let invalid = |fault| Err(ParseError::Invalid(fault));
    let Ok(account) = serde_json::from_str::<serde_json::Map<_, _>>(json) else {
        return invalid(SettingFault::NoJsonObject);
    };
    let text = |name: &str| account.get(name).and_then(|value| value.as_str()).filter(|text| !text.is_empty());
    let needed: &[&str] = match text("type") {
        None => return invalid(SettingFault::NoField { field: "type".to_owned() }),
        Some("service_account") => &["client_email", "private_key"],
        Some(_) => &[],
    };
    match needed.iter().find(|name| text(name).is_none()) {
        Some(name) => invalid(SettingFault::NoField { field: (*name).to_owned() }),
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

pub(in crate::config) fn disk_limit() -> Parser<DiskLimit> {
    Parser::from_text(AllowedValues::DiskLimit, |text| DiskLimit::parse(text).ok_or(ParseError::NotAllowed))
        .of_kind(ValueKind::Size)
}

pub(in crate::config) fn readable_folder() -> Parser<PathBuf> {
    Parser::from_text(AllowedValues::ExistingFolder, |text| match fs::metadata(text) {
        Ok(metadata) if metadata.is_dir() => Ok(PathBuf::from(text)),
        Ok(_) => Err(ParseError::Invalid(SettingFault::NotAFolder)),
        Err(error) => Err(ParseError::Invalid(SettingFault::NotFound { reason: error.to_string() })),
    })
    .of_kind(ValueKind::Path)
}
