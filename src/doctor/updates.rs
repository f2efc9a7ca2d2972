//! Reports a failed upgrade, a newer release, or else the age of the program. The check sends no network request: it
//! uses the daemon's last result and apt's local package lists.

use super::{DoctorContext, Finding};
use crate::clock;
use crate::config::VersionInfo;
use crate::domain::Timestamp;
use crate::host::program::output_of;
use crate::providers::release_feed::Release;
use std::path::Path;
use std::sync::Arc;

const CHECK: &str = "updates";
/// dpkg's list of the package's files. Without it the program is not installed as a package, so apt has no answer, but
/// would spend a second of CPU on reading its lists.
const PACKAGE_FILES: &str = "/var/lib/dpkg/info/agentlocator.list";

pub(super) async fn check(context: Arc<DoctorContext>) -> Vec<Finding> {
    if let Ok(version) = std::fs::read_to_string(FAILED_RELEASE) {
        return vec![failed_release(version.trim())];
    }
    if let Some(newer) = context.running().and_then(|status| status.newer_release.as_ref()) {
        return vec![newer_release(newer)];
    }
    if Path::new(PACKAGE_FILES).exists()
        && let Some(output) = output_of("apt-cache", &["policy", "agentlocator"]).await
        && let Some((installed, candidate)) = newer_in_apt(&output)
    {
        let found = format!("apt has version {candidate}, installed is {installed}");
        return vec![Finding::warning(
            CHECK,
            found,
            "apt install agentlocator; data is kept, and a snapshot is created",
        )];
    }
    let installed = env!("CARGO_PKG_VERSION");
    let age = age_in_days(&VersionInfo::default().build_time, clock::now());
    let age = age.map(|days| format!(", built {days} days ago")).unwrap_or_default();
    let is_weekly_check_on = context.config().is_some_and(|config| config.updates.weekly_feed().is_some());
    let how = if is_weekly_check_on {
        "; the daemon checks for newer releases once a week"
    } else {
        "; the weekly check for newer releases is off ([updates] check); check once with `agentlocator version --check`"
    };
    vec![Finding::ok(CHECK, format!("installed is {installed}{age}{how}"))]
}

fn failed_release(version: &str) -> Finding {
    let running = env!("CARGO_PKG_VERSION");
    let found = format!(
        "version {version} did not start after its installation, so {running} runs, although dpkg lists {version}"
    );
    let remedy = format!(
        "install a newer version, or {version} again: apt reinstall agentlocator. See journalctl -u agentlocator"
    );
    Finding::warning(CHECK, found, remedy)
}

fn newer_release(newer: &Release) -> Finding {
    let since = newer.date.as_ref().map(|date| format!(", released on {date},")).unwrap_or_default();
    let urgent = if newer.urgent { " and should be installed soon" } else { "" };
    let found =
        format!("version {}{since} is available{urgent}; installed is {}", newer.version, env!("CARGO_PKG_VERSION"));
    let notes = newer.notes_url.as_ref().map(|url| format!("; release notes: {url}")).unwrap_or_default();
    Finding::warning(CHECK, found, format!("apt install ./agentlocator_{}_ARCH.deb{notes}", newer.version))
}

fn newer_in_apt(output: &str) -> Option<(&str, &str)> {
    let value = |name: &str| output.lines().find_map(|line| line.trim().strip_prefix(name)).map(str::trim);
    let (installed, candidate) = (value("Installed:")?, value("Candidate:")?);
    // A different candidate is a newer version: apt offers an older version only if the user has pinned it.
    (installed != candidate && installed != "(none)" && candidate != "(none)").then_some((installed, candidate))
}

fn age_in_days(built: &str, now: Timestamp) -> Option<u64> {
    let built: Timestamp = built.parse().ok()?;
    Some(now.since(built).as_secs() / 86_400)
}

/// File with the version of a failed upgrade. The package's script `postinst` writes it after it has rolled the upgrade
/// back and the old version runs again.
const FAILED_RELEASE: &str = "/usr/lib/agentlocator/failed/version";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apt_is_understood() {
        let output = |installed: &str, candidate: &str| {
            format!("agentlocator:\n  Installed: {installed}\n  Candidate: {candidate}\n  Version table:\n")
        };
        assert_eq!(newer_in_apt(&output("0.1.0", "0.2.0")), Some(("0.1.0", "0.2.0")));
        assert_eq!(newer_in_apt(&output("0.1.0", "0.1.0")), None);
        assert_eq!(newer_in_apt(&output("(none)", "0.1.0")), None);
        assert_eq!(newer_in_apt(""), None);
    }

    #[test]
    fn the_age_is_reported_if_known() {
        let now: Timestamp = "2026-11-20T00:00:00Z".parse().unwrap();
        assert_eq!(age_in_days("2026-11-10T12:00:00Z", now), Some(9));
        assert_eq!(age_in_days("dev", now), None);
    }
}
