//! A message that cannot be stored is not acknowledged. The daemon stores the message when the provider retries the
//! webhook.

use crate::support::whatsapp::{OWN_SENDER, Shop, until};
use serde_json::json;

const DANA: &str = "+972501234567";

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_webhooks_are_refused_for_a_retry_and_calls_are_answered() {
    let shop = Shop::open().await;
    shop.receive_by_bridge(DANA, "B1", "before").await;
    let by_bridge = json!({ "from": DANA, "text": "now", "id": "B2" });
    let by_twilio = [
        ("MessageSid", "SMa0000000000000000000000000000001"),
        ("From", "whatsapp:+972501234567"),
        ("To", OWN_SENDER),
        ("Body", "now too"),
    ];
    let call = [
        ("CallSid", "CA00000000000000000000000000000001"),
        ("From", DANA),
        ("To", "+97235551234"),
        ("CallStatus", "ringing"),
    ];

    shop.daemon.let_files_grow("1024:unlimited");
    for reply in [shop.bridge_posts(&by_bridge).await, shop.twilio_posts("/webhook/whatsapp/twilio", &by_twilio).await]
    {
        assert_eq!(reply.status, 503, "{}", reply.text());
        assert!(reply.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 0));
    }
    let sent = shop.send(&json!({ "to": DANA, "text": "an answer" })).await;
    assert_eq!((sent.status, sent.json()["error"]["code"].clone()), (503, json!("unavailable")));
    assert!(sent.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 0));
    for path in ["/webhook/incoming_call", "/webhook/handle_recording", "/webhook/stream_ended"] {
        let reply = shop.twilio_posts(path, &call).await;
        assert_eq!((reply.status, reply.text().contains("<Response>")), (200, true), "{path}: {}", reply.text());
    }
    assert_eq!(shop.twilio_posts("/webhook/call_status", &call).await.status, 204);
    assert_eq!(shop.talk(DANA).await, ["before"], "what was there can be read");

    shop.daemon.let_files_grow("unlimited:unlimited");
    until("the message to be stored", async || (shop.bridge_posts(&by_bridge).await.status == 204).then_some(())).await;
    assert_eq!(shop.twilio_posts("/webhook/whatsapp/twilio", &by_twilio).await.status, 204);
    assert_eq!(shop.talk(DANA).await, ["before", "now", "now too"]);
    assert_eq!(shop.bridge.texts(), [""; 0], "what was refused is not sent");
}
