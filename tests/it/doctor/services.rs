//! The checks that use the output of `systemctl` and the state of the bridge.

use super::super::support::Daemon;
use super::DoctorReport;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

/// Prepares a daemon in an environment where `systemctl` prints this text.
fn with_systemctl(systemctl_output: &str) -> Daemon {
    let mut daemon = Daemon::prepare(|_| {});
    let folder = daemon.folder().join("bin");
    fs::create_dir(&folder).unwrap();
    let program = folder.join("systemctl");
    fs::write(&program, format!("#!/bin/sh\ncat <<'END'\n{systemctl_output}\nEND\n")).unwrap();
    fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    daemon.reconfigure(|setup| {
        setup.env("PATH", path);
    });
    daemon
}

#[test]
fn stopped_units_are_reported() {
    let unit = |id: &str, state: &str| {
        format!(
            "Id={id}\nLoadState=loaded\nActiveState={state}\nSubState=x\nUnitFileState=enabled\nNRestarts=0\nResult=x\n"
        )
    };
    let systemctl_output =
        unit("agentlocator.service", "failed") + "\n" + &unit("agentlocator-whatsapp.service", "inactive");
    let report = DoctorReport::run(&with_systemctl(&systemctl_output), &[]);
    report.assert("service", &["error", "ok"], &["journalctl -u agentlocator.service"]);
}

#[test]
fn a_machine_without_systemd_is_no_error() {
    let mut daemon = Daemon::prepare(|_| {});
    daemon.reconfigure(|setup| {
        setup.env("PATH", "/nowhere");
    });
    DoctorReport::run(&daemon, &[]).assert("service", &["skipped"], &[]);
}

#[test]
fn a_missing_bridge_is_reported() {
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let daemon = Daemon::prepare(|setup| {
        setup.env("WA_SHARED_SECRET", "0123456789abcdef").env("WA_BAILEYS_PORT", unused.port().to_string());
    });
    DoctorReport::run(&daemon, &[]).assert("bridge", &["error"], &["is not running"]);
}
