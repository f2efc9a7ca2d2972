//! Checks that the settings are valid, and that other users cannot read the secrets.

use super::{DoctorContext, Finding, Fix, data_folder};
use crate::config::{Config, Origin};
use crate::host::program::output_of;
use rustix::process::geteuid;
use std::collections::BTreeSet;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const CHECK: &str = "settings";

pub(super) async fn check(context: Arc<DoctorContext>) -> Vec<Finding> {
    let Some(config) = context.config() else {
        let problems = context.settings_problems().into_iter();
        let finding = |problem: String| {
            let remedy = if problem.contains("Permission denied") && !geteuid().is_root() {
                "run as root: sudo agentlocator doctor"
            } else {
                "correct it, and verify with `agentlocator config check`; the other checks need the settings"
            };
            Finding::error(CHECK, problem, remedy)
        };
        let mut findings: Vec<_> = problems.map(finding).collect();
        if context.running().is_some() {
            let remedy = "systemctl reload agentlocator once they are correct";
            findings.push(Finding::warning(CHECK, "the daemon runs with the last settings that worked", remedy));
        }
        return findings;
    };
    let mut findings = Vec::new();
    for warning in config.english_warnings() {
        findings.push(Finding::warning(
            CHECK,
            warning,
            "see the active values and their sources with `agentlocator config show`",
        ));
    }
    for problem in &context.stored_problems {
        findings.push(Finding::warning(CHECK, problem.clone(), "correct it on the page; until then it is not used"));
    }
    findings.extend(files_with_secrets(config).into_iter().filter_map(readable_by_all));
    findings.extend(unreadable_for_service(&context, config).await);
    if findings.is_empty() {
        let file = context.settings_file.as_ref().map_or("no file".to_owned(), |file| file.display().to_string());
        findings.push(Finding::ok(CHECK, format!("the settings are valid ({file} and the environment)")));
    }
    findings
}

fn files_with_secrets(config: &Config) -> BTreeSet<PathBuf> {
    let secrets = crate::config::known_settings().into_iter().filter(|setting| setting.secret);
    let files = secrets.filter_map(|setting| match config.origins.of(setting.key) {
        Origin::File { path, .. }
        | Origin::Credential(path)
        | Origin::VariableFile { path, .. }
        | Origin::PageSecrets(path) => Some(path),
        Origin::Default | Origin::Stored | Origin::LastGood | Origin::Variable(_) => None,
    });
    files.collect()
}

/// Reports files that root can read but the service cannot. systemd credentials are excluded, because systemd reads
/// them as root for the service.
async fn unreadable_for_service(context: &DoctorContext, config: &Config) -> Vec<Finding> {
    let Some((uid, gid)) = data_folder::service_user(context, None).filter(|(uid, _)| geteuid().is_root() && *uid != 0)
    else {
        return Vec::new();
    };
    let named =
        [&config.voice.greeting_file, &config.voice.fallback_file, &config.tls.certificate_file, &config.tls.key_file];
    let named = named.into_iter().flatten().cloned();
    let from_secrets = files_with_secrets(config).into_iter().filter(|path| !is_credential(path));
    let files: BTreeSet<_> = context.settings_file.clone().into_iter().chain(from_secrets).chain(named).collect();
    let (user, group) = (format!("--reuid={uid}"), format!("--regid={gid}"));
    let mut arguments = vec![user.as_str(), &group, "--init-groups", "--", "sh", "-c", PRINT_UNREADABLE, "sh"];
    let paths: Vec<_> = files.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    arguments.extend(paths.iter().map(String::as_str));
    let unreadable = output_of("setpriv", &arguments).await.unwrap_or_default();
    let can_fix = |path: &Path| context.settings_file.as_deref() == Some(path);
    unreadable.lines().map(Path::new).map(|path| unreadable_file(path, gid, can_fix(path))).collect()
}

/// Returns true for a file in a folder named `credentials`: systemd reads it as root and passes it to the service.
fn is_credential(path: &Path) -> bool {
    path.parent().and_then(Path::file_name).is_some_and(|folder| folder == "credentials")
}

/// Returns the finding for a file that the service cannot read. `can_fix` is true only for the settings file, which
/// belongs to root. Other files could be symbolic links that another user controls, so root must not change them.
fn unreadable_file(path: &Path, gid: u32, can_fix: bool) -> Finding {
    let found = format!("the service's user cannot read {}, although root can", path.display());
    let remedy = format!("chgrp {gid} {0} && chmod g+r {0}, then systemctl restart agentlocator", path.display());
    let finding = Finding::error(CHECK, found, remedy);
    match std::fs::symlink_metadata(path) {
        Ok(before) if can_fix && before.is_file() => {
            let mode = before.permissions().mode() & 0o7777;
            let (before, after) = ((before.gid(), mode), (gid, mode | 0o040));
            finding.with_fix(Fix::Group { path: path.to_owned(), before, after })
        }
        _ => finding,
    }
}

fn readable_by_all(path: PathBuf) -> Option<Finding> {
    let mode = std::fs::metadata(&path).ok()?.permissions().mode() & 0o7777;
    (mode & 0o004 != 0).then(|| {
        let found = format!("all users of this machine can read {}, which holds secrets", path.display());
        let remedy = format!("chmod o-rwx {}", path.display());
        Finding::warning(CHECK, found, remedy).with_fix(Fix::Mode { path, before: mode, after: mode & !0o007 })
    })
}

const PRINT_UNREADABLE: &str = r#"for file; do [ -r "$file" ] || printf '%s\n' "$file"; done"#;
