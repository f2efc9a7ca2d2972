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

fn evaluate(overdue: Option<u64>) -> Finding {
    match overdue {
        None => Finding::skipped(
            CHECK,
            "it could not be determined whether messages are overdue, because the daemon cannot read the database",
        ),
        Some(0) => Finding::ok(CHECK, "no message is overdue"),
        Some(overdue) => {
            let found = format!("{overdue} messages have waited for a quarter of an hour or longer");
            let remedy = "see the findings about the bridge and Twilio; the messages are sent when one of them works";
            Finding::warning(CHECK, found, remedy)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn an_unknown_number_of_overdue_messages_is_not_reported_as_none() {
        assert_eq!(
            [None, Some(0), Some(2)].map(|overdue| evaluate(overdue).state),
            [State::Skipped, State::Ok, State::Warning]
        );
    }
}
