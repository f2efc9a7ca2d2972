//! Certificates, clocks and addresses that are not as they should be.

use super::super::support::Daemon;
use super::super::support::stand_in::{StandIn, Tls};
use super::Told;
use std::time::Duration;

/// A daemon whose public address is this server's, not running.
fn behind(stand_in: &StandIn, configure: impl FnOnce(&mut super::super::support::Setup)) -> Daemon {
    let url = stand_in.url();
    Daemon::prepare(|setup| {
        setup.env("PUBLIC_BASE_URL", url);
        configure(setup);
    })
}

#[test]
fn what_is_wrong_with_a_certificate_has_its_word() {
    let day = 86_400;
    for (names, valid, words) in [
        (&["localhost"][..], (-day, 90 * day), "is self-signed"),
        (&["other.example"], (-day, 90 * day), "is for other.example, not for localhost"),
        (&["localhost"], (-90 * day, -day), "expired on"),
        (&["localhost"], (2 * day, 90 * day), "is valid only from"),
    ] {
        let stand_in = StandIn::start(Some(Tls { names, valid }), |_| StandIn::answer(200, "ok", Duration::ZERO));
        let told = Told::by(&behind(&stand_in, |_| {}), &[]);
        told.assert("certificate", &["error"], &[words]);
    }
}

#[test]
fn a_wrong_clock_is_told_apart_from_a_bad_certificate() {
    // The world, by the server's date, is nine days on: there its certificate is good.
    let day = 86_400;
    let later = Duration::from_hours(230);
    let tls = Tls { names: &["localhost"], valid: (5 * day, 90 * day) };
    let stand_in = StandIn::start(Some(tls), move |_| StandIn::answer(200, "ok", later));
    let told = Told::by(&behind(&stand_in, |_| {}), &[]);
    told.assert("certificate", &["error"], &["is valid, but the clock here is 9 days behind"]);
    told.assert("clock", &["error"], &["9 days behind", "timedatectl"]);
}

#[test]
fn the_clock_is_measured_at_twilio() {
    let ahead = StandIn::start(None, |_| StandIn::answer(404, "", Duration::from_secs(100)));
    let daemon = Daemon::prepare(|setup| {
        setup.env("TWILIO_API_BASE_URL", ahead.url()).env("TWILIO_ACCOUNT_SID", format!("AC{}", "0".repeat(32)));
        setup.env("TWILIO_AUTH_TOKEN", "0123456789abcdef");
    });
    Told::by(&daemon, &[]).assert("clock", &["warning"], &["s behind"]);
}

#[test]
fn an_address_that_leads_elsewhere_is_told() {
    let other = StandIn::start(None, |_| StandIn::answer(404, "nothing here", Duration::ZERO));
    let url = other.url();
    let daemon = Daemon::start(|setup| {
        setup.env("PUBLIC_BASE_URL", url);
    });
    let told = Told::by(&daemon, &[]);
    told.assert("address", &["error"], &["is not this daemon (HTTP 404)", "http://127.0.0.1:8080"]);
    told.assert("media socket", &["error"], &["refuses WebSockets (HTTP 404)", "Upgrade"]);
}

#[test]
fn an_address_where_nobody_answers_is_told() {
    let gone = StandIn::start(None, |_| StandIn::answer(200, "", Duration::ZERO)).url();
    let daemon = Daemon::start(|setup| {
        setup.env("PUBLIC_BASE_URL", gone);
    });
    Told::by(&daemon, &[]).assert("address", &["error"], &["nothing answers there", "refused"]);
}
