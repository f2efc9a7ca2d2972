//! `[google]`: Google's speech services. Kept and checked; no engine uses them yet.

use super::Secret;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Google's speech services.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GoogleConfig {
    /// A service account's JSON file. `GOOGLE_APPLICATION_CREDENTIALS`.
    pub credentials_file: Option<PathBuf>,
    /// The same JSON itself. `GCP_CREDENTIALS_JSON`.
    pub credentials_json: Option<Secret>,
}
