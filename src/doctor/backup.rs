//! Checks the age of the last valid snapshot, and whether the daemon reports that a snapshot failed or is overdue.

use super::{DoctorContext, Finding};
use crate::clock;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

const CHECK: &str = "backup";

pub(super) async fn check(context: Arc<DoctorContext>) -> Vec<Finding> {
    if context.running().is_none() {
        return vec![Finding::skipped(CHECK, "no daemon runs that could report snapshots")];
    }
    let (metrics, ready) = tokio::join!(context.get_local("/metrics"), context.get_local("/readyz"));
    let last = metrics.and_then(|(_, text)| gauge(&text, LAST_SUCCESS));
    let parts: Value = ready.and_then(|(_, text)| serde_json::from_str(&text).ok()).unwrap_or_default();
    vec![evaluate(last, parts["backup"].as_str(), clock::now().as_secs())]
}

/// `last` and `now` are Unix times in seconds; `status` is the daemon's status of the backup.
fn evaluate(last: Option<i64>, status: Option<&str>, now: i64) -> Finding {
    let remedy =
        "see the reason with: journalctl -u agentlocator -g SNAPSHOT; create one now: agentlocator snapshots create";
    let age = last.map(|last| Duration::from_secs(now.saturating_sub(last).max(0).unsigned_abs()));
    let age_text = age.map(|age| format!("the last valid snapshot is {} hours old", age.as_secs() / 3600));
    match (age, status) {
        (_, Some("error")) => {
            let found = age_text.unwrap_or_else(|| "there is no valid snapshot".to_owned());
            Finding::error(CHECK, format!("{found}, and the last one failed or is overdue"), remedy)
        }
        (Some(age), _) if age > OLD => Finding::warning(CHECK, age_text.unwrap_or_default(), remedy),
        (Some(_), _) => Finding::ok(CHECK, age_text.unwrap_or_default()),
        (None, Some("ok")) => Finding::ok(CHECK, "the first snapshot will be created tonight"),
        (None, None) => Finding::skipped(CHECK, "the daemon does not report the state of the snapshots"),
        (None, _) => Finding::skipped(CHECK, "snapshots are not configured; copy agentlocator.db to another disk"),
    }
}

/// `None` if the gauge is missing or not positive.
fn gauge(metrics: &str, name: &str) -> Option<i64> {
    let value = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    let seconds = value.trim().parse::<f64>().ok().filter(|seconds| *seconds > 0.0)?;
    #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970 have room")]
    let whole = seconds as i64;
    Some(whole)
}

const LAST_SUCCESS: &str = "agentlocator_backup_last_success_timestamp_seconds";
/// Age at which the last snapshot is reported as too old: two nightly snapshots are then missing.
const OLD: Duration = Duration::from_hours(48);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn an_old_snapshot_is_reported() {
        let hour = 3600;
        assert_eq!(evaluate(Some(0), Some("ok"), 10 * hour).state, State::Ok);
        assert_eq!(evaluate(Some(0), Some("ok"), 50 * hour).state, State::Warning);
        assert_eq!(evaluate(Some(0), Some("error"), 50 * hour).state, State::Error);
        assert_eq!(evaluate(None, Some("error"), hour).state, State::Error);
        assert_eq!(evaluate(None, Some("ok"), hour).state, State::Ok);
        let skipped = [None, Some("disabled")].map(|status| evaluate(None, status, hour));
        assert!(skipped.iter().all(|finding| finding.state == State::Skipped));
        assert_ne!(skipped[0].found, skipped[1].found);
    }

    #[test]
    fn a_gauge_is_found_among_others() {
        let text = "# TYPE x gauge\nagentlocator_backup_last_success_timestamp_seconds 1700000000\ny 1\n";
        assert_eq!(gauge(text, LAST_SUCCESS), Some(1_700_000_000));
        assert_eq!(gauge("", LAST_SUCCESS), None);
    }
}
