//! Parsers of disk space and folders.

use super::{ParseError, Parser};
use crate::config::DiskLimit;
use crate::config::value_kind::ValueKind;
use std::path::PathBuf;

/// An amount of disk space.
pub(in crate::config) fn disk_limit() -> Parser<DiskLimit> {
    Parser::from_text(
        r#"an amount such as "500 MB", a part such as "5 %", or both: "500 MB or 5 %", the lesser counts"#,
        |text| DiskLimit::parse(text).ok_or(ParseError::NotAllowed),
    )
    .of_kind(ValueKind::Size)
}

/// An existing folder.
pub(in crate::config) fn readable_folder() -> Parser<PathBuf> {
    Parser::from_text("the path of a folder that is there", |text| match std::fs::metadata(text) {
        Ok(metadata) if metadata.is_dir() => Ok(PathBuf::from(text)),
        Ok(_) => Err(ParseError::Invalid("is not a folder".to_owned())),
        Err(error) => Err(ParseError::Invalid(format!("cannot be found ({error})"))),
    })
    .of_kind(ValueKind::Path)
}
