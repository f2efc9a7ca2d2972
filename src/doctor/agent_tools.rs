//! Checks that the agent's own tools have the values of their headers, which are not in the database and therefore not
//! in its backups.

use super::{DoctorContext, Finding};
use std::sync::Arc;

const CHECK: &str = "tools";

pub(super) async fn check(context: Arc<DoctorContext>) -> Vec<Finding> {
    let incomplete = context.running().map(|status| status.incomplete_tools.as_slice()).unwrap_or_default();
    if incomplete.is_empty() {
        return Vec::new();
    }
    let found =
        format!("the agent's tools lack the values of their headers and send no requests: {}", incomplete.join(", "));
    let remedy = "enter the values again under Settings, The agent's tools; a restored database does not contain them";
    vec![Finding::warning(CHECK, found, remedy)]
}
