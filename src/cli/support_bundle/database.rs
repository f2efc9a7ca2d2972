//! The database's shape: tables and how full they are, not what is in them.

use crate::cli::store_side;
use serde_json::{Value, json};
use std::path::Path;

/// Of the file that people copy.
pub(super) fn describe(file: &Path) -> Value {
    store_side::shape(file).unwrap_or_else(|error| json!({"problem": format!("{error:#}")}))
}
