//! Checks that messages are sent.

use super::{Finding, Site};
use std::sync::Arc;

const CHECK: &str = "outbox";

pub(super) async fn look(site: Arc<Site>) -> Vec<Finding> {
    let Some(status) = site.running() else {
        return vec![Finding::skipped(CHECK, "no daemon runs, so no messages are sent")];
    };
    vec![judge(status.overdue_messages)]
}

fn judge(overdue: u64) -> Finding {
    match overdue {
        0 => Finding::ok(CHECK, "no message is overdue"),
        overdue => {
            let found = format!("{overdue} messages have waited for a quarter of an hour or longer");
            let remedy = "see the findings about the bridge and Twilio; the messages are sent when one of them works";
            Finding::warning(CHECK, found, remedy)
        }
    }
}
