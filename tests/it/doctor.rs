//! `agentlocator doctor` on installations that are well, and on such as are not.

mod certificates;
mod files;
mod live;
mod numbers;
mod services;

use super::support::Daemon;
use super::support::telephony::Town;
use agentlocator::simulator::openai::OpenAiOptions;
use agentlocator::simulator::twilio::AccountState;
use serde_json::Value;

/// What `doctor --json` said.
struct Told {
    code: i32,
    findings: Vec<Value>,
}

impl Told {
    fn by(daemon: &Daemon, arguments: &[&str]) -> Self {
        let arguments: Vec<_> = ["doctor", "--json"].iter().chain(arguments).copied().collect();
        let output = daemon.cli(&arguments);
        let told: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        let code = output.status.code().unwrap();
        assert_eq!(told["ok"], code == 0, "{told}");
        Self { code, findings: told["findings"].as_array().unwrap().clone() }
    }

    /// The states of one check's findings.
    fn states(&self, check: &str) -> Vec<&str> {
        self.of(check).map(|finding| finding["state"].as_str().unwrap()).collect()
    }

    /// All that was said by one check.
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

/// Runs `doctor` while the stand-ins of this runtime answer.
fn look(town: &Town, arguments: &[&str]) -> Told {
    tokio::task::block_in_place(|| Told::by(&town.daemon, arguments))
}

/// A daemon with Twilio and an AI, whose one number sends its calls here.
async fn healthy_town() -> Town {
    let town = Town::with_ai(OpenAiOptions::default(), |_| {}).await;
    let url = town.daemon.url();
    town.exchange.add_number("+97237654321", |number| {
        number.voice_url = format!("{url}/webhook/incoming_call");
        number.status_callback = format!("{url}/webhook/call_status");
        number.voice_fallback_url = "https://handler.twilio.com/twiml/EH1".into();
    });
    town
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_that_is_well_is_told_so() {
    let town = healthy_town().await;
    let told = look(&town, &[]);
    assert_eq!(told.code, 0, "{:#?}", told.findings);
    for check in ["settings", "daemon", "version", "folder", "disk", "database", "clock", "address", "media socket"] {
        told.assert(check, &["ok"], &[]);
    }
    for check in ["twilio", "numbers", "openai", "outbox"] {
        told.assert(check, &["ok"], &[]);
    }
    for check in ["certificate", "google", "bridge"] {
        told.assert(check, &["skipped"], &[]);
    }
    told.assert("address", &["ok"], &["this machine and this daemon"]);
    town.assert_rules_kept();

    let plain = tokio::task::block_in_place(|| town.daemon.cli(&["doctor"]));
    let text = String::from_utf8(plain.stdout).unwrap();
    assert!(plain.status.success() && text.contains("✓ ok       daemon") && !text.contains('\x1b'), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_of_twilio_and_of_the_ai_are_told_apart() {
    let town = Town::with_ai(OpenAiOptions { api_key: Some("sk-other".into()), ..OpenAiOptions::default() }, |setup| {
        setup.env("TWILIO_AUTH_TOKEN", "not-the-right-one");
    })
    .await;
    let told = look(&town, &[]);
    told.assert("twilio", &["error"], &["does not accept TWILIO_ACCOUNT_SID"]);
    told.assert("numbers", &["skipped"], &[]);
    told.assert("openai", &["error"], &["rejects the key", "OPENAI_API_KEY"]);
    assert_eq!(told.code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_account_and_a_trial_are_told() {
    let town = healthy_town().await;
    town.exchange.set_account_state(AccountState { status: "suspended", kind: "Full" });
    look(&town, &[]).assert("twilio", &["error"], &["suspended"]);
    town.exchange.set_account_state(AccountState { status: "active", kind: "Trial" });
    look(&town, &[]).assert("twilio", &["warning"], &["only verified numbers"]);
}

#[test]
fn without_a_daemon_it_says_how_to_start_it() {
    let daemon = Daemon::prepare(|_| {});
    let told = Told::by(&daemon, &[]);
    told.assert("daemon", &["error"], &["systemctl start agentlocator"]);
    told.assert("address", &["skipped"], &[]);
    assert_eq!(told.code, 1);
}

#[test]
fn wrong_settings_are_told_with_their_line_and_nothing_else_is_guessed() {
    let daemon = Daemon::prepare(|setup| {
        setup.toml("[http]\nmax_connections = 3\n");
    });
    let told = Told::by(&daemon, &[]);
    told.assert("settings", &["error"], &["config.toml:2:", "max_connections", "config check"]);
    assert!(told.states("daemon").is_empty() && told.code == 1);
}
