//! The account is linked through the daemon, by a QR code or by a code that is typed in on the phone.

use super::harness::{BridgeHarness, DANA, eventually};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_the_daemon_shows_links_the_account() {
    let harness = BridgeHarness::linked().await;
    let shown = harness.link_state().await;
    assert_eq!(shown["account"], json!({ "phone": "+15550001000", "name": "Test Business" }));
    assert_eq!((&shown["pairing"], &shown["reason"]), (&json!(null), &json!(null)), "{shown}");
    assert!(harness.session().is_dir());
    let again = harness.api.post_json("/api/whatsapp/bridge/pair", &json!({})).await;
    assert_eq!((again.status, again.json()["error"]["code"].as_str()), (409, Some("already_paired")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_typed_in_links_the_account_as_well() {
    let harness = BridgeHarness::begin().await;
    let code = eventually("a code to type in", async || {
        let asked = json!({ "phone": "050-1234567" });
        let reply = harness.api.post_json("/api/whatsapp/bridge/pairing-code", &asked).await;
        (reply.status == 200).then(|| reply.json()["code"].as_str().unwrap().to_owned())
    })
    .await;
    assert_eq!(harness.link_state().await["pairing_code"], json!(code));
    harness.whatsapp.call("/enter-code", &json!({ "code": code })).await.unwrap();
    harness.becomes("connected").await;
    harness.whatsapp.writes(DANA, "שלום").await.unwrap();
    harness.talk_becomes(DANA, &["שלום"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_and_a_new_link_keep_the_conversation() {
    let harness = BridgeHarness::linked().await;
    harness.whatsapp.writes(DANA, "לפני").await.unwrap();
    harness.talk_becomes(DANA, &["לפני"]).await;
    let reply = harness.api.post_json("/api/whatsapp/bridge/logout", &json!({})).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    harness.link().await;
    harness.whatsapp.writes(DANA, "אחרי").await.unwrap();
    harness.talk_becomes(DANA, &["לפני", "אחרי"]).await;
}
