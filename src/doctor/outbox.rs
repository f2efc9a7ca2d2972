//! Do messages go out?

use super::{Finding, Site};
use std::sync::Arc;

const CHECK: &str = "outbox";

pub(super) async fn look(site: Arc<Site>) -> Vec<Finding> {
    let Some(status) = site.running() else {
        return vec![Finding::skipped(CHECK, "no daemon runs, so no message goes out")];
    };
    vec![judge(status.overdue_messages)]
}

fn judge(overdue: u64) -> Finding {
    match overdue {
        0 => Finding::ok(CHECK, "no message waits for long"),
        overdue => {
            let found = format!("{overdue} messages have waited for a quarter of an hour or longer");
            let remedy =
                "see what is said of the bridge and of Twilio; they go out by themselves when one of them works";
            Finding::warning(CHECK, found, remedy)
        }
    }
}
