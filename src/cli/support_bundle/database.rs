//! A summary of the database: tables and row counts, without content.

use crate::cli::store_side;
use serde_json::{Value, json};
use std::path::Path;

/// The summary of the published file.
pub(super) fn describe(file: &Path) -> Value {
    store_side::shape(file).unwrap_or_else(|error| json!({"problem": format!("{error:#}")}))
}
