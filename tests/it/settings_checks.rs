//! Checks of settings with values that are not saved, and the webhooks of Twilio's numbers.

use crate::support::access::PASSWORD;
use crate::support::telephony::CallHarness;
use crate::support::{Client, Daemon};
use agentlocator::simulator::openai::OpenAiOptions;
use agentlocator::simulator::twilio::{Fault, Operation};
use serde_json::{Value, json};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const KEY: &str = "sk-entered-on-the-page";

#[tokio::test(flavor = "multi_thread")]
async fn values_are_checked_before_they_are_saved() {
    let harness = CallHarness::with_ai(OpenAiOptions::default(), |setup| {
        setup.env("OPENAI_API_KEY", "");
    })
    .await;
    harness.twilio_state.add_number("+97237654321", |_| {});
    let api = harness.daemon.logged_in("dana", "owner").await;
    let check = async |body: Value| {
        let reply = api.post_json("/api/checks", &body).await;
        assert_eq!(reply.status, 200, "{body}: {}", reply.text());
        reply.json()
    };
    let skipped = check(json!({"check": "ai"})).await;
    assert_eq!((&skipped["ok"], &skipped["findings"][0]["status"]), (&json!(true), &json!("skipped")));
    let good = check(json!({"check": "ai", "values": {"openai.api_key": KEY}})).await;
    assert!(good["findings"][0]["text"].as_str().unwrap().contains("the AI accepts the key"), "{good}");
    assert!(harness.ai.state().sessions.len() == 1, "a session was opened with the key");
    let settings = api.get("/api/settings").await.json();
    let key = settings["items"].as_array().unwrap().iter().find(|item| item["key"] == "openai.api_key").unwrap();
    assert_eq!(key["secret_set"], false, "nothing is stored");
    let wrong =
        check(json!({"check": "ai", "values": {"openai.api_key": KEY, "openai.realtime_model": "gpt-none"}})).await;
    assert_eq!((&wrong["ok"], &wrong["findings"][0]["status"]), (&json!(false), &json!("error")), "{wrong}");
    assert!(wrong["findings"][0]["remedy"].is_string(), "{wrong}");
    assert_eq!(check(json!({"check": "twilio"})).await["ok"], true);
    let numbers = check(json!({"check": "twilio_numbers"})).await;
    assert!(numbers["findings"][0]["text"].as_str().unwrap().contains("demo.twilio.com"), "{numbers}");
    let address = check(json!({"check": "address"})).await;
    assert!(address["findings"].to_string().contains("127.0.0.1"), "{address}");
    assert_eq!(check(json!({"check": "bridge"})).await["findings"][0]["status"], "skipped");

    // Texts are in the user's language, codes are the same in all languages.
    let hebrew = api.clone().with_header("accept-language", "he-IL");
    let is_hebrew = |text: &Value| text.as_str().unwrap().chars().any(|letter| ('א'..='ת').contains(&letter));
    for (name, code) in [
        ("twilio", "found-twilio-accepted"),
        ("twilio_numbers", "found-number-elsewhere"),
        ("address", "found-address-here"),
        ("ai", "found-ai-no-key"),
        ("bridge", "found-bridge-unused"),
    ] {
        let answer = hebrew.post_json("/api/checks", &json!({"check": name})).await.json();
        for finding in answer["findings"].as_array().unwrap() {
            assert!(is_hebrew(&finding["text"]), "{finding}");
            assert!(finding["remedy"].is_null() || is_hebrew(&finding["remedy"]), "{finding}");
        }
        assert_eq!(answer["findings"][0]["code"], code, "{answer}");
    }
    let german = api.clone().with_header("accept-language", "de");
    let bridge = german.post_json("/api/checks", &json!({"check": "bridge"})).await.json();
    assert_eq!(bridge["findings"][0]["text"], "the WhatsApp bridge is not in use");
    assert_eq!(numbers["findings"][0]["params"]["number"], "+97237654321", "{numbers}");

    // A stored secret is never sent to a host from the request, and URLs to internal addresses are rejected.
    let url = json!({"check": "twilio", "values": {"twilio.content_base_url": "https://elsewhere.example"}});
    let reply = api.post_json("/api/checks", &url).await;
    assert_eq!((reply.status, &reply.json()["error"]["field"]), (422, &json!("twilio.auth_token")));
    let inside = json!({"check": "ai", "values": {"updates.feed_url": "https://169.254.169.254"}});
    assert_eq!(api.post_json("/api/checks", &inside).await.status, 422);
    let locked = json!({"check": "twilio", "values": {"twilio.auth_token": TOKEN}});
    assert_eq!(api.post_json("/api/checks", &locked).await.status, 409);
    assert_eq!(api.post_json("/api/checks", &json!({"check": "all"})).await.status, 422);
    let staff = harness.daemon.logged_in("gal", "staff").await;
    assert_eq!(staff.post_json("/api/checks", &json!({"check": "bridge"})).await.status, 403);
    harness.assert_rules_kept();
}

#[tokio::test]
async fn checks_are_limited() {
    let daemon = Daemon::start(|_| {});
    let api = daemon.api();
    let mut statuses = Vec::new();
    for _ in 0..21 {
        statuses.push(api.post_json("/api/checks", &json!({"check": "bridge"})).await.status);
    }
    assert_eq!((statuses.iter().filter(|status| **status == 200).count(), statuses[20]), (20, 429));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_webhooks_of_a_number_are_set_and_restored() {
    let mut harness = CallHarness::without_ai(|_| {}).await;
    harness.twilio_state.add_number("+97237654321", |_| {});
    let api = harness.daemon.logged_in("dana", "owner").await;
    let number = async |api: &Client| {
        let numbers = api.get("/api/twilio/numbers").await.json();
        let found =
            numbers["items"].as_array().unwrap().iter().find(|number| number["number"] == "+97237654321").cloned();
        found.unwrap_or_else(|| panic!("{numbers}"))
    };
    let before = number(&api).await;
    assert_eq!(
        (&before["points_here"], &before["calls_go_to"], &before["can_undo"], &before["capabilities"]),
        (&json!(false), &json!("elsewhere"), &json!(false), &json!(["sms", "voice"]))
    );
    let path = format!("/api/twilio/numbers/{}/webhooks", before["sid"].as_str().unwrap());
    assert_eq!(api.post_json(&format!("{path}/undo"), &json!({})).await.status, 409);
    for _ in 0..2 {
        let set = api.post_json(&path, &json!({})).await;
        assert_eq!(set.status, 200, "{}", set.text());
        let after = set.json()["number"].clone();
        assert_eq!((&after["points_here"], &after["can_undo"]), (&json!(true), &json!(true)), "{after}");
    }
    tokio::task::block_in_place(|| harness.daemon.restart());
    let api = harness.daemon.log_in("dana", PASSWORD).await;
    let undone = api.post_json(&format!("{path}/undo"), &json!({})).await;
    assert_eq!(undone.status, 200, "{}", undone.text());
    assert_eq!(number(&api).await, before);

    // A rejected change cannot be undone. A change without a response can be undone, because Twilio may have applied it.
    for (fault, can_undo) in [(Fault::Status(400), false), (Fault::Status(503), false), (Fault::HangAfterAccept, true)]
    {
        harness.twilio.fail_next(Operation::UpdateNumber, fault, 1);
        assert!(api.post_json(&path, &json!({})).await.status >= 500);
        assert_eq!(number(&api).await["can_undo"], can_undo, "{fault:?}");
    }
    assert_eq!(api.post_json(&format!("{path}/undo"), &json!({})).await.status, 200);

    // Another program changes the number between two changes by the daemon: its calls, so that they no longer come to
    // the daemon, or only the reports of their ends. An undo restores the number's last webhooks of another program.
    let sid = before["sid"].as_str().unwrap();
    let other = "https://elsewhere.example/voice";
    let redirect = || harness.twilio_state.change_number(sid, |record| record.voice_url = other.to_owned());
    let set = async |status: u16| assert_eq!(api.post_json(&path, &json!({})).await.status, status);
    let undo = async || {
        let undone = api.post_json(&format!("{path}/undo"), &json!({})).await;
        assert_eq!(undone.status, 200, "{}", undone.text());
        number(&api).await
    };
    set(200).await;
    redirect();
    harness.twilio.fail_next(Operation::UpdateNumber, Fault::Status(400), 1);
    set(502).await;
    assert_eq!(undo().await, before, "a rejected change keeps what an earlier one replaced");
    set(200).await;
    harness.twilio_state.change_number(sid, |record| record.status_callback = other.to_owned());
    set(200).await;
    assert_eq!(undo().await, before, "the calls came to the daemon already");
    set(200).await;
    redirect();
    set(200).await;
    assert_eq!(undo().await["webhooks"]["voice_url"], other);
    assert_eq!(api.post_json("/api/twilio/numbers/PN0/webhooks", &json!({})).await.status, 404);
    harness.assert_rules_kept();
}
