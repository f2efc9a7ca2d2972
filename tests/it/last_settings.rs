//! With an invalid setting or secret, the daemon starts with the last working settings, answers calls, and reports the
//! error.

use super::support::{Client, Daemon, Setup};
use rustix::fs::Mode;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const GOOD: &str = "[voice]\nmax_call_s = 700\n";

/// Prepares a daemon that has run with valid settings, and that reads its secrets from systemd credential files.
fn after_a_good_run() -> Daemon {
    let mut daemon = Daemon::prepare(|_| {});
    let credentials = daemon.folder().join("credentials");
    fs::create_dir(&credentials).unwrap();
    fs::write(credentials.join("secret_twilio-auth-token"), TOKEN).unwrap();
    daemon.reconfigure(|setup| {
        setup.toml(GOOD).env("CREDENTIALS_DIRECTORY", credentials.to_str().unwrap());
        as_a_service(setup);
    });
    daemon.launch();
    daemon.logs().wait_until("the settings to be kept", |_| kept(&daemon).exists().then_some(()));
    assert!(daemon.stop().success());
    daemon
}

/// Makes the daemon run as if systemd had started it. The daemon ignores that the socket does not exist.
fn as_a_service(setup: &mut Setup) {
    setup.env("NOTIFY_SOCKET", "/run/no-such-socket");
}

fn kept(daemon: &Daemon) -> std::path::PathBuf {
    daemon.folder().join("live/last-settings.json")
}

async fn setting(api: &Client, key: &str) -> Value {
    let settings = api.get("/api/settings").await.json();
    settings["items"].as_array().unwrap().iter().find(|item| item["key"] == key).unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_a_wrong_setting_is_shown_and_stored_nowhere() {
    let mut daemon = after_a_good_run();
    daemon.reconfigure(|setup| {
        setup.toml(
            "[backup]\nage_recipients = [\"AGE-SECRET-KEY-1QQQ\"]\n\
             [openai]\nbase_url = \"https://ai.example/v1?key=sk-misplaced\"\n",
        );
    });
    tokio::task::block_in_place(|| daemon.launch());
    let event = daemon.logs().wait_for_event("CONFIG_FALLBACK");
    let reasons = event["reasons"].as_str().unwrap();
    assert!(reasons.contains("holds a secret key") && reasons.contains("https://ai.example/v1?•••"), "{event}");
    daemon.logs().wait_for_event("ALERT_RAISED");
    let alerts = daemon.api().get("/api/alerts").await.text();
    assert!(alerts.contains("holds a secret key"), "{alerts}");
    let printed = [vec!["config", "check"], vec!["doctor", "--json"], vec!["reload"]].map(|arguments| {
        let output = daemon.cli(&arguments);
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    });
    let rows: Vec<String> = daemon.query_column("SELECT state FROM alerts");
    for text in [alerts, daemon.logs().lines().join("\n"), printed.concat(), rows.concat()] {
        assert!(!text.contains("SECRET-KEY-1") && !text.contains("misplaced"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_answered_after_a_typo_and_a_restart() {
    let mut daemon = after_a_good_run();
    let mode = Mode::from_raw_mode(fs::metadata(kept(&daemon)).unwrap().permissions().mode() & 0o777);
    assert_eq!(mode, Mode::RUSR | Mode::WUSR, "it holds secrets");
    daemon.reconfigure(|setup| {
        setup.toml("[voice]\nmax_cal_s = 900\n");
    });
    tokio::task::block_in_place(|| daemon.launch());
    let event = daemon.logs().wait_for_event("CONFIG_FALLBACK");
    assert!(event["reasons"].as_str().unwrap().contains("did you mean max_call_s?"), "{event}");
    let api = daemon.api();
    let in_use = setting(&api, "voice.max_call_s").await;
    assert_eq!((&in_use["value"], &in_use["source"]), (&700.into(), &"last_good".into()));
    let ready = daemon.client().get("/readyz").await.json();
    assert_eq!((&ready["settings"], &ready["twilio_secrets"]), (&"error".into(), &"ok".into()), "{ready}");
    let raised = daemon.logs().wait_for_event("ALERT_RAISED");
    assert_eq!(raised["alert.kind"], "settings_rejected", "{raised}");
    assert!(api.get("/api/alerts").await.text().contains("did you mean max_call_s?"));
    let log = daemon.logs().lines().join("\n");
    assert!(!log.contains(TOKEN), "a kept secret is a secret");

    let check = daemon.cli(&["config", "check"]);
    // The exit code is 78 instead of 1, because the command has the environment of the service here.
    assert_eq!(check.status.code(), Some(78));
    let doctor = daemon.cli(&["doctor", "--json"]);
    let doctor = String::from_utf8(doctor.stdout).unwrap();
    assert!(
        doctor.contains("did you mean max_call_s?") && doctor.contains("the last settings that worked"),
        "{doctor}"
    );

    daemon.reconfigure(|setup| {
        setup.toml("[voice]\nmax_call_s = 900\n");
    });
    assert!(daemon.cli(&["reload"]).status.success());
    assert_eq!(setting(&api, "voice.max_call_s").await["value"], 900);
    assert_eq!(daemon.client().get("/readyz").await.json()["settings"], "ok");

    // Settings that a reload has activated are also saved.
    daemon.logs().wait_until("the settings to be kept", |_| {
        fs::read_to_string(kept(&daemon)).unwrap().contains("900").then_some(())
    });
    tokio::task::block_in_place(|| daemon.stop());
    daemon.reconfigure(|setup| {
        setup.toml("[voice\n");
    });
    tokio::task::block_in_place(|| daemon.launch());
    assert_eq!(setting(&daemon.api(), "voice.max_call_s").await["value"], 900);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_answered_with_an_empty_secret_file() {
    let mut daemon = tokio::task::block_in_place(after_a_good_run);
    fs::write(daemon.folder().join("credentials/secret_twilio-auth-token"), "\n").unwrap();
    tokio::task::block_in_place(|| daemon.launch());
    let event = daemon.logs().wait_for_event("CONFIG_FALLBACK");
    assert!(event["reasons"].as_str().unwrap().contains("secret_twilio-auth-token is empty"), "{event}");
    assert_eq!(daemon.client().get("/readyz").await.json()["twilio_secrets"], "ok");
    let fields = [("CallSid", "CA00000000000000000000000000000001"), ("From", "+972501234567"), ("To", "+97235551234")];
    let url = format!("{}/webhook/incoming_call", daemon.url());
    let pairs: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let signature = agentlocator::simulator::twilio::sign(TOKEN, &url, &pairs);
    let signed = daemon.client().with_header("x-twilio-signature", signature);
    assert_eq!(signed.post_form("/webhook/incoming_call", &fields).await.status, 200);
}

#[test]
fn without_settings_that_worked_a_start_fails_and_so_it_does_in_a_copied_folder() {
    let mut daemon = after_a_good_run();
    daemon.reconfigure(|setup| {
        setup.toml("[voice]\nmax_cal_s = 900\n");
    });
    let other = Daemon::prepare(|setup| {
        as_a_service(setup.toml("[voice]\nmax_cal_s = 900\n"));
    });
    for is_copied in [false, true] {
        if is_copied {
            fs::create_dir(other.folder().join("live")).unwrap();
            fs::copy(kept(&daemon), kept(&other)).unwrap();
        }
        let output = other.cli(&["serve"]);
        assert_eq!(output.status.code(), Some(78));
        assert!(String::from_utf8_lossy(&output.stderr).contains("did you mean max_call_s?"));
    }
}

#[test]
fn a_start_by_hand_with_a_wrong_setting_fails() {
    let mut daemon = Daemon::start(|setup| {
        setup.toml(GOOD);
    });
    daemon.logs().wait_until("the settings to be kept", |_| kept(&daemon).exists().then_some(()));
    assert!(daemon.stop().success());
    daemon.reconfigure(|setup| {
        setup.toml("[voice]\nmax_cal_s = 900\n");
    });
    let output = daemon.cli(&["serve"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("did you mean max_call_s?"));
}

#[test]
fn a_secret_is_checked_for_its_shape() {
    let daemon = Daemon::prepare(|setup| {
        setup.toml("");
    });
    let credentials = daemon.folder().join("credentials");
    fs::create_dir(&credentials).unwrap();
    let file = credentials.join("twilio-auth-token");
    for (content, reason) in [
        (format!("TWILIO_AUTH_TOKEN={TOKEN}"), "begins with the name of a variable"),
        (format!("\"{TOKEN}\""), "in quotation marks"),
        ("two words".to_owned(), "has blanks"),
        ("x".repeat(5000), "longer than 4096"),
        (String::new(), "is empty"),
    ] {
        fs::write(&file, &content).unwrap();
        let check = daemon.cli(&["config", "check"]);
        let printed = String::from_utf8(check.stderr).unwrap();
        assert!(check.status.code() == Some(1) && printed.contains(reason), "{reason}: {printed}");
        assert!(content.is_empty() || !printed.contains(&content) && !printed.contains(TOKEN), "{printed}");
    }
    fs::write(&file, format!("\u{feff}{TOKEN}\r\n")).unwrap();
    fs::write(credentials.join("openai_api_key"), "sk-test").unwrap();
    let check = daemon.cli(&["config", "check"]);
    let printed = String::from_utf8(check.stdout).unwrap();
    assert!(check.status.success() && !printed.contains("32 hexadecimal"), "{printed}");
    assert!(
        printed.contains("the credential openai_api_key is not used") && printed.contains("openai-api-key?"),
        "{printed}"
    );
    fs::write(&file, "AC123").unwrap();
    let printed = String::from_utf8(daemon.cli(&["config", "check"]).stdout).unwrap();
    assert!(printed.contains("not 32 hexadecimal digits"), "{printed}");
}
