//! Checks Google's credentials file. Its content was already validated when the settings were loaded.

use super::{DoctorContext, Finding};
use std::sync::Arc;

const CHECK: &str = "google";

pub(super) async fn check(context: Arc<DoctorContext>) -> Vec<Finding> {
    let Some(config) = context.config().map(|config| &config.google) else { return Vec::new() };
    vec![match &config.credentials_file {
        _ if !config.is_configured() => Finding::skipped(CHECK, "no Google account is set"),
        Some(file) if config.credentials_json.is_none() => {
            Finding::ok(CHECK, format!("the Google credentials in {} can be read", file.display()))
        }
        _ => Finding::ok(CHECK, "the Google credentials can be read"),
    }]
}
