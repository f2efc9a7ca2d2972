//! Counts the latest errors in the log of the last day, at most 5,000, by event code.

use super::{DoctorContext, Finding};
use crate::host::program::output_of;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

const CHECK: &str = "log";

pub(super) async fn check(_context: Arc<DoctorContext>) -> Vec<Finding> {
    if !JOURNALS.iter().any(|folder| Path::new(folder).exists()) {
        return vec![Finding::skipped(CHECK, "systemd keeps no journal here")];
    }
    let (Some(errors), Some(newest)) =
        (output_of("journalctl", &ERRORS).await, output_of("journalctl", &NEWEST_LINE).await)
    else {
        return vec![Finding::skipped(CHECK, "this user cannot read a journal")];
    };
    // Without systemd, or with a journal in another place, the daemon's log is elsewhere.
    if newest.trim().is_empty() {
        return vec![Finding::skipped(CHECK, "the journal has no log of the daemon from the last day")];
    }
    vec![evaluate(&errors)]
}

fn evaluate(output: &str) -> Finding {
    let mut counts = BTreeMap::<String, usize>::new();
    for line in output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let event = line["EVENT"].as_str().unwrap_or("others");
        *counts.entry(event.to_owned()).or_default() += 1;
    }
    if counts.is_empty() {
        return Finding::ok(CHECK, "the log of the last day has no errors");
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let shown: Vec<_> = counts.iter().take(SHOWN).map(|(event, count)| format!("{event} {count}×")).collect();
    let found = format!("the log of the last day has errors: {}", shown.join(", "));
    let remedy = "list them with: journalctl -u agentlocator -u agentlocator-whatsapp -p err --since=-1d";
    Finding::warning(CHECK, found, remedy)
}

const JOURNALS: [&str; 2] = ["/run/log/journal", "/var/log/journal"];
const SHOWN: usize = 5;
const NEWEST_LINE: [&str; 5] = ["--unit=agentlocator.service", "--since=-1d", "--lines=1", "--no-pager", "--quiet"];
const ERRORS: [&str; 11] = [
    "--unit=agentlocator.service",
    "--unit=agentlocator-whatsapp.service",
    "--priority=err",
    "--since=-1d",
    "--output=json",
    "--output-fields=EVENT",
    "--lines=5000",
    "--no-pager",
    "--quiet",
    "--no-hostname",
    "--utc",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn events_are_counted() {
        assert_eq!(evaluate("").state, State::Ok);
        let output = "{\"EVENT\":\"A\"}\n{\"EVENT\":\"B\"}\n{\"EVENT\":\"B\"}\n{\"MESSAGE\":\"x\"}\n";
        let finding = evaluate(output);
        assert_eq!(finding.state, State::Warning);
        assert!(finding.found.contains("B 2×, A 1×, others 1×"), "{}", finding.found);
    }
}
