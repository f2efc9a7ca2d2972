//! Daemon and bridge connected by Unix sockets, as in the package.

use super::harness::{BridgeHarness, DANA};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;

#[tokio::test(flavor = "multi_thread")]
async fn messages_and_files_go_by_unix_sockets_both_ways() {
    let mut harness = BridgeHarness::linked_by_sockets().await;
    harness.whatsapp.writes(DANA, "שלום").await.unwrap();
    harness.talk_becomes(DANA, &["שלום"]).await;
    harness.whatsapp.sends_file(DANA, "image", "image/png", &[7; 5000], &json!({})).await.unwrap();
    let is_here = |message: &Value| message["media_url"].as_str().is_some_and(|url| url.starts_with('/'));
    let photo = harness.message(DANA, "the photo", is_here).await;
    assert_eq!(harness.api.get(photo["media_url"].as_str().unwrap()).await.body, [7; 5000]);
    let answer = harness.say("+972501234567", "שלום לך").await;
    harness.until_status(DANA, &answer, "delivered").await;
    let mode = std::fs::metadata(harness.bridge_socket()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
    // A killed bridge leaves its socket file behind.
    harness.bridge.kill().await;
    harness.becomes("unreachable").await;
    harness.bridge.launch().await.unwrap();
    harness.becomes("connected").await;
    let answer = harness.say("+972501234567", "ושוב").await;
    harness.until_status(DANA, &answer, "delivered").await;
}
