//! Rules for disk space and folders.

use super::{Rule, Wrong};
use crate::config::DiskLimit;
use std::path::PathBuf;

/// An amount of disk space.
pub(in crate::config) fn disk_limit() -> Rule<DiskLimit> {
    Rule::of_text(
        r#"an amount such as "500 MB", a part such as "5 %", or both: "500 MB or 5 %", the lesser counts"#,
        |text| DiskLimit::parse(text).ok_or(Wrong::Kind),
    )
}

/// An existing folder.
pub(in crate::config) fn readable_folder() -> Rule<PathBuf> {
    Rule::of_text("the path of a folder that is there", |text| match std::fs::metadata(text) {
        Ok(metadata) if metadata.is_dir() => Ok(PathBuf::from(text)),
        Ok(_) => Err(Wrong::Because("is not a folder".to_owned())),
        Err(error) => Err(Wrong::Because(format!("cannot be found ({error})"))),
    })
}
