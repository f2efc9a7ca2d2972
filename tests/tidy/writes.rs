//! Only `crm` changes business tables: a use case stores state, outbox and event in one transaction.

use super::{none, tree};
use std::collections::{BTreeMap, BTreeSet};

/// Functions of `WriteTx` that only read.
const READS: [&str; 2] = ["audit_rows", "changed_rows"];

/// Changes that other modules may make themselves: the file or folder, the functions, and the reason.
const EXCEPTIONS: [(&str, &[&str], &str); 11] = [
    ("src/alerting.rs", &["put_alert", "insert_alert_event"], "alerts are the daemon's own state"),
    ("src/app/reload.rs", &["record_active_settings"], "tells followers that settings are active, and changes none"),
    ("src/http/api/database.rs", &["set_start_notice"], "the notice is about the database's files"),
    ("src/http/auth/audit.rs", &["insert_audit"], "the audit row of a request, in the transaction of its use case"),
    ("src/http/auth/middleware.rs", &["touch_session", "touch_token"], "when a session or a token was used last"),
    (
        "src/maintenance/",
        &["record_backup", "insert_self_check", "set_meta", "advance_search_index", "release_pages"],
        "results of the daemon's own tasks",
    ),
    ("src/maintenance/watchdog.rs", &["delete_expired_sessions"], "sessions that are not valid any more"),
    ("src/maintenance/health_monitor.rs", &["make_jobs_due"], "jobs are a queue of the daemon"),
    ("src/runtime/jobs.rs", &["finish_job", "retry_job", "fail_job"], "jobs are a queue of the daemon"),
    ("src/runtime/catch_up.rs", &["set_meta"], "how far the providers' lists were read"),
    ("src/runtime/outbox/health.rs", &["record_bridge"], "tells followers of the bridge's state, which is not stored"),
];

#[test]
fn only_crm_changes_business_tables() {
    let changes = changes();
    assert!(changes.len() > 150, "only {} functions found", changes.len());
    let (mut findings, mut needed) = (Vec::new(), BTreeMap::<&str, BTreeSet<&str>>::new());
    for file in tree::rust(&["src/"]) {
        if ["src/store", "src/crm"].iter().any(|start| file.path.starts_with(start)) {
            continue;
        }
        for (number, line) in file.product_lines() {
            for name in called(line).filter(|name| changes.contains(*name)) {
                let is_excused =
                    |(path, names, _): &&(&str, &[&str], &str)| file.path.starts_with(path) && names.contains(&name);
                match EXCEPTIONS.iter().find(is_excused) {
                    Some((path, names, _)) => {
                        needed.entry(path).or_default().extend(names.iter().filter(|listed| **listed == name));
                    }
                    None => findings.push(format!("{}:{number}: {name}", file.path)),
                }
            }
        }
    }
    for (path, names, _) in EXCEPTIONS {
        for name in names.iter().filter(|name| !needed.get(path).is_some_and(|needed| needed.contains(*name))) {
            findings.push(format!("{path}: the exception for {name} is not needed"));
        }
    }
    none(&findings, "a function of `crm` changes business tables, in one transaction with the outbox and the event");
}

/// Returns the public functions of `WriteTx` that change data. Other modules could call them.
fn changes() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in tree::rust(&["src/store"]) {
        let mut is_inside = false;
        for (_, line) in file.product_lines() {
            if line.starts_with("impl") {
                is_inside = line.contains("WriteTx<");
            } else if line.starts_with('}') {
                is_inside = false;
            }
            let line = line.trim_start().replace("pub(crate) fn ", "pub fn ");
            let name = line.strip_prefix("pub fn ").filter(|_| is_inside);
            found.extend(name.and_then(|name| name.split(['(', '<']).next()).map(str::to_owned));
        }
    }
    found.retain(|name| !READS.contains(&name.as_str()));
    found
}

/// Returns the names of the methods that a line calls, or that it names as `WriteTx::name`.
fn called(line: &str) -> impl Iterator<Item = &str> {
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let by_method = line.split('.').skip(1).filter_map(move |rest| {
        let name = &rest[..rest.find(|c| !is_name(c)).unwrap_or(rest.len())];
        rest[name.len()..].starts_with('(').then_some(name)
    });
    let by_path =
        line.split("WriteTx::").skip(1).map(move |rest| &rest[..rest.find(|c| !is_name(c)).unwrap_or(rest.len())]);
    by_method.chain(by_path)
}
