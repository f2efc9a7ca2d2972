//! Does the daemon run and answer, is it this program, and are its parts well?

use super::{Finding, Site};
use crate::config::VersionInfo;
use crate::drive::control::{AskError, Status};
use serde_json::{Map, Value};
use std::sync::Arc;

const CHECK: &str = "daemon";

pub(super) async fn look(site: Arc<Site>) -> Vec<Finding> {
    let status = match &site.daemon {
        Ok(status) => status,
        Err(error) => return vec![unreachable(error)],
    };
    let mut findings = Vec::new();
    if let Some((code, body)) = site.ask_locally("/readyz").await {
        findings.extend(judge(code, &serde_json::from_str(&body).unwrap_or_default()));
    } else {
        let found = format!("the daemon (process {}) runs, but does not answer HTTP", status.about.pid);
        findings.push(Finding::error(CHECK, found, "systemctl restart agentlocator, then see its log"));
    }
    findings.push(same_program(status));
    findings
}

fn unreachable(error: &AskError) -> Finding {
    match error {
        AskError::NotRunning => Finding::error(
            CHECK,
            "no daemon runs on this data folder",
            "systemctl start agentlocator; if it does not stay up, `journalctl -u agentlocator -n 50` says why",
        ),
        AskError::Refused(_) => Finding::warning(
            CHECK,
            "the daemon that runs is an older one, which cannot tell how it is",
            "systemctl restart agentlocator",
        ),
        AskError::Failed { source, .. } => Finding::warning(
            CHECK,
            format!("the running daemon cannot be asked ({source})"),
            "look as root: sudo agentlocator doctor",
        ),
    }
}

/// A finding for each part that is in trouble; one for all where none is.
fn judge(code: u16, parts: &Map<String, Value>) -> Vec<Finding> {
    let with = |word: &str| {
        let named = parts.iter().filter(|(_, value)| value.as_str() == Some(word));
        named.map(|(name, _)| name.as_str()).collect::<Vec<_>>()
    };
    let broken = with("error");
    let mut findings: Vec<_> = broken
        .iter()
        .filter(|name| !LOOKED_AT_ELSEWHERE.contains(name))
        .map(|name| {
            let (what, remedy) = explain(name);
            Finding::error(CHECK, format!("{name}: {what}"), remedy)
        })
        .collect();
    if code != 200 && findings.is_empty() {
        let found = format!("the daemon answers that it is not ready (HTTP {code})");
        findings.push(Finding::error(CHECK, found, "journalctl -u agentlocator -n 50 says why"));
    }
    if findings.is_empty() {
        let unset = with("disabled");
        let rest = if unset.is_empty() { String::new() } else { format!("; not set up: {}", unset.join(", ")) };
        findings.push(Finding::ok(CHECK, format!("the daemon answers{rest}")));
    }
    findings
}

/// What an error of a part means, and what to do.
fn explain(part: &str) -> (&'static str, &'static str) {
    match part {
        "db" => (
            "the database cannot be written",
            "make room on the disk, see that it is not mounted read-only, and look at the log; it goes on by itself",
        ),
        "twilio_secrets" => ("Twilio's token cannot be used", "set TWILIO_AUTH_TOKEN anew, and reload"),
        "openai" => ("the AI cannot be used", "see the key, and what OpenAI says of the account"),
        "settings" => (
            "the settings were wrong at the start, so the daemon runs with the last ones that worked",
            "correct what `agentlocator config check` names, then systemctl reload agentlocator",
        ),
        "tls" => (
            "no good certificate is served on our own doors, or it ends soon",
            "see what is said of the certificate; journalctl -u agentlocator -g TLS_ says why",
        ),
        _ => ("this part reports an error", "journalctl -u agentlocator -p warning --since=-1h says why"),
    }
}

fn same_program(running: &Status) -> Finding {
    let shown = |release: &str, info: &VersionInfo| format!("{release} ({})", info.commit);
    let (ours, theirs) = (VersionInfo::default(), &running.about);
    let ours_shown = shown(env!("CARGO_PKG_VERSION"), &ours);
    if theirs.release == env!("CARGO_PKG_VERSION") && theirs.build == ours {
        return Finding::ok("version", format!("the running daemon is this program, {ours_shown}"));
    }
    let found = format!("the running daemon is {}, installed is {ours_shown}", shown(&theirs.release, &theirs.build));
    Finding::warning("version", found, "systemctl restart agentlocator, so that the installed one runs")
}

/// Parts for which there is a check of their own, with the reason.
const LOOKED_AT_ELSEWHERE: [&str; 7] = ["baileys", "outbox", "disk", "published_copy", "integrity", "tts", "backup"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;
    use serde_json::json;

    fn states(code: u16, parts: &Value) -> Vec<State> {
        judge(code, parts.as_object().unwrap()).iter().map(|finding| finding.state).collect()
    }

    #[test]
    fn each_broken_part_is_a_finding() {
        assert_eq!(states(200, &json!({"db": "ok", "openai": "disabled"})), [State::Ok]);
        assert_eq!(states(503, &json!({"db": "error", "disk": "error"})), [State::Error]);
        assert_eq!(states(200, &json!({"db": "ok", "something_new": "error"})), [State::Error]);
        assert_eq!(states(500, &json!({})), [State::Error]);
    }
}
