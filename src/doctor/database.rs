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
            format!("{file}: {}", field("publish", "reason")),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;
    use serde_json::json;

    #[test]
    fn the_status_of_the_store_is_understood() {
        let state = |publish: &str, integrity: &str| {
            let store = json!({"publish": {"state": publish, "reason": "x"}, "integrity": {"state": integrity}});
            evaluate(&store, "x.db").iter().map(|finding| finding.state).collect::<Vec<_>>()
        };
        assert_eq!(state("current", "ok"), []);
        assert_eq!(state("current", "unchecked"), []);
        assert_eq!(state("late", "checking"), [State::Ok, State::Warning]);
        assert_eq!(state("foreign", "damaged"), [State::Error, State::Error]);
        assert_eq!(state("off", "ok"), [State::Warning]);
        assert_eq!(state("frozen", "ok"), [State::Error]);
        assert_eq!(evaluate(&json!({"boot_known": false}), "x.db")[0].state, State::Warning);
        assert_eq!(evaluate(&json!({"boot_known": true}), "x.db").len(), 0);
    }
}
