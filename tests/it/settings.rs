//! Settings that are changed on the page: they are validated and stored, and most are active immediately. The page
//! cannot change settings of the file or the environment.

use crate::support::client::send;
use crate::support::telephony::CallHarness;
use crate::support::{Client, Daemon, Reply};
use reqwest::Method;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const KEY: &str = "sk-entered-on-the-page";

async fn change(api: &Client, changes: &Value) -> Reply {
    send(api.request(Method::PATCH, "/api/settings").json(&json!({"changes": changes}))).await
}

async fn item(api: &Client, key: &str) -> Value {
    let settings = api.get("/api/settings").await.json();
    let found = settings["items"].as_array().unwrap().iter().find(|item| item["key"] == key).cloned();
    found.unwrap_or_else(|| panic!("{key} is not in {settings}"))
}

fn secrets_file(daemon: &Daemon) -> PathBuf {
    daemon.folder().join("page-secrets.toml")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_active_at_once_survives_a_restart_and_can_be_undone() {
    let mut daemon = Daemon::start(|_| {});
    let api = daemon.logged_in("dana", "owner").await;
    let before = item(&api, "voice.max_call_s").await;
    assert_eq!(
        (&before["value"], &before["source"], &before["kind"], &before["unit"], &before["minimum"], &before["maximum"]),
        (&json!(1800), &json!("default"), &json!("duration"), &json!("s"), &json!(30.0), &json!(14400.0))
    );
    let reply = change(&api, &json!({"voice.max_call_s": 600, "business.name": "מאפיית לחמי"})).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let answer = reply.json();
    assert_eq!(
        (&answer["changed"], &answer["requires_restart"]),
        (&json!(["business.name", "voice.max_call_s"]), &json!([]))
    );
    let names: Vec<_> = answer["items"].as_array().unwrap().iter().map(|item| item["key"].clone()).collect();
    assert_eq!(names, ["voice.max_call_s", "business.name"]);
    let after = item(&api, "voice.max_call_s").await;
    assert_eq!((&after["value"], &after["source"], &after["actor"]), (&json!(600), &json!("page"), &json!("user:1")));
    assert!(after["updated_at"].is_string(), "{after}");

    tokio::task::block_in_place(|| daemon.restart());
    assert_eq!(item(&api, "business.name").await["value"], "מאפיית לחמי");
    let history = api.get("/api/settings/history?key=voice.max_call_s").await.json();
    let [entry] = &history["items"].as_array().unwrap()[..] else { panic!("{history}") };
    assert_eq!(
        (&entry["value"], &entry["previous"], &entry["actor_name"]),
        (&json!(600), &json!(null), &json!("dana"))
    );
    let undone = change(&api, &json!({"voice.max_call_s": entry["previous"]})).await;
    assert_eq!(undone.json()["changed"], json!(["voice.max_call_s"]));
    let now = item(&api, "voice.max_call_s").await;
    assert_eq!((&now["value"], &now["source"]), (&json!(1800), &json!("default")));
    let all = api.get("/api/settings/history?limit=2").await.json();
    assert_eq!(all["items"][0]["previous"], 600);
    let rest = api.get(&format!("/api/settings/history?cursor={}", all["next_cursor"].as_str().unwrap())).await.json();
    assert_eq!(rest["items"].as_array().unwrap().len(), 1);
    assert_eq!(change(&api, &json!({})).await.json()["changed"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_has_a_text_in_the_form_that_is_in_effect() {
    let daemon = Daemon::start(|_| {});
    let api = daemon.logged_in("dana", "owner").await;
    let reply = change(&api, &json!({"business.name": " \u{202e}מאפיית לחמי\u{202c} "})).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(item(&api, "business.name").await["value"], "מאפיית לחמי");
    let history = api.get("/api/settings/history?key=business.name").await.json();
    assert_eq!(history["items"][0]["value"], "מאפיית לחמי", "{history}");
}

/// Changes settings with the condition that each setting still has the version in `seen`.
async fn change_seen(api: &Client, changes: &Value, seen: &Value) -> Reply {
    send(api.request(Method::PATCH, "/api/settings").json(&json!({"changes": changes, "expected": seen}))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_later_of_two_owners_is_shown_the_other_s_change() {
    let daemon = Daemon::start(|_| {});
    let (dana, gal) = (daemon.logged_in("dana", "owner").await, daemon.logged_in("gal", "owner").await);
    let version = async |key: &str| item(&dana, key).await["version"].as_i64().unwrap();
    let (name, longest) = (version("business.name").await, version("voice.max_call_s").await);
    assert_eq!((name, longest), (0, 0));

    // Changes of different settings do not conflict.
    let first = change_seen(&dana, &json!({"business.name": "דנה"}), &json!({"business.name": name})).await;
    assert_eq!(first.status, 200, "{}", first.text());
    let other = change_seen(&gal, &json!({"voice.max_call_s": 600}), &json!({"voice.max_call_s": longest})).await;
    assert_eq!(other.status, 200, "{}", other.text());

    // A conflict on one setting: nothing of the request is stored, and the response shows only the conflicting setting.
    let both = json!({"business.name": "גל", "voice.max_call_s": 700});
    let seen = json!({"business.name": name, "voice.max_call_s": version("voice.max_call_s").await});
    let refused = change_seen(&gal, &both, &seen).await;
    let answer = refused.json();
    assert_eq!((refused.status, &answer["error"]["code"]), (412, &json!("changed")), "{answer}");
    assert_eq!(answer["error"]["field"], "business.name");
    let [current] = &answer["current"]["items"].as_array().unwrap()[..] else { panic!("{answer}") };
    assert_eq!(
        (&current["key"], &current["value"], &current["actor_name"]),
        (&json!("business.name"), &json!("דנה"), &json!("dana"))
    );
    assert_eq!(item(&gal, "voice.max_call_s").await["value"], 600);

    // With the version from the response, the change succeeds. A request with the current value is not a conflict.
    let seen = json!({"business.name": current["version"]});
    let kept = change_seen(&gal, &json!({"business.name": "גל"}), &seen).await;
    assert_eq!(kept.status, 200, "{}", kept.text());
    let same = change_seen(&dana, &json!({"business.name": "גל"}), &seen).await;
    assert_eq!((same.status, &same.json()["changed"]), (200, &json!([])));
    let reset = change_seen(&dana, &json!({"business.name": null}), &seen).await;
    assert_eq!(reset.status, 412, "{}", reset.text());

    // Without a condition the last change wins. A condition on a setting that the request does not change is rejected.
    assert_eq!(change(&dana, &json!({"business.name": "x"})).await.status, 200);
    let stray = change_seen(&dana, &json!({"business.name": "y"}), &json!({"voice.max_call_s": 1})).await;
    assert_eq!((stray.status, &stray.json()["error"]["field"]), (422, &json!("expected")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_another_owner_has_replaced_is_not_replaced_again_unseen() {
    let daemon = Daemon::start(|_| {});
    let (dana, gal) = (daemon.logged_in("dana", "owner").await, daemon.logged_in("gal", "owner").await);
    let seen = json!({"openai.api_key": item(&dana, "openai.api_key").await["version"]});
    assert_eq!(change_seen(&dana, &json!({"openai.api_key": KEY}), &seen).await.status, 200);
    let refused = change_seen(&gal, &json!({"openai.api_key": "sk-another"}), &seen).await;
    assert_eq!(refused.status, 412, "{}", refused.text());
    let current = &refused.json()["current"]["items"][0];
    assert_eq!((&current["value"], &current["secret_set"]), (&json!(null), &json!(true)));
    assert!(!refused.text().contains(KEY));
    assert!(fs::read_to_string(secrets_file(&daemon)).unwrap().contains(KEY), "the file has the first one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_value_changes_nothing_and_names_its_key() {
    let daemon = Daemon::start(|_| {});
    let api = daemon.api();
    for (changes, field, says) in [
        (json!({"business.name": "x", "voice.max_call_s": "long"}), "voice.max_call_s", "from 30 to 14400"),
        (json!({"voice.max_cal_s": 600}), "voice.max_cal_s", "max_call_s"),
        (json!({"voice.message_silence_s": 50, "voice.message_max_s": 40}), "voice.message_silence_s", "less than"),
        (json!({"mail.host": "smtp.example.com", "mail.tls": "none"}), "mail.tls", "starttls"),
        (json!({"agent.transfer_to": "050-1234567"}), "agent.transfer_to", "country code"),
        (json!({"twilio.auth_token": "two words"}), "twilio.auth_token", "blanks"),
    ] {
        let reply = change(&api, &changes).await;
        assert_eq!(reply.status, 422, "{changes}: {}", reply.text());
        let error = reply.json()["error"].clone();
        assert_eq!(error["field"], field, "{error}");
        assert!(error["message"].as_str().unwrap().contains(says), "{error}");
        assert!(!error.to_string().contains("two words"), "{error}");
    }
    assert_eq!(item(&api, "business.name").await["value"], "");
    assert_eq!(api.get("/api/settings/history").await.json()["items"], json!([]));
    assert!(!secrets_file(&daemon).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_of_the_machine_is_locked_with_its_place() {
    let mut daemon = Daemon::start(|setup| {
        setup.toml("[voice]\nrecording = true\n").env("OPENAI_API_KEY", "sk-of-the-machine");
    });
    let api = daemon.api();
    let reply = change(&api, &json!({"voice.recording": false})).await;
    let error = reply.json()["error"].clone();
    assert_eq!(
        (reply.status, &error["code"], &error["field"]),
        (409, &json!("setting_locked"), &json!("voice.recording"))
    );
    assert_eq!(error["params"]["line"], "2");
    assert!(error["params"]["file"].as_str().unwrap().ends_with("config.toml"), "{error}");
    let reply = change(&api, &json!({"openai.api_key": KEY})).await;
    assert_eq!((reply.status, &reply.json()["error"]["params"]["variable"]), (409, &json!("OPENAI_API_KEY")));
    for key in ["store.readers", "http.listen", "tls.key_file", "voice.greeting_file", "log.level"] {
        assert_eq!(change(&api, &json!({key: "x"})).await.status, 409, "{key}");
    }
    let recording = item(&api, "voice.recording").await;
    assert_eq!(
        (&recording["editable"], &recording["locked_reason"], &recording["source"], &recording["line"]),
        (&json!(false), &json!("file"), &json!("file"), &json!(2))
    );
    let key = item(&api, "openai.api_key").await;
    assert_eq!(
        (&key["variable"], &key["secret_set"], &key["value"]),
        (&json!("OPENAI_API_KEY"), &json!(true), &json!(null))
    );
    // If the settings file has become invalid, the whole change is rejected.
    daemon.reconfigure(|setup| {
        setup.toml("[voice]\nrecording = maybe\n");
    });
    let reply = change(&api, &json!({"business.name": "x"})).await;
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (409, &json!("settings_rejected")));
    assert_eq!(api.get("/api/settings/history").await.json()["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_may_read_and_not_change_and_texts_follow_the_language() {
    let daemon = Daemon::start(|_| {});
    let staff = daemon.logged_in("gal", "staff").await;
    assert_eq!(change(&staff, &json!({"business.name": "x"})).await.status, 403);
    assert_eq!(staff.get("/api/settings/history").await.status, 200);
    let hebrew = item(&staff.clone().with_header("accept-language", "he-IL,he;q=0.9,en;q=0.8"), "business.name").await;
    assert_eq!(hebrew["title"], "שם העסק");
    let english = item(&staff.with_header("accept-language", "en-US"), "business.name").await;
    assert_eq!(english["title"], "Name of the business");
    assert_eq!(
        (&hebrew["allowed"], &english["allowed"]),
        (&json!("טקסט בשורה אחת, של 200 תווים לכל היותר"), &json!("a text in one line, of at most 200 characters"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_value_is_explained_in_the_readers_language() {
    let daemon = Daemon::start(|_| {});
    let api = daemon.api();
    for (value, hebrew, english) in [
        ("050-1234567", "חסרה קידומת המדינה", "which has no country code"),
        ("+972 phone", "נמצא \"+972 phone\"; מותר: מספר עם קידומת המדינה", "found \"+972 phone\"; allowed: a number"),
    ] {
        for (language, says) in [("he", hebrew), ("en", english)] {
            let reader = api.clone().with_header("accept-language", language);
            let error = change(&reader, &json!({"agent.transfer_to": value})).await.json()["error"].clone();
            assert!(error["params"]["reason"].as_str().unwrap().contains(says), "{error}");
            assert!(error["message"].as_str().unwrap().is_ascii(), "{error}");
        }
    }
    // A stored secret is not sent to another server: the error asks for the secret again, and names the changed setting.
    let stored = change(&api, &json!({"mail.host": "smtp.example.com", "mail.password": "hunter22"})).await;
    assert_eq!(stored.status, 200, "{}", stored.text());
    let reader = api.with_header("accept-language", "he");
    let error = change(&reader, &json!({"mail.host": "other.example.com"})).await.json()["error"].clone();
    assert_eq!(error["field"], "mail.password");
    assert_eq!(error["params"]["reason"], "צריך להזין אותה שוב, כי mail.host משנה לאן היא נשלחת");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_in_its_own_file_and_nowhere_else() {
    let harness = CallHarness::without_ai(|_| {}).await;
    let api = harness.daemon.logged_in("dana", "owner").await;
    let reply = change(&api, &json!({"openai.api_key": KEY})).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.json()["changed"], json!(["openai.api_key"]));
    let shown = &reply.json()["items"][0];
    assert_eq!((&shown["value"], &shown["secret_set"], &shown["source"]), (&json!(null), &json!(true), &json!("page")));
    let file = secrets_file(&harness.daemon);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(fs::read_to_string(&file).unwrap().contains(KEY));
    // The next phone call uses the engine that the new key enables.
    let report = harness.call(harness.plan("say 1s; listen; wait 200ms")).await;
    assert_eq!(harness.ended_call(&report.call_sid).await["engine"], "realtime");

    let daemon = &harness.daemon;
    let folder = daemon.folder();
    let bundle = folder.join("bundle.tar.gz");
    for command in [
        &["backup", folder.join("copy.db").to_str().unwrap()][..],
        &["support-bundle", bundle.to_str().unwrap()],
        &["config", "show", "--json"],
        &["doctor", "--json"],
    ] {
        let output = tokio::task::block_in_place(|| daemon.cli(command));
        assert!(!String::from_utf8_lossy(&output.stdout).contains(KEY), "{command:?}");
    }
    let shown = tokio::task::block_in_place(|| daemon.cli(&["config", "show"]));
    assert!(String::from_utf8_lossy(&shown.stdout).contains("entered on the page"), "the command line reads the file");
    let mut content = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(fs::File::open(&bundle).unwrap()), &mut content)
        .unwrap();
    let without = [content, fs::read(folder.join("copy.db")).unwrap(), daemon.published_content()];
    for (at, bytes) in without.iter().enumerate() {
        assert!(memchr::memmem::find(bytes, KEY.as_bytes()).is_none(), "{at}");
    }
    let answers = [api.get("/api/settings").await, api.get("/api/settings/history").await, api.get("/api/audit").await];
    assert!(answers.iter().all(|reply| reply.status == 200 && !reply.text().contains(KEY)));
    let log = daemon.logs().lines().join("\n");
    assert!(!log.contains(KEY));
    let history = api.get("/api/settings/history?key=openai.api_key").await.json();
    assert_eq!(history["items"][0]["value"], true);

    let removed = change(&api, &json!({"openai.api_key": null})).await;
    assert_eq!((removed.status, &removed.json()["items"][0]["secret_set"]), (200, &json!(false)));
    assert!(!fs::read_to_string(&file).unwrap().contains(KEY));
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_of_the_page_belong_to_the_last_settings_that_worked() {
    let mut daemon = Daemon::prepare(|setup| {
        setup.toml("[voice]\nmax_call_s = 700\n").env("NOTIFY_SOCKET", "/run/no-such-socket");
    });
    daemon.launch();
    let api = daemon.api();
    assert_eq!(change(&api, &json!({"twilio.auth_token": TOKEN})).await.status, 200);
    let kept = daemon.folder().join("live/last-settings.json");
    daemon.logs().wait_until("the settings to be kept", |_| {
        fs::read_to_string(&kept).is_ok_and(|text| text.contains(TOKEN)).then_some(())
    });
    assert!(daemon.stop().success());
    fs::write(secrets_file(&daemon), "[twilio]\nauth_token = \"half").unwrap();
    tokio::task::block_in_place(|| daemon.launch());
    let answers = daemon.logs().wait_for_event("CONFIG_FALLBACK");
    assert!(answers["reasons"].as_str().unwrap().contains("the secrets of the page"), "{answers}");
    let token = item(&api, "twilio.auth_token").await;
    assert_eq!((&token["secret_set"], &token["source"]), (&json!(true), &json!("last_good")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_secret_that_is_read_at_the_start_waits_for_a_restart() {
    const KEY: &str = "backup.s3_secret_access_key";
    let mut daemon = Daemon::start(|_| {});
    let api = daemon.api();
    let is_pending = async |api| item(api, KEY).await["restart_pending"] == json!(true);
    for (secret, pending) in [("first", true), ("first", false), ("second", true), ("first", false)] {
        let reply = change(&api, &json!({KEY: secret})).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert_eq!(is_pending(&api).await, pending, "{secret}");
        if pending && secret == "first" {
            tokio::task::block_in_place(|| daemon.restart());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_for_the_certificate_is_used_after_a_restart() {
    let mut daemon = Daemon::start(|setup| {
        setup.env("PUBLIC_BASE_URL", "").web_listeners();
    });
    let api = daemon.api();
    let changes = json!({"tls.domain": ["shop.example"], "tls.acme": false, "tls.acme_contact": "owner@shop.example"});
    let reply = change(&api, &changes).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let answer = reply.json();
    assert_eq!(answer["requires_restart"], json!(["tls.acme", "tls.acme_contact", "tls.domain"]));
    assert!(answer["warnings"].to_string().contains("tls.domain is set, but tls.acme is off"), "{answer}");
    let pending = item(&api, "tls.domain").await;
    assert_eq!((&pending["value"], &pending["restart_pending"]), (&json!(["shop.example"]), &json!(true)));
    tokio::task::block_in_place(|| daemon.restart());
    let active = item(&api, "tls.domain").await;
    assert_eq!((&active["value"], &active["restart_pending"]), (&json!(["shop.example"]), &json!(false)));
    let address = item(&api, "http.public_base_url").await;
    assert_eq!((&address["editable"], &address["requires_restart"]), (&json!(true), &json!(false)));
}
