//! Checks the integrity of the database, and that the published file is up to date.

use super::{DoctorContext, Finding};
use crate::host::disk::format_bytes;
use serde_json::Value;
use std::sync::Arc;

const CHECK: &str = "database";

pub(super) async fn check(context: Arc<DoctorContext>) -> Vec<Finding> {
    let Some(config) = context.config() else { return Vec::new() };
    let file = config.store.published_file();
    let Some(status) = context.running() else {
        if let Some(missing) = &context.missing_data {
            let remedy = "mount the disk with the data, or restore a backup; for an empty database: \
                          agentlocator setup --new-data";
            return vec![Finding::error(CHECK, missing.to_string(), remedy)];
        }
        let found = match std::fs::metadata(&file) {
            Ok(metadata) => {
                format!(
                    "{} exists, {}; more is known only while the daemon runs",
                    file.display(),
                    format_bytes(metadata.len())
                )
            }
            Err(_) => format!("there is no {} yet", file.display()),
        };
        return vec![Finding::skipped(CHECK, found)];
    };
    let mut findings = evaluate(&status.store, &file.display().to_string());
    if findings.is_empty() {
        let length = std::fs::metadata(&file).map_or(0, |metadata| metadata.len());
        let found = format!("the database is sound, and {} ({}) is up to date", file.display(), format_bytes(length));
        findings.push(Finding::ok(CHECK, found));
    }
    findings
}

/// Evaluates the status of the store: the serialized form of [`crate::store::PublishState`] and [`crate::store::Integrity`].
fn evaluate(store: &Value, file: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let field = |part: &str, name: &str| store[part][name].as_str().unwrap_or_default().to_owned();
    match field("integrity", "state").as_str() {
        "damaged" => findings.push(Finding::error(
            CHECK,
            format!("the database is damaged: {}", field("integrity", "findings")),
            "copy the whole data folder to another disk, then restore the last valid snapshot: agentlocator snapshots list, \
             agentlocator restore NAME",
        )),
        "checking" => {
            findings.push(Finding::ok(CHECK, "the last stop was not clean; the database is being verified"));
        }
        _ => {}
    }
    if store["boot_known"] == false {
        findings.push(Finding::warning(
            CHECK,
            "the daemon cannot read the boot id of this machine, so each crash counts as a power cut",
            "set it in the unit: Environment=AGENTLOCATOR_BOOT_ID=%b, or make /proc/sys readable (ProcSubset=all)",
        ));
    }
    match field("publish", "state").as_str() {
        "late" => findings.push(Finding::warning(
            CHECK,
            format!("{file} is behind by {} s: {}", seconds(&store["publish"]["age_ms"]), field("publish", "reason")),
            "check that the disk has space and works; the file is then updated automatically",
        )),
        "foreign" => {
            let remedy = "follow the reason; until then do not use copies of that file";
            findings.push(Finding::error(CHECK, format!("{file}: {}", field("publish", "reason")), remedy));
        }
        "frozen" => {
            let remedy = format!("restore that copy: agentlocator restore {file}");
            findings.push(Finding::error(CHECK, format!("{file}: {}", field("publish", "reason")), remedy));
        }
        "off" => findings.push(Finding::warning(
            CHECK,
            format!("{file} is not kept current (store.publish is off)"),
            "set store.publish to true, or do not use that file as a backup",
        )),
        _ => {}
    }
    findings
}

fn seconds(age_ms: &Value) -> u64 {
    age_ms.as_u64().unwrap_or_default() / 1000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;
    use crate::store::{ForeignCause, Integrity, LateCause, PublishState};
    use serde_json::json;
    use std::time::Duration;

    #[test]
    fn what_the_store_writes_is_understood() {
        let state = |publish: PublishState, integrity: Integrity| {
            let findings = evaluate(&json!({"publish": publish, "integrity": integrity}), "x.db");
            findings.iter().map(|finding| finding.state).collect::<Vec<_>>()
        };
        let late = PublishState::Late { age: Duration::from_secs(90), cause: LateCause::NoSpace { size_mb: 7 } };
        let foreign =
            PublishState::Foreign { reason: "another program changed it".into(), cause: ForeignCause::Changed };
        assert_eq!(state(PublishState::Current, Integrity::Ok), []);
        assert_eq!(state(PublishState::Current, Integrity::Unchecked), []);
        assert_eq!(state(late, Integrity::Checking), [State::Ok, State::Warning]);
        assert_eq!(state(foreign, Integrity::Damaged { findings: "page 7".into() }), [State::Error, State::Error]);
        assert_eq!(state(PublishState::Off, Integrity::Ok), [State::Warning]);
        assert_eq!(evaluate(&json!({"boot_known": false}), "x.db")[0].state, State::Warning);
        assert_eq!(evaluate(&json!({"boot_known": true}), "x.db").len(), 0);
        let frozen = PublishState::Frozen { reason: "it is damaged".into() };
        assert_eq!(state(frozen, Integrity::Ok), [State::Error]);
    }
}
