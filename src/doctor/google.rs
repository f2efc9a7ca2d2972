//! Reports the credentials of Google's service account. They were already validated when the settings were loaded.

use super::{DoctorContext, Finding};
use crate::config::GoogleAccount;
use std::sync::Arc;

const CHECK: &str = "google";

pub(super) async fn check(context: Arc<DoctorContext>) -> Vec<Finding> {
    let Some(config) = context.config().map(|config| &config.google) else { return Vec::new() };
    vec![match config.account() {
        None => Finding::skipped(CHECK, "no Google account is set"),
        Some(GoogleAccount::File(file)) => {
            Finding::ok(CHECK, format!("the Google credentials in {} can be read", file.display()))
        }
        Some(GoogleAccount::Json(_)) => Finding::ok(CHECK, "the Google credentials can be read"),
    }]
}
