//! Files that users upload, and waveforms.

use super::with_data;
use crate::support::client::send;
use crate::support::whatsapp::Shop;
use crate::support::{Client, Reply};
use reqwest::Method;
use serde_json::{Value, json};

const DANA: &str = "+972501234567";

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(width, height, image::Rgb([10, 200, 30]))
        .write_to(&mut file, image::ImageFormat::Png)
        .unwrap();
    file.into_inner()
}

async fn upload(api: &Client, stated: &str, name: &str, content: Vec<u8>) -> Reply {
    let request = api.request(Method::POST, "/api/media").header("content-type", stated).header("x-file-name", name);
    send(request.body(content)).await
}

#[tokio::test]
async fn a_file_is_examined_by_its_content() {
    let (daemon, api) = with_data();
    let reply = upload(&api, "text/html", "%D7%AA%D7%9E%D7%95%D7%A0%D7%94.png", png(800, 400)).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let file = reply.json();
    assert_eq!((&file["mime"], &file["width"], &file["height"]), (&json!("image/png"), &json!(800), &json!(400)));
    assert!(file["thumbhash"].is_string());
    let thumbnail = api.get(file["thumbnail_url"].as_str().unwrap()).await;
    assert_eq!((thumbnail.status, thumbnail.header("content-type")), (200, "image/jpeg"));
    let whole = api.get(&format!("/api/media/{}", file["id"].as_str().unwrap())).await;
    assert_eq!((whole.status, whole.body == png(800, 400)), (200, true));
    let html = upload(&api, "text/html", "x.html", b"<script>alert(1)</script>".to_vec()).await.json();
    assert_eq!((&html["mime"], &html["thumbnail_url"]), (&json!("application/octet-stream"), &Value::Null));
    let broken = upload(&api, "image/png", "x.png", b"\x89PNG\r\n\x1a\nbroken".to_vec()).await;
    assert_eq!((broken.status, broken.json()["width"].clone()), (201, Value::Null));
    assert_eq!(upload(&api, "image/png", "x", Vec::new()).await.status, 400);
    assert_eq!(upload(&api, "image/png", "x", vec![0; (16 << 20) + 1]).await.status, 413);
    assert_eq!(upload(&daemon.client(), "image/png", "x", png(1, 1)).await.status, 401);
    assert_eq!(daemon.query_value::<String>("SELECT file_name FROM media_details WHERE width = 800"), "תמונה.png");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_uploaded_file_is_sent_by_a_signed_link() {
    let shop = Shop::open().await;
    shop.receive_by_twilio("whatsapp:+972501234567", "SMa0000000000000000000000000000001", "hi").await;
    let file = upload(&shop.api, "image/png", "a.png", png(64, 32)).await.json();
    let id = file["id"].as_str().unwrap();
    let sent = shop.send(&json!({"to": DANA, "text": "look", "media_id": id})).await;
    assert_eq!(sent.status, 200, "{}", sent.text());
    let message = shop.until_status(&sent.json(), "sent").await;
    assert_eq!((&message["media_kind"], &message["media_state"]), (&json!("image"), &json!("stored")));
    assert_eq!((&message["files"][0]["width"], &message["files"][0]["file_name"]), (&json!(64), &json!("a.png")));
    let request = shop.twilio.taken().pop().unwrap();
    let link = request.value("MediaUrl").unwrap();
    let path = link.strip_prefix(&shop.daemon.url()).unwrap();
    assert!(path.starts_with(&format!("/static/media/{id}?")), "{path}");
    let anonymous = shop.daemon.client();
    let fetched = anonymous.get(path).await;
    assert_eq!((fetched.status, fetched.header("content-type"), fetched.body == png(64, 32)), (200, "image/png", true));
    let forged = path.replace("expires=", "expires=9");
    for wrong in [forged.as_str(), &format!("/static/media/{id}"), &format!("/static/media/{id}?expires=1&signature=")]
    {
        assert_eq!(anonymous.get(wrong).await.status, 403, "{wrong}");
    }
    for (body, code) in [
        (json!({"to": DANA, "media_id": "00"}), "media_unknown"),
        (json!({"to": DANA, "media_id": id, "media_url": "https://93.184.216.34/a.jpg"}), "invalid"),
    ] {
        let refused = shop.send(&body).await;
        assert_eq!((refused.status, refused.json()["error"]["code"].clone()), (422, json!(code)), "{body}");
    }
}

#[tokio::test]
async fn a_recording_has_a_waveform_of_both_sides() {
    let (mut daemon, api) = with_data();
    assert_eq!(api.get("/api/calls/1/peaks").await.status, 404, "not a WAV file");
    assert_eq!(api.get("/api/calls/2/peaks").await.status, 404, "no recording");
    let mut wav = agentlocator::audio::wav::header(2, 16_000).to_vec();
    wav.extend([0x80, 0xff].repeat(8000));
    let content = agentlocator::domain::hex(&wav);
    // Waits for the backfill, so that it does not compress the recording that the test inserts below.
    daemon.until_backfilled().await;
    daemon.stop();
    daemon.seed(&format!("DELETE FROM recording_chunks; INSERT INTO recording_chunks VALUES (1, 0, x'{content}')"));
    daemon.launch();
    let api = daemon.api();
    let peaks = api.get("/api/calls/1/peaks?bins=10").await;
    assert_eq!(peaks.status, 200, "{}", peaks.text());
    let peaks = peaks.json();
    assert_eq!(peaks["duration_ms"], 1000);
    assert_eq!((&peaks["caller"], &peaks["agent"]), (&json!(vec![250; 10]), &json!(vec![0; 10])));
    assert_eq!(api.get("/api/calls/1/peaks").await.json()["caller"].as_array().unwrap().len(), 20);
    assert_eq!(api.get("/api/calls/1/peaks?bins=0").await.status, 400);
}
