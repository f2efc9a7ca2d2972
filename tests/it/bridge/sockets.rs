//! Daemon and bridge by Unix sockets, as the package sets them up.

use super::world::{DANA, World};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;

#[tokio::test(flavor = "multi_thread")]
async fn messages_and_files_go_by_unix_sockets_both_ways() {
    let mut world = World::linked_by_sockets().await;
    world.whatsapp.writes(DANA, "שלום").await.unwrap();
    world.talk_becomes(DANA, &["שלום"]).await;
    world.whatsapp.sends_file(DANA, "image", "image/png", &[7; 5000], &json!({})).await.unwrap();
    let is_here = |message: &Value| message["media_url"].as_str().is_some_and(|url| url.starts_with('/'));
    let photo = world.message(DANA, "the photo", is_here).await;
    assert_eq!(world.api.get(photo["media_url"].as_str().unwrap()).await.body, [7; 5000]);
    let answer = world.say("+972501234567", "שלום לך").await;
    world.until_status(DANA, &answer, "delivered").await;
    let mode = std::fs::metadata(world.bridge_socket()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
    // One that was killed leaves its socket behind.
    world.bridge.kill().await;
    world.becomes("unreachable").await;
    world.bridge.launch().await.unwrap();
    world.becomes("connected").await;
    let answer = world.say("+972501234567", "ושוב").await;
    world.until_status(DANA, &answer, "delivered").await;
}
