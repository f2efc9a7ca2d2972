//! Checks that the AI accepts the key and the settings, and has the models.

use super::{Finding, Site};
use crate::{clock, drive};
use std::sync::Arc;

pub(super) async fn look(site: Arc<Site>) -> Vec<Finding> {
    let Some(config) = site.config().cloned() else { return Vec::new() };
    let found = drive::look_at_ai(&site.client, &Arc::new(config), clock::now()).await;
    found.into_iter().map(Finding::from).collect()
}
