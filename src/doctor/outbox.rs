//! Checks that the outbox delivers its messages.

use super::{DoctorContext, Finding};
use std::sync::Arc;

const CHECK: &str = "outbox";

pub(super) async fn check(context: Arc<DoctorContext>) -> Vec<Finding> {
    let Some(status) = context.running() else {
        return vec![Finding::skipped(CHECK, "no daemon runs, so no messages are sent")];
    };
    vec![evaluate(status.overdue_messages)]
}

fn evaluate(overdue: u64) -> Finding {
    match overdue {
        0 => Finding::ok(CHECK, "no message is overdue"),
        overdue => {
            let found = format!("{overdue} messages have waited for a quarter of an hour or longer");
            let remedy = "see the findings about the bridge and Twilio; the messages are sent when one of them works";
            Finding::warning(CHECK, found, remedy)
        }
    }
}
