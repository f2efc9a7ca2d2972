//! The webhooks of the Twilio numbers, and `--fix`.

use super::super::support::telephony::CallHarness;
use super::{healthy_harness, run_doctor};
use agentlocator::simulator::twilio::NumberRecord;
use std::process::Output;

/// Runs `doctor --fix` with additional arguments.
fn fix(harness: &CallHarness, arguments: &[&str]) -> Output {
    let arguments: Vec<_> = ["doctor", "--fix"].iter().chain(arguments).copied().collect();
    tokio::task::block_in_place(|| harness.daemon.cli(&arguments))
}

fn number(harness: &CallHarness, phone_number: &str) -> NumberRecord {
    harness.twilio_state.numbers().into_iter().find(|number| number.phone_number == phone_number).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_number_is_sent_here_when_asked_for() {
    let harness = CallHarness::without_ai(|_| {}).await;
    harness.twilio_state.add_number("+97237654321", |_| {});
    run_doctor(&harness, &[]).assert(
        "numbers",
        &["error", "warning"],
        &["demo.twilio.com", "doctor --fix", "TwiML Bin"],
    );
    let before = number(&harness, "+97237654321");
    let refused = fix(&harness, &[]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("no terminal for a confirmation"));
    assert_eq!(number(&harness, "+97237654321"), before, "no confirmation was given");

    let done = fix(&harness, &["--yes"]);
    let shown = String::from_utf8_lossy(&done.stderr).into_owned();
    for part in ["+97237654321", "demo.twilio.com", "→", "/webhook/incoming_call", "to undo"] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    let after = number(&harness, "+97237654321");
    assert_eq!(after.voice_url, format!("{}/webhook/incoming_call", harness.daemon.url()));
    assert_eq!(after.status_callback, format!("{}/webhook/call_status", harness.daemon.url()));
    assert_eq!(after.voice_method, "POST");
    run_doctor(&harness, &[]).assert("numbers", &["ok", "warning"], &[]);
    harness.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_in_use_elsewhere_is_changed_only_if_it_is_named() {
    let harness = healthy_harness().await;
    let other =
        harness.twilio_state.add_number("+97231112222", |number| number.voice_url = "https://other.example/v".into());
    assert!(fix(&harness, &["--yes"]).status.success());
    assert_eq!(number(&harness, "+97231112222"), other, "the webhook is not the daemon's");

    let report = run_doctor(&harness, &["--number", "+97231112222"]);
    report.assert("numbers", &["error", "warning"], &["other.example"]);
    fix(&harness, &["--yes", "--number", "+97231112222"]);
    assert!(number(&harness, "+97231112222").voice_url.ends_with("/webhook/incoming_call"));
    run_doctor(&harness, &["--number", "+97239999999"]).assert("numbers", &["error"], &["no number +97239999999"]);
    let usage = fix(&harness, &["--number", "03-7654321"]);
    assert_eq!(usage.status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_only_number_is_not_taken_from_another_program_unless_it_is_named() {
    let harness = CallHarness::without_ai(|_| {}).await;
    let other =
        harness.twilio_state.add_number("+97231112222", |number| number.voice_url = "https://other.example/v".into());
    let refused = fix(&harness, &["--yes"]);
    let shown = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(shown.contains("--number NUMBER") && shown.contains("Nothing was changed"), "{shown}");
    assert_eq!(number(&harness, "+97231112222"), other);
    fix(&harness, &["--yes", "--number", "+97231112222"]);
    assert!(number(&harness, "+97231112222").voice_url.ends_with("/webhook/incoming_call"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_setting_says_which_number_is_ours() {
    let harness = CallHarness::without_ai(|setup| {
        setup.env("TWILIO_PHONE_NUMBER", "+97231112222");
    })
    .await;
    harness.twilio_state.add_number("+97237654321", |_| {});
    harness.twilio_state.add_number("+97231112222", |_| {});
    run_doctor(&harness, &[]).assert("numbers", &["error", "warning"], &["+97231112222"]);
    fix(&harness, &["--yes"]);
    assert!(number(&harness, "+97237654321").voice_url.contains("demo.twilio.com"));
    assert!(number(&harness, "+97231112222").voice_url.ends_with("/webhook/incoming_call"));
}
