//! Checks the state of the systemd units.

use super::{DoctorContext, Finding};
use crate::host::program::{output_of, value};
use std::sync::Arc;

const CHECK: &str = "service";

pub(super) async fn check(context: Arc<DoctorContext>) -> Vec<Finding> {
    let mut arguments = vec!["show", "--no-pager", PROPERTIES];
    arguments.extend(UNITS);
    let Some(output) = output_of("systemctl", &arguments).await else {
        return vec![Finding::skipped(CHECK, "systemd does not run here, so the daemon is not started automatically")];
    };
    let wants_bridge = context.config().is_none_or(|config| config.whatsapp.baileys_enabled());
    evaluate(&output, wants_bridge)
}

/// Evaluates the output of `systemctl show`, which has a block of lines for each unit.
fn evaluate(output: &str, wants_bridge: bool) -> Vec<Finding> {
    let units: Vec<&str> = output.split("\n\n").filter(|block| !value(block, "Id").is_empty()).collect();
    let find = |id: &str| units.iter().copied().find(|block| value(block, "Id") == id);
    let is_there = |block: &&str| value(block, "LoadState") != "not-found";
    let Some(service) = find(SERVICE).filter(is_there) else {
        return vec![Finding::skipped(CHECK, "AgentLocator is not installed as a service of systemd")];
    };
    let mut findings = evaluate_unit(service, true);
    if let Some(bridge) = find(BRIDGE).filter(is_there) {
        findings.extend(evaluate_unit(bridge, wants_bridge));
    }
    for socket in units.iter().filter(|block| value(block, "Id").ends_with(".socket")).filter(|block| is_there(block)) {
        findings.extend(evaluate_socket(socket));
    }
    findings
}

fn evaluate_unit(unit: &str, is_needed: bool) -> Vec<Finding> {
    let id = value(unit, "Id");
    let status = value(unit, "ActiveState");
    let log = format!("see the reason with `journalctl -u {id} -n 50`, then `systemctl restart {id}`");
    let mut findings = Vec::new();
    match (value(unit, "LoadState"), status) {
        ("masked", _) => {
            let found = format!("{id} is masked, so it cannot be started");
            findings.push(Finding::error(CHECK, found, format!("systemctl unmask {id} && systemctl start {id}")));
        }
        ("loaded", "active") => {}
        ("loaded", "failed") => {
            let found = format!("{id} has failed ({})", value(unit, "Result"));
            findings.push(Finding::error(CHECK, found, log.clone()));
        }
        ("loaded", "activating" | "reloading" | "deactivating") => {
            let found = format!("{id} is {status} ({})", value(unit, "SubState"));
            findings.push(Finding::warning(CHECK, found, log.clone()));
        }
        ("loaded", _) if is_needed => {
            findings.push(Finding::error(CHECK, format!("{id} is stopped"), format!("systemctl start {id}")));
        }
        ("loaded", _) => findings.push(Finding::ok(CHECK, format!("{id} is stopped, and not in use"))),
        (other, _) => {
            let found = format!("{id} cannot be loaded ({other})");
            findings.push(Finding::error(CHECK, found, format!("see `systemctl status {id}`")));
        }
    }
    if value(unit, "UnitFileState") == "disabled" && is_needed {
        let found = format!("{id} is not started when the machine starts");
        findings.push(Finding::warning(CHECK, found, format!("systemctl enable {id}")));
    }
    let restarts: u32 = value(unit, "NRestarts").parse().unwrap_or(0);
    if restarts >= MANY_RESTARTS {
        findings.push(Finding::warning(CHECK, format!("{id} was restarted automatically {restarts} times"), log));
    }
    if findings.is_empty() {
        findings.push(Finding::ok(CHECK, format!("{id} runs, and starts with the machine")));
    }
    findings
}

/// Only a failed socket is a finding, because other checks test working sockets.
fn evaluate_socket(socket: &str) -> Option<Finding> {
    let id = value(socket, "Id");
    if value(socket, "ActiveState") != "failed" {
        return None;
    }
    if id == BRIDGE_SOCKET {
        let found = format!("{id} could not be opened, so nothing arrives from the WhatsApp bridge");
        let remedy = format!("see the reason with `systemctl status {id}`, then `{OPEN_SOCKETS}`");
        return Some(Finding::error(CHECK, found, remedy));
    }
    let port = match id {
        "agentlocator-http.socket" => 80,
        "agentlocator-https.socket" => 443,
        _ => 8080,
    };
    let found = format!("{id} could not take port {port}: another program uses it; the other ports work");
    let meant = if port == 8080 {
        "if that program must keep the port, give AgentLocator another one (/usr/share/doc/agentlocator/admin/install.md)"
            .to_owned()
    } else {
        let mask = format!("`systemctl mask {id} && systemctl reset-failed {id}`");
        format!("if it is a proxy in front of AgentLocator, this is no error: {mask}")
    };
    let remedy =
        format!("find it with `ss -ltnp 'sport = :{port}'`; {meant}; otherwise stop it, then `{OPEN_SOCKETS}`");
    Some(Finding::warning(CHECK, found, remedy))
}

const SERVICE: &str = "agentlocator.service";
const BRIDGE: &str = "agentlocator-whatsapp.service";
/// Commands that reopen a failed socket. systemd opens no socket while its service runs, so the service must stop. All
/// sockets stop with it, because a connection to an open socket would start the service again. Starting the service
/// opens all sockets.
const OPEN_SOCKETS: &str = "systemctl stop 'agentlocator*.socket' agentlocator && systemctl start agentlocator";
const BRIDGE_SOCKET: &str = "agentlocator-bridge.socket";
const UNITS: [&str; 6] = [
    SERVICE,
    BRIDGE,
    "agentlocator-web.socket",
    "agentlocator-http.socket",
    "agentlocator-https.socket",
    BRIDGE_SOCKET,
];
const PROPERTIES: &str = "--property=Id,LoadState,ActiveState,SubState,UnitFileState,NRestarts,Result";
const MANY_RESTARTS: u32 = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    fn unit(id: &str, load: &str, active: &str, more: &str) -> String {
        format!("Id={id}\nLoadState={load}\nActiveState={active}\nSubState=x\n{more}\n\n")
    }

    fn states(output: &str, wants_bridge: bool) -> Vec<State> {
        evaluate(output, wants_bridge).iter().map(|finding| finding.state).collect()
    }

    #[test]
    fn a_healthy_pair_is_reported_once_each() {
        let well = "UnitFileState=enabled\nNRestarts=0\nResult=success";
        let output = unit(SERVICE, "loaded", "active", well) + &unit(BRIDGE, "loaded", "active", well);
        assert_eq!(states(&output, true), [State::Ok, State::Ok]);
        assert_eq!(states(&unit(SERVICE, "not-found", "inactive", ""), true), [State::Skipped]);
    }

    #[test]
    fn each_problem_names_its_command() {
        let output = unit(SERVICE, "loaded", "failed", "UnitFileState=disabled\nNRestarts=8\nResult=watchdog")
            + &unit(BRIDGE, "loaded", "inactive", "UnitFileState=enabled\nNRestarts=0")
            + &unit("agentlocator-http.socket", "loaded", "failed", "");
        let findings = evaluate(&output, true);
        let remedies: Vec<_> = findings.iter().filter_map(|finding| finding.remedy.as_deref()).collect();
        assert_eq!(remedies.len(), findings.len());
        for part in ["journalctl -u agentlocator.service", "systemctl enable agentlocator.service"] {
            assert!(remedies.iter().any(|remedy| remedy.contains(part)), "{part} in {remedies:?}");
        }
        assert!(findings[0].found.contains("watchdog") && findings[2].found.contains("8 times"));
        assert!(findings.iter().any(|finding| finding.found.contains("port 80")));
        assert_eq!(states(&output, false)[3], State::Ok, "an unused bridge may be stopped");
    }
}
