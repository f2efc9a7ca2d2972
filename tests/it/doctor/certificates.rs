//! Wrong certificates, wrong clocks, and public URLs at which the daemon does not answer.

use super::super::support::Daemon;
use super::super::support::fake_server::{FakeServer, Tls};
use super::DoctorReport;
use std::time::Duration;

/// Prepares a stopped daemon whose public URL is the URL of this fake server.
fn behind(fake_server: &FakeServer, configure: impl FnOnce(&mut super::super::support::Setup)) -> Daemon {
    let url = fake_server.url();
    Daemon::prepare(|setup| {
        setup.env("PUBLIC_BASE_URL", url);
        configure(setup);
    })
}

#[test]
fn each_certificate_error_has_its_own_code() {
    let day = 86_400;
    for (names, valid, words) in [
        (&["localhost"][..], (-day, 90 * day), "is self-signed"),
        (&["other.example"], (-day, 90 * day), "is for other.example, not for localhost"),
        (&["localhost"], (-90 * day, -day), "expired on"),
        (&["localhost"], (2 * day, 90 * day), "is valid only from"),
    ] {
        let fake_server =
            FakeServer::start(Some(Tls { names, valid }), |_| FakeServer::answer(200, "ok", Duration::ZERO));
        let report = DoctorReport::run(&behind(&fake_server, |_| {}), &[]);
        report.assert("certificate", &["error"], &[words]);
    }
}

#[test]
fn a_wrong_clock_is_distinguished_from_a_bad_certificate() {
    // The `Date` header of the fake server is nine days ahead of the local clock. The certificate is valid at that
    // time.
    let day = 86_400;
    let later = Duration::from_hours(230);
    let tls = Tls { names: &["localhost"], valid: (5 * day, 90 * day) };
    let fake_server = FakeServer::start(Some(tls), move |_| FakeServer::answer(200, "ok", later));
    let report = DoctorReport::run(&behind(&fake_server, |_| {}), &[]);
    report.assert("certificate", &["error"], &["is valid, but the clock here is 9 days behind"]);
    report.assert("clock", &["error"], &["9 days behind", "timedatectl"]);
}

#[test]
fn the_clock_is_measured_at_twilio() {
    let ahead = FakeServer::start(None, |_| FakeServer::answer(404, "", Duration::from_secs(100)));
    let daemon = Daemon::prepare(|setup| {
        setup.env("TWILIO_API_BASE_URL", ahead.url()).env("TWILIO_ACCOUNT_SID", format!("AC{}", "0".repeat(32)));
        setup.env("TWILIO_AUTH_TOKEN", "0123456789abcdef");
    });
    DoctorReport::run(&daemon, &[]).assert("clock", &["warning"], &["s behind"]);
}

#[test]
fn an_address_of_another_server_is_reported() {
    let other = FakeServer::start(None, |_| FakeServer::answer(404, "nothing here", Duration::ZERO));
    let url = other.url();
    let daemon = Daemon::start(|setup| {
        setup.env("PUBLIC_BASE_URL", url);
    });
    let report = DoctorReport::run(&daemon, &[]);
    report.assert("address", &["error"], &["is not this daemon (HTTP 404)", "http://127.0.0.1:8080"]);
    report.assert("media socket", &["error"], &["refuses WebSockets (HTTP 404)", "Upgrade"]);
}

#[test]
fn an_address_that_does_not_answer_is_reported() {
    let gone = FakeServer::start(None, |_| FakeServer::answer(200, "", Duration::ZERO)).url();
    let daemon = Daemon::start(|setup| {
        setup.env("PUBLIC_BASE_URL", gone);
    });
    DoctorReport::run(&daemon, &[]).assert("address", &["error"], &["nothing answers there", "refused"]);
}
