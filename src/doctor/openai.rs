//! Checks that the AI accepts the key and the settings, and has the models.

use super::{DoctorContext, Finding};
use crate::{clock, runtime};
use std::sync::Arc;

pub(super) async fn check(context: Arc<DoctorContext>) -> Vec<Finding> {
    let Some(config) = context.config().cloned() else { return Vec::new() };
    let found = runtime::check_ai(&context.client, &Arc::new(config), clock::now()).await;
    found.into_iter().map(Finding::from).collect()
}
