//! Messages from before the account was linked are stored, and cause no notifications.

use crate::support::whatsapp::{Shop, until};
use serde_json::{Value, json};

const DANA: &str = "+972501234567";
const NOA: &str = "+972541111111";

async fn threads(shop: &Shop) -> Vec<Value> {
    shop.api.get("/api/threads?type=whatsapp").await.json()["threads"].as_array().unwrap().clone()
}

async fn bring(shop: &Shop, from: &str, id: &str, text: &str, at: &str, history: bool) {
    let body = json!({ "event": "message", "from": from, "id": id, "text": text, "timestamp": at, "history": history });
    assert_eq!(shop.bridge_posts(&body).await.status, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn history_begins_a_thread_as_old_as_it_is_with_nothing_unread() {
    let shop = Shop::open().await;
    shop.receive_by_bridge(NOA, "N1", "now").await;
    bring(&shop, DANA, "D2", "second", "2021-05-02T10:00:00Z", true).await;
    bring(&shop, DANA, "D1", "first", "2021-05-01T10:00:00Z", true).await;
    let own = json!({ "event": "message", "from_me": true, "to": DANA, "id": "D3", "text": "third",
        "timestamp": "2021-05-03T10:00:00Z", "history": true });
    assert_eq!(shop.bridge_posts(&own).await.status, 204);
    assert_eq!(shop.talk(DANA).await, ["first", "second", ">third"]);
    let threads = threads(&shop).await;
    let shown = |at: usize| (threads[at]["peer_number"].clone(), threads[at]["unread_count"].clone());
    assert_eq!((shown(0), shown(1)), ((json!(NOA), json!(1)), (json!(DANA), json!(0))), "the newest message is first");
    assert_eq!(threads[1]["last_message_at"], "2021-05-03T10:00:00.000Z");
    assert_eq!(threads[1]["provider"], "baileys");
    assert_eq!(shop.count("messages WHERE extra = '{\"history\":true}'"), 3);
    assert_eq!(shop.count("threads WHERE last_in_at IS NOT NULL"), 1, "no window opens");
}

#[tokio::test(flavor = "multi_thread")]
async fn history_in_a_live_thread_changes_no_order() {
    let shop = Shop::open().await;
    shop.receive_by_twilio("whatsapp:+972501234567", "SMa0000000000000000000000000000001", "live").await;
    let before = threads(&shop).await;
    let windows = || {
        let sql = "SELECT last_in_provider || last_in_at || last_in_twilio_at FROM threads";
        shop.daemon.query_value::<String>(sql)
    };
    let window = windows();
    bring(&shop, DANA, "D1", "before", "2024-05-01T10:00:00Z", true).await;
    // Imported messages that are only an hour old also change nothing, because they were not sent to this server.
    let hour_ago = agentlocator::domain::Timestamp::from_millis(now_ms() - 3_600_000).to_string();
    bring(&shop, DANA, "D2", "an hour ago", &hour_ago, true).await;
    assert_eq!(shop.talk(DANA).await, ["before", "an hour ago", "live"]);
    assert_eq!((threads(&shop).await, windows()), (before, window));
    // A reply uses the provider of the live message, and ignores the imported history.
    assert_eq!(shop.say(DANA, "answer").await["provider"], "twilio");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_message_stays_live_when_history_repeats_it() {
    let shop = Shop::open().await;
    bring(&shop, DANA, "D1", "hello", "2024-05-01T10:00:00Z", false).await;
    bring(&shop, DANA, "D1", "hello", "2024-05-01T10:00:00Z", true).await;
    assert_eq!(shop.talk(DANA).await, ["hello"]);
    assert_eq!(threads(&shop).await[0]["unread_count"], 1);
    assert_eq!(shop.count("messages WHERE extra IS NULL"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unavailable_file_of_the_history_is_recorded_and_not_fetched() {
    let shop = Shop::open().await;
    let body = json!({ "event": "message", "from": DANA, "id": "D1", "type": "image", "mime": "image/jpeg",
        "timestamp": "2021-05-01T10:00:00Z", "history": true,
        "caption": "look", "media_error": { "code": "gone", "message": "WhatsApp has no such file any more" } });
    assert_eq!(shop.bridge_posts(&body).await.status, 204);
    assert_eq!(shop.talk(DANA).await, ["look"]);
    let page = shop.api.get("/api/threads/1/messages").await.json();
    let message = &page["messages"][0];
    assert_eq!((&message["message_type"], &message["media_kind"]), (&json!("media"), &json!("image")));
    assert_eq!(message["media_url"], Value::Null);
    let why: String = shop.daemon.query_value("SELECT error FROM message_media WHERE state = 'failed'");
    assert_eq!(why, "WhatsApp has no such file any more");
    assert_eq!(shop.count("jobs"), 0);
    // If the message also has a URL, the file is fetched.
    let body = json!({ "event": "message", "from": DANA, "id": "D2", "type": "audio", "media_error": "late",
        "timestamp": "2021-05-02T10:00:00Z", "history": true,
        "media_url": format!("{}/media/1", shop.bridge.origin) });
    assert_eq!(shop.bridge_posts(&body).await.status, 204);
    until("the file", async || (shop.count("message_media WHERE state = 'stored'") == 1).then_some(())).await;
    assert_eq!(shop.count("messages WHERE extra = '{\"history\":true}'"), 2);
}

fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}
