//! Does the AI take our key and our settings, and has it the models?

use super::{Finding, Site};
use crate::{clock, drive};
use std::sync::Arc;

const CHECK: &str = "openai";

pub(super) async fn look(site: Arc<Site>) -> Vec<Finding> {
    let Some(config) = site.config().cloned() else { return Vec::new() };
    let found = drive::look_at_ai(&site.client, &Arc::new(config), clock::now()).await;
    let told = found.into_iter().map(|finding| {
        let remedy = (!finding.remedy.is_empty()).then_some(finding.remedy);
        Finding { state: finding.state, remedy, ..Finding::ok(CHECK, finding.found) }
    });
    told.collect()
}
