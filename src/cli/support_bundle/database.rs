//! A summary of the database: tables and row counts, without content.

use crate::cli::as_data_owner;
use serde_json::{Value, json};
use std::path::Path;

/// The summary of the published file.
pub(super) fn describe(file: &Path) -> Value {
    as_data_owner::shape(file).unwrap_or_else(|error| json!({"problem": format!("{error:#}")}))
}
