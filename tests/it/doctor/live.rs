//! `doctor --live`: the requests to the AI and the bridge, and the report of their responses.

use super::super::support::telephony::CallHarness;
use super::{DoctorReport, healthy_harness, run_doctor};
use agentlocator::simulator::bridge::{Bridge, BridgeOptions};
use agentlocator::simulator::openai::{Faults, OpenAiOptions};
use std::time::Duration;
use tokio::net::TcpListener;

const SECRET: &str = "0123456789abcdef";

fn run_live(harness: &CallHarness) -> DoctorReport {
    run_doctor(harness, &["--live"])
}

async fn harness_with(faults: Faults) -> CallHarness {
    CallHarness::with_ai(OpenAiOptions { faults, ..OpenAiOptions::default() }, |_| {}).await
}

/// Returns the paths of the HTTP requests that the AI received, except those for the list of models.
fn asked(harness: &CallHarness) -> Vec<String> {
    harness.ai.state().requests.into_iter().map(|(path, _)| path).filter(|path| path != "/models").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_live_checks_succeed_with_a_working_installation() {
    let harness = healthy_harness().await;
    let report = run_live(&harness);
    assert_eq!(report.code, 0, "{:#?}", report.findings);
    report.assert("live session", &["ok"], &["all settings of a call"]);
    report.assert(
        "live answer",
        &["ok", "ok"],
        &["ms after the question", "cents", "שלום! כן, אנחנו פתוחים", "שלום, אתם פתוחים היום?"],
    );
    report.assert("turn by turn", &["ok"], &["שלום, אתם פתוחים היום?"]);
    assert_eq!(asked(&harness), ["/audio/transcriptions", "/chat/completions"]);
    let sessions = harness.ai.state().sessions;
    let transcribed = sessions.iter().filter(|session| session.config["audio"]["input"]["transcription"].is_object());
    assert_eq!((sessions.len(), transcribed.count()), (4, 3), "one session has no transcription");
    assert!(report.states("live link").is_empty(), "no bridge is in use");
    let by_hand = report.text("by hand");
    assert!(by_hand.contains("withheld number") && !by_hand.contains("QR code"), "{by_hand}");
    assert!(
        harness.twilio_state.calls().is_empty() && harness.twilio_state.sent_messages().is_empty(),
        "no call is placed and no message is sent"
    );
    harness.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_live_no_account_is_used() {
    let harness = healthy_harness().await;
    let report = run_doctor(&harness, &[]);
    for check in ["live session", "live answer", "turn by turn", "live link", "by hand"] {
        assert!(report.states(check).is_empty(), "{check}");
    }
    assert!(asked(&harness).is_empty());
    let sessions = harness.ai.state().sessions;
    assert!(sessions.iter().all(|session| session.answers.is_empty() && session.heard.is_empty()));
    let both = tokio::task::block_in_place(|| harness.daemon.cli(&["doctor", "--live", "--fix"]));
    assert_eq!(both.status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_setting_is_named() {
    let named = Faults { refuse_field: Some("audio.output.voice"), ..Faults::default() };
    let report = run_live(&harness_with(named).await);
    report.assert("live session", &["warning"], &["audio.output.voice", "[openai]"]);
    report.assert("live answer", &["ok", "ok"], &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_transcription_is_found_although_the_refusal_does_not_name_it() {
    let field = Some("audio.input.transcription.model");
    let harness = harness_with(Faults { refuse_field: field, refuse_unnamed: true, ..Faults::default() }).await;
    let report = run_live(&harness);
    report.assert("live session", &["error"], &["without a transcription", "gpt-transcribe", "Invalid session."]);
    assert!(report.states("live answer").is_empty(), "there is no session to ask in");
    report.assert("turn by turn", &["ok"], &[]);
    assert_eq!(report.code, 1);

    harness.ai.change(|options| options.faults.refuse_field = Some("instructions"));
    run_live(&harness).assert("live session", &["error"], &["no session for a call"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_or_missing_answer_is_reported() {
    let harness = harness_with(Faults::default()).await;
    harness.ai.change(|options| options.think = Duration::from_millis(2_500));
    run_live(&harness).assert("live answer", &["warning", "ok"], &["one moment, please"]);
    harness.ai.change(|options| {
        options.think = Duration::ZERO;
        options.faults.rate_limited = vec![1];
    });
    let report = run_live(&harness);
    report.assert("live answer", &["error"], &["without sound"]);
    assert_eq!(report.code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_turn_by_turn_answer_is_reported() {
    let harness = harness_with(Faults { reasoning_tokens: 100_000, ..Faults::default() }).await;
    run_live(&harness).assert("turn by turn", &["error"], &["gives no answer"]);
    harness.ai.change(|options| options.turns.iter_mut().for_each(|turn| turn.heard.clear()));
    harness.ai.change(|options| options.faults.reasoning_tokens = 0);
    let report = run_live(&harness);
    report.assert("turn by turn", &["warning"], &["file_transcription_model"]);
    report.assert("live answer", &["ok", "warning"], &["no words of a question"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_of_the_bridge_is_checked_in_both_directions() {
    let log = agentlocator::simulator::EventLog::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let bridge = Bridge::start(listener, BridgeOptions::connected(SECRET), log).unwrap();
    let port = bridge.address().port().to_string();
    let harness = CallHarness::without_ai(|setup| {
        setup.env("WA_SHARED_SECRET", SECRET).env("WA_BAILEYS_PORT", port);
    })
    .await;
    let report = run_live(&harness);
    report.assert("live session", &["skipped"], &["OPENAI_API_KEY"]);
    report.assert("live link", &["ok"], &["its receipt came back"]);
    assert!(report.text("by hand").contains("QR code"));
    assert!(bridge.state().sent.is_empty(), "no message is sent");
    for (result, state, words) in [("no_ack", "error", "does not acknowledge"), ("no_echo", "warning", "phone is on")] {
        bridge.change(|options| options.link_check = result);
        run_live(&harness).assert("live link", &[state], &[words]);
    }
    bridge.change(|options| options.connected = false);
    run_live(&harness).assert("live link", &["skipped"], &[]);
}

/// The guide lists the manual checks in the same words as the command.
#[tokio::test(flavor = "multi_thread")]
async fn the_guide_lists_the_same_manual_checks() {
    let guide = include_str!("../../../docs/admin/first-calls.md").replace('`', "");
    let harness = CallHarness::without_ai(|setup| {
        setup.env("WA_SHARED_SECRET", SECRET).env("TWILIO_WA_FROM", "whatsapp:+97235551234");
    })
    .await;
    let report = run_live(&harness);
    let rows: Vec<_> = report.of("by hand").collect();
    assert_eq!(rows.len(), 17);
    for row in rows {
        let (what, right_if) = (row["found"].as_str().unwrap(), row["remedy"].as_str().unwrap());
        let line = format!("| {what} | {} |", right_if.strip_prefix("right if ").unwrap());
        assert!(guide.contains(&line), "not in the guide: {line}");
    }
}
