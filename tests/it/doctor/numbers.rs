//! Where Twilio sends the calls, and `--fix`.

use super::super::support::telephony::Town;
use super::{healthy_town, look};
use agentlocator::simulator::twilio::NumberRecord;
use std::process::Output;

/// `doctor --fix` with more arguments.
fn fix(town: &Town, arguments: &[&str]) -> Output {
    let arguments: Vec<_> = ["doctor", "--fix"].iter().chain(arguments).copied().collect();
    tokio::task::block_in_place(|| town.daemon.cli(&arguments))
}

fn number(town: &Town, phone_number: &str) -> NumberRecord {
    town.exchange.numbers().into_iter().find(|number| number.phone_number == phone_number).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_number_is_sent_here_when_asked_for() {
    let town = Town::without_ai(|_| {}).await;
    town.exchange.add_number("+97237654321", |_| {});
    look(&town, &[]).assert("numbers", &["error", "warning"], &["demo.twilio.com", "doctor --fix", "TwiML Bin"]);
    let before = number(&town, "+97237654321");
    let refused = fix(&town, &[]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("no terminal for a confirmation"));
    assert_eq!(number(&town, "+97237654321"), before, "nobody said yes");

    let done = fix(&town, &["--yes"]);
    let shown = String::from_utf8_lossy(&done.stderr).into_owned();
    for part in ["+97237654321", "demo.twilio.com", "→", "/webhook/incoming_call", "to undo"] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    let after = number(&town, "+97237654321");
    assert_eq!(after.voice_url, format!("{}/webhook/incoming_call", town.daemon.url()));
    assert_eq!(after.status_callback, format!("{}/webhook/call_status", town.daemon.url()));
    assert_eq!(after.voice_method, "POST");
    look(&town, &[]).assert("numbers", &["ok", "warning"], &[]);
    town.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_others_use_is_touched_only_by_name() {
    let town = healthy_town().await;
    let other = town.exchange.add_number("+97231112222", |number| number.voice_url = "https://other.example/v".into());
    assert!(fix(&town, &["--yes"]).status.success());
    assert_eq!(number(&town, "+97231112222"), other, "it is not ours");

    let told = look(&town, &["--number", "+97231112222"]);
    told.assert("numbers", &["error", "warning"], &["other.example"]);
    fix(&town, &["--yes", "--number", "+97231112222"]);
    assert!(number(&town, "+97231112222").voice_url.ends_with("/webhook/incoming_call"));
    look(&town, &["--number", "+97239999999"]).assert("numbers", &["error"], &["no number +97239999999"]);
    let usage = fix(&town, &["--number", "03-7654321"]);
    assert_eq!(usage.status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_setting_says_which_number_is_ours() {
    let town = Town::without_ai(|setup| {
        setup.env("TWILIO_PHONE_NUMBER", "+97231112222");
    })
    .await;
    town.exchange.add_number("+97237654321", |_| {});
    town.exchange.add_number("+97231112222", |_| {});
    look(&town, &[]).assert("numbers", &["error", "warning"], &["+97231112222"]);
    fix(&town, &["--yes"]);
    assert!(number(&town, "+97237654321").voice_url.contains("demo.twilio.com"));
    assert!(number(&town, "+97231112222").voice_url.ends_with("/webhook/incoming_call"));
}
