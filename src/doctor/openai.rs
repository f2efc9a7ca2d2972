//! Checks that the AI accepts the key and the settings, and has the models.

use super::DoctorContext;
use crate::domain::CheckResult;
use crate::{clock, runtime};
use std::sync::Arc;

pub(super) async fn check(context: Arc<DoctorContext>) -> Vec<CheckResult> {
    let Some(config) = context.config().cloned() else { return Vec::new() };
    runtime::check_ai(&context.client, &Arc::new(config), clock::now()).await
}
