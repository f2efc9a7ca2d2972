//! `agentlocator doctor` on correct and on faulty installations.

mod certificates;
mod files;
mod live;
mod numbers;
mod services;

use super::support::Daemon;
use super::support::telephony::CallHarness;
use agentlocator::simulator::openai::OpenAiOptions;
use agentlocator::simulator::twilio::AccountState;
use serde_json::{Value, json};

/// The report of `doctor --json`.
struct DoctorReport {
    code: i32,
    findings: Vec<Value>,
}

impl DoctorReport {
    fn run(daemon: &Daemon, arguments: &[&str]) -> Self {
        let arguments: Vec<_> = ["doctor", "--json"].iter().chain(arguments).copied().collect();
        let output = daemon.cli(&arguments);
        let report: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        let code = output.status.code().unwrap();
        assert_eq!(report["ok"], code == 0, "{report}");
        Self { code, findings: report["findings"].as_array().unwrap().clone() }
    }

    /// Returns the states of the findings of a check.
    fn states(&self, check: &str) -> Vec<&str> {
        self.of(check).map(|finding| finding["state"].as_str().unwrap()).collect()
    }

    fn text(&self, check: &str) -> String {
        self.of(check).map(ToString::to_string).collect()
    }

    fn of(&self, check: &str) -> impl Iterator<Item = &Value> {
        self.findings.iter().filter(move |finding| finding["check"] == check)
    }

    #[track_caller]
    fn assert(&self, check: &str, states: &[&str], words: &[&str]) {
        let text = self.text(check);
        assert_eq!(self.states(check), states, "{text}");
        for word in words {
            assert!(text.contains(word), "{word:?} is not in {text}");
        }
    }
}

/// Runs `doctor` so that the fakes in this runtime can still answer its requests.
fn run_doctor(harness: &CallHarness, arguments: &[&str]) -> DoctorReport {
    tokio::task::block_in_place(|| DoctorReport::run(&harness.daemon, arguments))
}

/// Starts a daemon with Twilio and an AI. The webhooks of the only phone number point to this daemon.
async fn healthy_harness() -> CallHarness {
    let harness = CallHarness::with_ai(OpenAiOptions::default(), |_| {}).await;
    let url = harness.daemon.url();
    harness.twilio_state.add_number("+97237654321", |number| {
        number.voice_url = format!("{url}/webhook/incoming_call");
        number.status_callback = format!("{url}/webhook/call_status");
        number.voice_fallback_url = "https://handler.twilio.com/twiml/EH1".into();
    });
    harness
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correct_installation_is_reported_as_such() {
    let harness = healthy_harness().await;
    let report = run_doctor(&harness, &[]);
    assert_eq!(report.code, 0, "{:#?}", report.findings);
    for check in ["settings", "daemon", "version", "folder", "disk", "database", "clock", "address", "media socket"] {
        report.assert(check, &["ok"], &[]);
    }
    for check in ["twilio", "numbers", "openai", "outbox"] {
        report.assert(check, &["ok"], &[]);
    }
    for check in ["certificate", "google", "bridge"] {
        report.assert(check, &["skipped"], &[]);
    }
    report.assert("address", &["ok"], &["this machine and this daemon"]);
    harness.assert_rules_kept();

    let plain = tokio::task::block_in_place(|| harness.daemon.cli(&["doctor"]));
    let text = String::from_utf8(plain.stdout).unwrap();
    assert!(plain.status.success() && text.contains("✓ ok       daemon") && !text.contains('\x1b'), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_of_twilio_and_of_the_ai_are_distinguished() {
    let harness =
        CallHarness::with_ai(OpenAiOptions { api_key: Some("sk-other".into()), ..OpenAiOptions::default() }, |setup| {
            setup.env("TWILIO_AUTH_TOKEN", "not-the-right-one");
        })
        .await;
    let report = run_doctor(&harness, &[]);
    report.assert("twilio", &["error"], &["does not accept TWILIO_ACCOUNT_SID"]);
    report.assert("numbers", &["skipped"], &[]);
    report.assert("openai", &["error"], &["rejects the key", "OPENAI_API_KEY"]);
    assert_eq!(report.code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_account_and_a_trial_are_reported() {
    let harness = healthy_harness().await;
    harness.twilio_state.set_account_state(AccountState { status: "suspended", kind: "Full" });
    run_doctor(&harness, &[]).assert("twilio", &["error"], &["suspended"]);
    harness.twilio_state.set_account_state(AccountState { status: "active", kind: "Trial" });
    run_doctor(&harness, &[]).assert("twilio", &["warning"], &["only verified numbers"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whatsapp_sender_and_its_webhook_are_checked() {
    const OWN: &str = "+97235551234";
    let harness = CallHarness::without_ai(|setup| {
        setup.env("TWILIO_WA_FROM", format!("whatsapp:{OWN}"));
    })
    .await;
    let twilio = &harness.twilio_state;
    let webhook = format!("{}/webhook/whatsapp/twilio", harness.daemon.url());
    run_doctor(&harness, &[]).assert("twilio", &["ok", "error"], &["no WhatsApp sender", OWN, "register the number"]);
    twilio.add_sender(OWN, "https://other.example/w", |_| {});
    run_doctor(&harness, &[]).assert("twilio", &["ok", "error"], &["go to https://other.example/w", &webhook]);
    twilio.change_senders(|sender| sender.callback_url.clone_from(&webhook));
    run_doctor(&harness, &[]).assert("twilio", &["ok", "ok"], &["WhatsApp messages to +97235551234 come here"]);
    twilio.change_senders(|sender| {
        sender.status = "OFFLINE".into();
        sender.offline_reason = "The display name was rejected.".into();
    });
    run_doctor(&harness, &[]).assert("twilio", &["ok", "error"], &["OFFLINE", "The display name was rejected."]);
    // The page asks with values that are not saved yet.
    let api = harness.daemon.logged_in("dana", "owner").await;
    let locked = json!({"check": "twilio", "values": {"twilio.wa_from": "+14155238886"}});
    assert_eq!(api.post_json("/api/checks", &locked).await.status, 409, "the setting is in the environment");
    let answer =
        api.clone().with_header("accept-language", "he").post_json("/api/checks", &json!({"check": "twilio"})).await;
    let answer = answer.json();
    assert_eq!(
        (&answer["ok"], &answer["findings"][1]["code"]),
        (&json!(false), &json!("found-whatsapp-sender-offline"))
    );
    harness.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_is_not_saved_yet_is_checked_and_the_sandbox_is_left_out() {
    let harness = CallHarness::without_ai(|_| {}).await;
    let api = harness.daemon.logged_in("dana", "owner").await;
    for (number, ok, code) in
        [("+97235551234", false, "found-whatsapp-sender-missing"), ("+14155238886", true, "found-whatsapp-sandbox")]
    {
        let body = json!({"check": "twilio", "values": {"twilio.wa_from": number}});
        let answer = api.post_json("/api/checks", &body).await.json();
        assert_eq!((&answer["ok"], &answer["findings"][1]["code"]), (&json!(ok), &json!(code)), "{answer}");
    }
    harness.assert_rules_kept();
}

#[test]
fn doctor_without_a_daemon_says_how_to_start_it() {
    let daemon = Daemon::prepare(|_| {});
    let report = DoctorReport::run(&daemon, &[]);
    report.assert("daemon", &["error"], &["systemctl start agentlocator"]);
    report.assert("address", &["skipped"], &[]);
    assert_eq!(report.code, 1);
}

#[test]
fn wrong_settings_are_reported_with_their_line_and_nothing_else_is_guessed() {
    let daemon = Daemon::prepare(|setup| {
        setup.toml("[http]\nmax_connections = 3\n");
    });
    let report = DoctorReport::run(&daemon, &[]);
    report.assert("settings", &["error"], &["config.toml:2:", "max_connections", "config check"]);
    assert!(report.states("daemon").is_empty() && report.code == 1);
}
