//! Files of inbound messages.

use crate::support::fake_server::FakeServer;
use crate::support::whatsapp::{OWN_SENDER, Shop, until};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const DANA: &str = "+972501234567";

/// Posts the webhook of a message with a file, as Twilio does.
async fn picture(shop: &Shop, sid: &str, url: &str) {
    let pairs = [
        ("MessageSid", sid),
        ("From", "whatsapp:+972501234567"),
        ("To", OWN_SENDER),
        ("Body", "look"),
        ("NumMedia", "1"),
        ("MediaUrl0", url),
        ("MediaContentType0", "image/jpeg"),
    ];
    assert_eq!(shop.twilio_posts("/webhook/whatsapp/twilio", &pairs).await.status, 204);
}

async fn only_message(shop: &Shop) -> Value {
    let page = shop.api.get("/api/threads/1/messages").await.json();
    page["messages"][0].clone()
}

/// Waits until the message has a local URL for its file, and returns the URL.
async fn until_here(shop: &Shop) -> String {
    until("the file", async || {
        let url = only_message(shop).await["media_url"].as_str().unwrap().to_owned();
        url.starts_with("/api/media/").then_some(url)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn twilio_s_file_is_fetched_with_credentials_that_no_redirect_gets() {
    let shop = Shop::open().await;
    let heads: Arc<Mutex<Vec<String>>> = Arc::default();
    let noted = heads.clone();
    let elsewhere = FakeServer::start(None, move |head| {
        noted.lock().unwrap().push(head.to_lowercase());
        "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\na voice".to_owned()
    });
    let there = format!("{}/media/1", elsewhere.url());
    // The file does not exist at the first request. At the second, its URL redirects to another host.
    shop.twilio.files([(404, Value::Null), (307, json!(there))]);
    picture(&shop, "SMa0000000000000000000000000000001", &shop.twilio.file_url()).await;
    let message = only_message(&shop).await;
    assert_eq!((message["message_type"].clone(), message["media_kind"].clone()), (json!("media"), json!("image")));
    let url = until_here(&shop).await;
    let authorizations = shop.twilio.file_requests();
    assert!(
        authorizations.len() == 2 && authorizations.iter().all(|it| it.starts_with("Basic ")),
        "{authorizations:?}"
    );
    assert_eq!(shop.daemon.query_value::<String>("SELECT source_url FROM message_media"), shop.twilio.file_url());

    let file = shop.api.get(&url).await;
    assert_eq!((file.status, file.text().as_str()), (200, "a voice"));
    assert_eq!(file.header("content-type"), "image/jpeg", "as the sender called it");
    assert_eq!(file.header("x-content-type-options"), "nosniff");
    assert!(file.header("content-security-policy").contains("sandbox"));
    assert_eq!(shop.daemon.client().get(&url).await.status, 401);
    assert_eq!(shop.api.get("/api/media/0000").await.status, 404);
    shop.daemon.logs().wait_for_event("WA_MEDIA_FETCHED");

    // The auth token is also not sent to a host that a webhook names.
    picture(&shop, "SMa0000000000000000000000000000002", &there).await;
    until("both files", async || (shop.count("message_media WHERE state = 'stored'") == 2).then_some(())).await;
    let heads = heads.lock().unwrap();
    assert!(heads.len() == 2 && !heads.iter().any(|head| head.contains("authorization")), "{heads:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_waits_while_twilio_does_not_accept_the_credentials() {
    let shop = Shop::open().await;
    shop.twilio.files([(401, Value::Null), (403, Value::Null)]);
    picture(&shop, "SMa0000000000000000000000000000001", &shop.twilio.file_url()).await;
    until_here(&shop).await;
    assert_eq!(shop.twilio.file_requests().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_content_is_kept_once() {
    let shop = Shop::open().await;
    picture(&shop, "SMa0000000000000000000000000000001", &shop.twilio.file_url()).await;
    picture(&shop, "SMa0000000000000000000000000000002", &shop.twilio.file_url()).await;
    until("both files", async || (shop.count("message_media WHERE state = 'stored'") == 2).then_some(())).await;
    assert_eq!(shop.count("media"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bridge_s_file_is_fetched_from_its_own_address() {
    let shop = Shop::open().await;
    let body = json!({
        "from": DANA, "id": "1", "type": "voice", "mime": "audio/ogg; codecs=opus",
        "media_url": format!("{}/media/1", shop.bridge.origin),
    });
    assert_eq!(shop.bridge_posts(&body).await.status, 204);
    let url = until_here(&shop).await;
    assert_eq!(only_message(&shop).await["media_kind"], "voice");
    let file = shop.api.get(&url).await;
    assert_eq!((file.text().as_str(), file.header("content-type")), ("a voice", "audio/ogg"));
    let part =
        crate::support::client::send(shop.api.request(reqwest::Method::GET, &url).header("Range", "bytes=2-4")).await;
    assert_eq!((part.status, part.text().as_str()), (206, "voi"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_fetched_stays_a_link_and_no_private_address_is_requested() {
    let shop = Shop::open().await;
    let inside = format!("{}/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1", shop.twilio.origin);
    let body = json!({ "from": DANA, "id": "1", "text": "x", "media_url": inside });
    assert_eq!(shop.bridge_posts(&body).await.status, 204);
    until("the refusal", async || (shop.count("message_media WHERE state = 'failed'") == 1).then_some(())).await;
    assert_eq!(shop.twilio.file_requests().len(), 0);
    assert_eq!(only_message(&shop).await["media_url"], json!(inside));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fetch_that_a_kill_cut_off_is_done_after_the_start() {
    let mut shop = Shop::open().await;
    shop.twilio.files([(404, Value::Null)]);
    picture(&shop, "SMa0000000000000000000000000000001", &shop.twilio.file_url()).await;
    shop.daemon.kill9();
    shop.daemon.launch();
    until_here(&shop).await;
}

/// Posts the webhook of a file by Twilio with this text and type, which is fetched from a server with this content.
/// Returns the message once the file is stored.
async fn receive_file(shop: &Shop, (body, mime): (&str, &str), content: &'static str) -> Value {
    let elsewhere = FakeServer::start(None, move |_| {
        let length = content.len();
        format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{content}")
    });
    shop.twilio.files([(307, json!(format!("{}/file", elsewhere.url())))]);
    let url = shop.twilio.file_url();
    let pairs = [
        ("MessageSid", "SMa0000000000000000000000000000001"),
        ("From", "whatsapp:+972501234567"),
        ("To", OWN_SENDER),
        ("Body", body),
        ("NumMedia", "1"),
        ("MediaUrl0", url.as_str()),
        ("MediaContentType0", mime),
    ];
    assert_eq!(shop.twilio_posts("/webhook/whatsapp/twilio", &pairs).await.status, 204);
    until_here(shop).await;
    only_message(shop).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_by_twilio_keeps_its_name() {
    let shop = Shop::open().await;
    let message = receive_file(&shop, ("מחיר 7.pdf", "application/pdf"), "%PDF-1.7").await;
    let file = &message["files"][0];
    assert_eq!((&file["file_name"], &file["extension"]), (&json!("מחיר 7.pdf"), &json!("pdf")));
    assert_eq!(message["content_text"], "");
    let content = shop.api.get(file["url"].as_str().unwrap()).await;
    let disposition = content.header("content-disposition");
    assert_eq!(disposition, "attachment; filename*=UTF-8''%D7%9E%D7%97%D7%99%D7%A8%207.pdf");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_card_by_twilio_is_shown_as_text() {
    let shop = Shop::open().await;
    let card = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Noa Barak\r\nTEL;waid=972527614408:+972 52-761-4408\r\nEND:VCARD\r\n";
    let message = receive_file(&shop, ("", "text/vcard"), card).await;
    assert_eq!(
        (&message["media_kind"], &message["content_text"]),
        (&json!("contact"), &json!("Noa Barak\n+972527614408"))
    );
    assert_eq!(message["files"][0]["extension"], "vcf");
}
