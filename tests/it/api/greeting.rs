//! A greeting that a user uploads is played in the next call.

use super::{change, with_data};
use crate::support::client::send;
use crate::support::telephony::CallHarness;
use crate::support::{Client, Daemon, Reply};
use agentlocator::audio::wav;
use reqwest::Method;
use serde_json::{Value, json};

/// Creates a WAV file with a tone of this length, at a sample rate of 16 kHz.
fn tone(ms: usize, channels: u16) -> Vec<u8> {
    let frames = ms * 16;
    let mut file = wav::pcm_header(channels, 16_000, frames as u64).to_vec();
    for frame in 0..frames {
        let sample: i16 = if frame % 32 < 16 { 8000 } else { -8000 };
        for _ in 0..channels {
            file.extend(sample.to_le_bytes());
        }
    }
    file
}

async fn upload(api: &Client, content: Vec<u8>) -> String {
    let reply = send(api.request(Method::POST, "/api/media").body(content)).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()["id"].as_str().unwrap().to_owned()
}

async fn set(api: &Client, content: Vec<u8>) -> Reply {
    let id = upload(api, content).await;
    send(api.request(Method::PUT, "/api/greeting").json(&json!({"media_id": id, "name": "mine.wav"}))).await
}

/// Returns the path that the TwiML of a call plays.
async fn played(client: &Client) -> String {
    let xml = client.get("/webhook/incoming_call").await.text();
    let url = xml.split_once("<Play>").unwrap().1.split_once("</Play>").unwrap().0;
    url[url.find("/static").unwrap()..].to_owned()
}

#[tokio::test]
async fn the_next_call_hears_the_new_greeting_under_a_new_address() {
    let (mut daemon, api) = with_data();
    let shipped = played(&daemon.client()).await;
    assert_eq!(shipped, "/static/tts/greeting_he.mp3");
    let shown = api.get("/api/greeting").await.json();
    assert_eq!((&shown["source"], &shown["recordings"]), (&json!("shipped"), &json!([])));

    let first = set(&api, tone(1500, 2)).await;
    assert_eq!(first.status, 200, "{}", first.text());
    let first = first.json();
    assert_eq!((&first["source"], &first["duration_ms"]), (&json!("page"), &json!(1500)));
    assert_eq!(
        (&first["recordings"][0]["name"], &first["recordings"][0]["is_current"]),
        (&json!("mine.wav"), &json!(true))
    );
    let path = played(&daemon.client()).await;
    assert!(path.starts_with("/static/tts/greeting_he.wav?v="), "{path}");
    let sound = daemon.client().get(&path).await;
    assert_eq!((sound.status, sound.header("content-type"), sound.body == tone(1500, 1)), (200, "audio/wav", true));
    assert_eq!(api.get("/api/greeting/audio").await.body, sound.body);

    let second = set(&api, tone(2000, 1)).await.json();
    assert_ne!(played(&daemon.client()).await, path);
    // A call that received the old URL plays the current greeting, and the response must not be cached under that URL.
    let late = daemon.client().get(&path).await;
    assert_eq!((late.status, late.header("cache-control"), late.body == tone(2000, 1)), (200, "no-store", true));

    // The greeting is stored in the database, so it survives a restart and is part of a copy of the database file.
    daemon.restart();
    let api = daemon.api();
    assert_eq!(api.get("/api/greeting").await.json(), second);
    let id = first["recordings"][0]["id"].clone();
    assert_eq!(api.get(&format!("/api/greeting/audio?id={id}")).await.body, tone(1500, 1));
    let back = change(&api, "POST", "/api/greeting/choose", json!({"id": id}), 200).await;
    assert_eq!((&back["duration_ms"], played(&daemon.client()).await), (&json!(1500), path));
    let shipped_again = change(&api, "DELETE", "/api/greeting", Value::Null, 200).await;
    assert_eq!((&shipped_again["source"], played(&daemon.client()).await), (&json!("shipped"), shipped));
    assert_eq!(shipped_again["recordings"].as_array().unwrap().len(), 2, "they are kept to go back to");
    change(&api, "POST", "/api/greeting/choose", json!({"id": 99}), 404).await;
}

#[tokio::test]
async fn a_greeting_that_callers_could_not_hear_is_refused() {
    let (daemon, api) = with_data();
    for (content, code) in [
        (tone(10_100, 1), "greeting_too_long"),
        (tone(50, 1), "unsupported_sound"),
        (tone(0, 1), "unsupported_sound"),
        (b"OggS\0\x02 and no sound".to_vec(), "unsupported_sound"),
        (b"\x89PNG\r\n\x1a\n".to_vec(), "unsupported_sound"),
    ] {
        let refused = set(&api, content).await;
        assert_eq!((refused.status, refused.json()["error"]["code"].clone()), (422, json!(code)));
    }
    let unknown = json!({"media_id": "00"});
    let refused = change(&api, "PUT", "/api/greeting", unknown, 422).await;
    assert_eq!(refused["error"]["code"], "media_unknown");
    assert_eq!(api.get("/api/greeting").await.json()["source"], "shipped");
    assert_eq!(daemon.query_value::<i64>("SELECT count(*) FROM greetings"), 0);
    let staff = daemon.client().with_token(&daemon.token("staff"));
    assert_eq!(staff.get("/api/greeting").await.status, 200);
    assert_eq!(send(staff.request(Method::DELETE, "/api/greeting")).await.status, 403);
}

#[tokio::test]
async fn a_greeting_file_of_the_machine_takes_precedence_and_locks_the_setting() {
    let mut daemon = Daemon::prepare(|_| {});
    let file = daemon.folder().join("hello.wav");
    std::fs::write(&file, tone(700, 1)).unwrap();
    daemon.launch();
    let api = daemon.api();
    assert_eq!(set(&api, tone(900, 1)).await.status, 200);
    daemon.stop();
    daemon.reconfigure(|setup| {
        setup.toml(&format!("[voice]\ngreeting_file = \"{}\"\n", file.display()));
    });
    daemon.launch();
    let api = daemon.api();
    let shown = api.get("/api/greeting").await.json();
    assert_eq!((&shown["source"], &shown["duration_ms"], &shown["line"]), (&json!("file"), &json!(700), &json!(2)));
    assert_eq!(shown["path"], json!(file.display().to_string()));
    for (method, path, body) in [
        ("PUT", "/api/greeting", json!({"media_id": upload(&api, tone(500, 1)).await})),
        ("POST", "/api/greeting/choose", json!({"id": 1})),
        ("DELETE", "/api/greeting", Value::Null),
    ] {
        let refused = change(&api, method, path, body, 409).await;
        assert_eq!(
            (&refused["error"]["code"], &refused["error"]["params"]["line"]),
            (&json!("setting_locked"), &json!("2"))
        );
    }
    assert_eq!(daemon.client().get(&played(&daemon.client()).await).await.body, tone(700, 1));
}

#[tokio::test]
async fn the_last_five_greetings_are_kept_and_the_same_sound_is_stored_once() {
    let (daemon, api) = with_data();
    for ms in [600, 700, 800, 900, 1000, 1100, 1100] {
        assert_eq!(set(&api, tone(ms, 1)).await.status, 200);
    }
    let kept: Vec<i64> = daemon.query_column("SELECT duration_ms FROM greetings ORDER BY id");
    assert_eq!(kept, [700, 800, 900, 1000, 1100]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_hears_the_greeting_before_the_agent() {
    let harness = CallHarness::with_ai(agentlocator::simulator::openai::OpenAiOptions::default(), |_| {}).await;
    let api = tokio::task::block_in_place(|| harness.daemon.api());
    assert_eq!(set(&api, tone(1200, 1)).await.status, 200);
    let report = harness.call(harness.plan("say 1.2s; listen")).await;
    let heard = &report.prompts[0];
    assert!(heard.what.contains("/static/tts/greeting_he.wav?v="), "{}", heard.what);
    assert_eq!(heard.length_ms, 1200);
}
