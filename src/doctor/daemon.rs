//! Checks that the daemon runs, answers, has the installed version, and reports no errors.

use super::{DoctorContext, Finding};
use crate::config::VersionInfo;
use crate::control::{ControlError, Status};
use serde_json::{Map, Value};
use std::sync::Arc;

const CHECK: &str = "daemon";

pub(super) async fn check(context: Arc<DoctorContext>) -> Vec<Finding> {
    let status = match &context.daemon {
        Ok(status) => status,
        Err(error) => return vec![unreachable(error)],
    };
    let mut findings = Vec::new();
    if let Some((code, body)) = context.get_local("/readyz").await {
        findings.extend(evaluate(code, &serde_json::from_str(&body).unwrap_or_default()));
    } else {
        let found = format!("the daemon (process {}) runs, but does not answer HTTP", status.info.pid);
        findings.push(Finding::error(CHECK, found, "systemctl restart agentlocator, then see its log"));
    }
    findings.push(compare_version(status));
    findings
}

fn unreachable(error: &ControlError) -> Finding {
    match error {
        ControlError::NotRunning => Finding::error(
            CHECK,
            "no daemon runs on this data folder",
            "systemctl start agentlocator; if it does not keep running, see `journalctl -u agentlocator -n 50`",
        ),
        ControlError::Rejected(_) => Finding::warning(
            CHECK,
            "the running daemon is an older version, which cannot report its status",
            "systemctl restart agentlocator",
        ),
        ControlError::Failed { source, .. } => Finding::warning(
            CHECK,
            format!("the running daemon cannot be queried ({source})"),
            "run as root: sudo agentlocator doctor",
        ),
    }
}

/// Returns one finding for each part with an error that no other check reports, or a single finding about the daemon
/// if there is no such part.
fn evaluate(code: u16, parts: &Map<String, Value>) -> Vec<Finding> {
    let with = |state: &str| {
        let named = parts.iter().filter(|(_, value)| value.as_str() == Some(state));
        named.map(|(name, _)| name.as_str()).collect::<Vec<_>>()
    };
    let broken = with("error");
    let mut findings: Vec<_> = broken
        .iter()
        .filter(|name| !CHECKED_ELSEWHERE.contains(name))
        .map(|name| {
            let (what, remedy) = explain(name);
            Finding::error(CHECK, format!("{name}: {what}"), remedy)
        })
        .collect();
    if code != 200 && findings.is_empty() {
        let found = format!("the daemon reports that it is not ready (HTTP {code})");
        findings.push(Finding::error(CHECK, found, "see the reason with: journalctl -u agentlocator -n 50"));
    }
    if findings.is_empty() {
        let unset = with("disabled");
        let rest = if unset.is_empty() { String::new() } else { format!("; not configured: {}", unset.join(", ")) };
        findings.push(Finding::ok(CHECK, format!("the daemon answers{rest}")));
    }
    findings
}

/// Returns the effect of the error, and the remedy.
fn explain(part: &str) -> (&'static str, &'static str) {
    match part {
        "db" => (
            "the database cannot be written",
            "free disk space, check that the disk is not mounted read-only, and see the log; the daemon recovers by itself",
        ),
        "twilio_secrets" => ("Twilio's token cannot be used", "set TWILIO_AUTH_TOKEN again, and reload"),
        "openai" => ("the AI cannot be used", "check the key, and the account at OpenAI"),
        "settings" => (
            "the settings were invalid at the start, so the daemon runs with the last ones that worked",
            "correct the errors of `agentlocator config check`, then systemctl reload agentlocator",
        ),
        "tls" => (
            "the daemon's listeners have no valid certificate, or it expires soon",
            "see the finding about the certificate; see the reason with: journalctl -u agentlocator -g TLS_",
        ),
        _ => ("this part reports an error", "see the reason with: journalctl -u agentlocator -p warning --since=-1h"),
    }
}

fn compare_version(running: &Status) -> Finding {
    let shown = |release: &str, info: &VersionInfo| format!("{release} ({})", info.commit);
    let (ours, theirs) = (VersionInfo::default(), &running.info);
    let ours_shown = shown(env!("CARGO_PKG_VERSION"), &ours);
    if theirs.release == env!("CARGO_PKG_VERSION") && theirs.build == ours {
        return Finding::ok("version", format!("the running daemon has the installed version, {ours_shown}"));
    }
    let found = format!("the running daemon is {}, installed is {ours_shown}", shown(&theirs.release, &theirs.build));
    Finding::warning("version", found, "systemctl restart agentlocator, to run the installed version")
}

/// Parts of the daemon's status that other doctor checks report.
const CHECKED_ELSEWHERE: [&str; 8] =
    ["baileys", "outbox", "disk", "published_copy", "integrity", "tts", "backup", "clock"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;
    use serde_json::json;

    fn states(code: u16, parts: &Value) -> Vec<State> {
        evaluate(code, parts.as_object().unwrap()).iter().map(|finding| finding.state).collect()
    }

    #[test]
    fn each_broken_part_is_a_finding() {
        assert_eq!(states(200, &json!({"db": "ok", "openai": "disabled"})), [State::Ok]);
        assert_eq!(states(503, &json!({"db": "error", "disk": "error"})), [State::Error]);
        assert_eq!(states(200, &json!({"db": "ok", "something_new": "error"})), [State::Error]);
        assert_eq!(states(500, &json!({})), [State::Error]);
    }
}
