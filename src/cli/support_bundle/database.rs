//! The database's shape: tables and how full they are, not what is in them.

use crate::store;
use serde_json::{Value, json};
use std::path::Path;

/// Of the file that people copy.
pub(super) fn describe(file: &Path) -> Value {
    match store::shape_of_copy(file) {
        Ok(shape) => json!(shape),
        Err(error) => json!({"problem": error.to_string()}),
    }
}
