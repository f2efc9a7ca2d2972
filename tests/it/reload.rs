//! Settings that are reloaded while the daemon runs.

use super::support::telephony::{CallHarness, start};
use super::support::whatsapp::Shop;
use super::support::{Client, Daemon, access::PASSWORD, log::WAIT_TIMEOUT};
use agentlocator::simulator::openai::{Faults, OpenAiOptions};
use agentlocator::simulator::twilio::sign;
use serde_json::{Value, json};
use std::os::unix::net::UnixDatagram;

const SHIPPED: &[u8] = include_bytes!("../../packaging/audio/fallback_he.mp3");

/// Runs `agentlocator reload --json` and returns its output.
fn reload(daemon: &Daemon) -> Value {
    let output = daemon.cli(&["reload", "--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Returns the error that `agentlocator reload` prints.
fn refused(daemon: &Daemon) -> String {
    let output = daemon.cli(&["reload"]);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &[][..]));
    String::from_utf8(output.stderr).unwrap()
}

async fn setting(api: &Client, key: &str) -> Value {
    let settings = api.get("/api/settings").await.json();
    let found = settings["items"].as_array().unwrap().iter().find(|item| item["key"] == key).cloned();
    found.unwrap_or_else(|| panic!("{key} is not in {settings}"))["value"].clone()
}

#[tokio::test]
async fn reloadable_settings_apply_at_once_and_the_others_are_named() {
    let mut daemon = Daemon::start(|setup| {
        setup.toml("[voice]\nmax_call_s = 600\n");
    });
    let api = daemon.api();
    daemon.reconfigure(|setup| {
        setup.toml("[voice]\nmax_call_s = 900\n\n[http]\nmax_connections = 100\n\n[store]\nreaders = 2\n");
    });
    for changed in [json!(["voice.max_call_s"]), json!([])] {
        let reloaded = reload(&daemon);
        assert_eq!(reloaded["changed"], changed, "{reloaded}");
        // Settings that need a restart are reported until the daemon is restarted.
        assert_eq!(reloaded["needs_restart"], json!(["http.max_connections", "store.readers"]), "{reloaded}");
    }
    assert_eq!(setting(&api, "voice.max_call_s").await, 900);
    assert_eq!(setting(&api, "store.readers").await, 4);
    let logged = daemon.logs().wait_for_event("CONFIG_RELOADED");
    assert_eq!(logged["changed"], "voice.max_call_s");
    assert_eq!(logged["needs_restart"], "http.max_connections store.readers");
    let output = daemon.cli(&["reload"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        said,
        "After a restart (sudo systemctl restart agentlocator):\n  http.max_connections\n  store.readers\n"
    );
}

#[tokio::test]
async fn sighup_reloads_the_settings() {
    let mut daemon = Daemon::start(|setup| {
        setup.toml("[voice]\nrecording = true\n");
    });
    let api = daemon.api();
    daemon.reconfigure(|setup| {
        setup.toml("[voice]\nrecording = false\n");
    });
    daemon.signal(1);
    assert_eq!(daemon.logs().wait_for_event("CONFIG_RELOADED")["changed"], "voice.recording");
    assert_eq!(setting(&api, "voice.recording").await, false);
}

#[tokio::test]
async fn one_invalid_setting_prevents_the_reload() {
    let mut daemon = Daemon::start(|setup| {
        setup.toml("[voice]\nmax_call_s = 600\n");
    });
    let api = daemon.api();
    let sound = daemon.folder().join("greeting.mp3");
    std::fs::write(&sound, "no sound").unwrap();
    let no_sound = format!("[voice]\nmax_call_s = 900\ngreeting_file = \"{}\"\n", sound.display());
    for (toml, reason) in [
        ("[voice]\nmax_call_s = 900\nrecording = 7\n", "config.toml:3:1: voice.recording: found 7"),
        ("[voice]\nmax_call_s = 900\n[nonsense]\n", "config.toml:3:2: "),
        (&no_sound, "voice.greeting_file: "),
    ] {
        daemon.reconfigure(|setup| {
            setup.toml(toml);
        });
        let mark = daemon.logs().mark();
        let printed = refused(&daemon);
        assert!(printed.contains("nothing has changed") && printed.contains(reason), "{printed}");
        let event = daemon.logs().wait_for_event_from(mark, "CONFIG_RELOAD_REFUSED");
        assert!(event["reasons"].as_str().unwrap().contains(reason), "{event}");
        assert_eq!(setting(&api, "voice.max_call_s").await, 600);
    }
}

#[test]
fn reload_without_a_daemon_fails() {
    let mut daemon = Daemon::prepare(|setup| {
        setup.toml("");
    });
    assert!(refused(&daemon).contains("no daemon is running"));
    daemon.reconfigure(|setup| {
        setup.toml("[voice]\nrecording = 7\n");
    });
    assert!(refused(&daemon).contains("config.toml:2:1: voice.recording: found 7"));
}

#[tokio::test]
async fn a_new_secret_applies_at_once_and_is_in_no_log() {
    let (old, new, typo) = ("wa-0123456789abcdef", "wa-fedcba9876543210", "tw-aaaabbbbccccdddd");
    let mut daemon = Daemon::prepare(|_| {});
    let file = daemon.folder().join("secret");
    std::fs::write(&file, old).unwrap();
    daemon.reconfigure(|setup| {
        setup
            .env("WA_SHARED_SECRET_FILE", file.to_str().unwrap())
            .env("BAILEYS_OUTBOUND_URL", "http://127.0.0.1:9/send");
        setup.toml("[log]\nlevel = \"info\"\n");
    });
    daemon.launch();
    let message = json!({"from": "972501234567", "text": "hi", "provider_msg_id": "A"});
    let post = async |secret: &str| {
        let client = daemon.client().with_header("x-baileys-secret", secret);
        client.post_json("/webhook/whatsapp/baileys", &message).await.status
    };
    assert_eq!((post(old).await, post(new).await), (204, 403));
    std::fs::write(&file, new).unwrap();
    std::fs::write(
        daemon.folder().join("config.toml"),
        format!("[log]\nlevel = \"trace\"\n[twilio]\nauth_token = \"{typo}\"\n"),
    )
    .unwrap();
    let reloaded = reload(&daemon);
    assert_eq!(reloaded["changed"], json!(["log.level", "twilio.auth_token", "whatsapp.shared_secret"]));
    assert_eq!((post(old).await, post(new).await), (403, 204));
    daemon.client().get(&format!("/nothing/{new}?token={old}&{typo}")).await;
    daemon.logs().wait_for_event("REQUEST");
    let log = daemon.logs().lines().join("\n");
    assert!([old, new, typo].iter().all(|secret| !log.contains(secret)), "{log}");
}

#[tokio::test]
async fn a_greeting_under_the_same_name_is_played_at_once() {
    let mut daemon = Daemon::prepare(|_| {});
    let file = daemon.folder().join("greeting.mp3");
    std::fs::write(&file, SHIPPED).unwrap();
    daemon.reconfigure(|setup| {
        setup.toml(&format!("[voice]\ngreeting_file = \"{}\"\n", file.display()));
    });
    daemon.launch();
    let before = daemon.client().get("/static/tts/greeting_he.mp3").await.header("etag").to_owned();
    assert_eq!(reload(&daemon)["changed"], json!([]));
    std::fs::write(&file, include_bytes!("../../packaging/audio/greeting_he.mp3")).unwrap();
    assert_eq!(reload(&daemon)["changed"], json!(["voice.greeting_file"]));
    assert_ne!(daemon.client().get("/static/tts/greeting_he.mp3").await.header("etag"), before);
}

#[tokio::test]
async fn request_limits_apply_at_once() {
    let mut daemon = Daemon::start(|setup| {
        setup.toml("[http]\nmax_body_bytes = 1024\n");
    });
    let body = json!({"name": "x".repeat(2000), "password": PASSWORD});
    assert_eq!(daemon.client().post_json("/api/login", &body).await.status, 413);
    daemon.reconfigure(|setup| {
        setup.toml("[http]\nmax_body_bytes = 4096\n");
    });
    assert_eq!(reload(&daemon)["changed"], json!(["http.max_body_bytes"]));
    assert_ne!(daemon.client().post_json("/api/login", &body).await.status, 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_keeps_the_settings_that_it_began_with() {
    let mut harness = CallHarness::with_ai(OpenAiOptions::default(), |setup| {
        setup.env("TWILIO_AUTH_TOKEN", "");
    })
    .await;
    let with = |token: &str, recording: bool| {
        format!("[twilio]\nauth_token = \"{token}\"\n[voice]\nrecording = {recording}\n")
    };
    let old = harness.twilio_state.account().auth_token.clone();
    harness.daemon.reconfigure(|setup| {
        setup.toml(&with(&old, true));
    });
    tokio::task::block_in_place(|| harness.daemon.restart());
    let token = harness.ring("CA00000000000000000000000000000001").await;
    harness.daemon.reconfigure(|setup| {
        setup.toml(&with("another-token-0123456789", false));
    });
    let reloaded = tokio::task::block_in_place(|| reload(&harness.daemon));
    assert_eq!(reloaded["changed"], json!(["twilio.auth_token", "voice.recording"]));
    // The token of the stream was created with the old secret. The call is still recorded, as decided at its start.
    let mut socket = harness.open_socket().await;
    start(&mut socket, "CA00000000000000000000000000000001", &token).await;
    tokio::task::block_in_place(|| harness.daemon.logs().wait_for_event("CALL_LIVE"));
    // Only a signature with the new secret is accepted.
    let form = vec![
        ("CallSid".to_owned(), "CA00000000000000000000000000000002".to_owned()),
        ("From".to_owned(), "+972501234567".to_owned()),
    ];
    let form_pairs: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let url = format!("{}/webhook/incoming_call", harness.daemon.url());
    for (token, status) in [(old.as_str(), 403), ("another-token-0123456789", 200)] {
        let client = harness.daemon.client().with_header("x-twilio-signature", sign(token, &url, &form));
        assert_eq!(client.post_form("/webhook/incoming_call", &form_pairs).await.status, status);
    }
    drop(socket);
    tokio::task::block_in_place(|| harness.daemon.logs().wait_for_event("CALL_STREAM_ENDED"));
    let deadline = std::time::Instant::now() + WAIT_TIMEOUT;
    while harness.daemon.query_value::<i64>("SELECT count(*) FROM recordings") == 0 {
        assert!(std::time::Instant::now() < deadline, "the call was not recorded");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_changes_after_how_many_failed_calls_an_alert_is_raised() {
    let faults = Faults { refuse_sockets: Some(503), ..Faults::default() };
    let mut harness = CallHarness::with_ai(OpenAiOptions { faults, ..OpenAiOptions::default() }, |setup| {
        setup.toml("[alerts]\nfailed_calls = 1000\n");
    })
    .await;
    let report = harness.call(harness.plan("wait 4s")).await;
    harness.ended_call(&report.call_sid).await;
    harness.daemon.reconfigure(|setup| {
        setup.toml("[alerts]\nfailed_calls = 2\n");
    });
    let reloaded = tokio::task::block_in_place(|| reload(&harness.daemon));
    assert_eq!((&reloaded["changed"], &reloaded["needs_restart"]), (&json!(["alerts.failed_calls"]), &json!([])));
    harness.call(harness.plan("wait 4s")).await;
    let raised = tokio::task::block_in_place(|| harness.daemon.logs().wait_for_event("ALERT_RAISED"));
    assert_eq!(raised["alert.kind"], "ai_unavailable", "{raised}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whatsapp_provider_can_be_enabled_and_disabled() {
    const DISABLED: &str = "[whatsapp]\nenable_baileys = false\nenable_twilio = false\n";
    let mut shop = Shop::open_with(
        |setup| {
            setup.env("ENABLE_WA_BAILEYS", "").toml(DISABLED);
        },
        "",
    )
    .await;
    let send = json!({"to": "+972501234567", "text": "hello", "provider": "auto"});
    let is_disabled = async |shop: &Shop| {
        let refused = shop.api.post_json("/api/whatsapp/send", &send).await;
        assert_eq!(refused.json()["error"]["code"], "no_provider", "{}", refused.text());
        assert_eq!(shop.daemon.client().get("/readyz").await.json()["baileys"], "disabled");
    };
    is_disabled(&shop).await;
    shop.daemon.reconfigure(|setup| {
        setup.toml("[whatsapp]\nenable_baileys = true\nenable_twilio = false\npacing = false\n");
    });
    tokio::task::block_in_place(|| reload(&shop.daemon));
    assert_eq!(shop.daemon.client().get("/readyz").await.json()["baileys"], "ok");
    let answer = shop.api.post_json("/api/whatsapp/send", &send).await.json();
    assert_eq!(answer["provider"], "baileys", "{answer}");
    shop.until_status(&answer, "sent").await;
    shop.daemon.reconfigure(|setup| {
        setup.toml(DISABLED);
    });
    tokio::task::block_in_place(|| reload(&shop.daemon));
    is_disabled(&shop).await;
}

#[test]
fn the_address_of_the_page_follows_a_reload() {
    let at = |port: u16| format!("[http]\npublic_base_url = \"http://127.0.0.1:{port}\"\n");
    let mut daemon = Daemon::start(|setup| {
        setup.env("PUBLIC_BASE_URL", "").toml(&at(1));
    });
    let printed = |daemon: &Daemon| String::from_utf8(daemon.cli(&["setup"]).stdout).unwrap();
    let first = printed(&daemon);
    assert!(first.contains("http://127.0.0.1:1/"), "{first}");
    daemon.reconfigure(|setup| {
        setup.toml(&at(2));
    });
    assert_eq!(reload(&daemon)["changed"], json!(["http.public_base_url"]));
    let second = printed(&daemon);
    assert!(second.contains("http://127.0.0.1:2/") && !second.contains("http://127.0.0.1:1/"), "{second}");
}

#[test]
fn systemd_is_notified_when_a_reload_begins_and_ends() {
    let folder = tempfile::tempdir().unwrap();
    let systemd = UnixDatagram::bind(folder.path().join("notify")).unwrap();
    systemd.set_read_timeout(Some(WAIT_TIMEOUT)).unwrap();
    let daemon = Daemon::start(|setup| {
        setup.env("NOTIFY_SOCKET", folder.path().join("notify").to_str().unwrap());
    });
    let expect = |what: &str| {
        let mut datagram = [0; 4096];
        loop {
            let length = systemd.recv(&mut datagram).unwrap_or_else(|_| panic!("no notification of {what}"));
            let text = String::from_utf8_lossy(&datagram[..length]).into_owned();
            if text.lines().any(|line| line == what) {
                return text;
            }
        }
    };
    expect("READY=1");
    reload(&daemon);
    let began = expect("RELOADING=1");
    let at = began.lines().find_map(|line| line.strip_prefix("MONOTONIC_USEC=")).unwrap();
    assert!(at.parse::<u64>().unwrap() > 0);
    expect("READY=1");
}
