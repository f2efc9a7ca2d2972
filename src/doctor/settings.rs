//! Are the settings right, and out of others' sight?

use super::{Finding, Fix, Site};
use crate::config::{Config, Origin};
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;

const CHECK: &str = "settings";

pub(super) async fn look(site: Arc<Site>) -> Vec<Finding> {
    let Some(config) = site.config() else {
        let remedy = "correct it, and see by `agentlocator config check`; the other checks need the settings";
        let problems = site.settings_problems().into_iter();
        let mut findings: Vec<_> = problems.map(|problem| Finding::error(CHECK, problem, remedy)).collect();
        if site.running().is_some() {
            let remedy = "systemctl reload agentlocator once they are correct";
            findings.push(Finding::warning(CHECK, "the daemon runs with the last settings that worked", remedy));
        }
        return findings;
    };
    let mut findings = Vec::new();
    for warning in config.warnings() {
        findings.push(Finding::warning(CHECK, warning, "see by `agentlocator config show` what holds and why"));
    }
    for problem in &site.stored_problems {
        findings.push(Finding::warning(CHECK, problem.clone(), "correct it on the page; until then it is not used"));
    }
    findings.extend(files_with_secrets(config).into_iter().filter_map(readable_by_all));
    if findings.is_empty() {
        let file = site.settings_file.as_ref().map_or("no file".to_owned(), |file| file.display().to_string());
        findings.push(Finding::ok(CHECK, format!("the settings are right ({file} and the environment)")));
    }
    findings
}

/// The files in which secrets stand.
fn files_with_secrets(config: &Config) -> BTreeSet<PathBuf> {
    let secrets = crate::config::known_settings().into_iter().filter(|setting| setting.secret);
    let files = secrets.filter_map(|setting| match config.origins.of(setting.key) {
        Origin::File { path, .. } | Origin::Credential(path) | Origin::VariableFile { path, .. } => Some(path),
        Origin::Default | Origin::Stored | Origin::LastGood | Origin::Variable(_) => None,
    });
    files.collect()
}

fn readable_by_all(path: PathBuf) -> Option<Finding> {
    let mode = std::fs::metadata(&path).ok()?.permissions().mode() & 0o7777;
    (mode & 0o004 != 0).then(|| {
        let found = format!("everyone on this machine can read {}, which holds secrets", path.display());
        let remedy = format!("chmod o-rwx {}", path.display());
        Finding::warning(CHECK, found, remedy).with_fix(Fix::Mode { path, before: mode, after: mode & !0o007 })
    })
}
