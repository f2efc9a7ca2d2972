//! Calls, turns, recordings.

use super::with_data;
use crate::support::client::send;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn calls_come_newest_first_with_what_was_said() {
    let (_daemon, api) = with_data();
    let list = api.get("/api/calls").await.json();
    let sids: Vec<_> =
        list["calls"].as_array().unwrap().iter().map(|call| call["call_sid"].as_str().unwrap()).collect();
    assert_eq!((sids, &list["next_cursor"]), (vec!["CA1", "CA2"], &Value::Null));
    let first = api.get("/api/calls?limit=1").await.json();
    let second = api.get(&format!("/api/calls?limit=1&cursor={}", first["next_cursor"].as_str().unwrap())).await.json();
    assert_eq!((&second["calls"][0]["call_sid"], &second["next_cursor"]), (&json!("CA2"), &Value::Null));
    assert_eq!(api.get("/api/calls?thread_id=1").await.json()["calls"], json!([]));

    let call = api.get("/api/calls/1").await.json();
    assert_eq!((&call["end_reason"], &call["duration_ms"]), (&json!("caller_hung_up"), &json!(60000)));
    let turns = call["turns"].as_array().unwrap();
    assert_eq!((turns[0]["speaker"].as_str(), turns[0]["seq"].as_i64()), (Some("caller"), Some(1)));
    assert_eq!((&turns[1]["interrupted"], &turns[1]["heard_text"]), (&json!(true), &json!("בוודאי,")));
    assert_eq!((&call["recordings"][0]["channels"], &call["recordings"][0]["state"]), (&json!(2), &json!("complete")));
    assert_eq!(api.get("/api/calls/99").await.status, 404);
    assert_eq!(api.get("/api/calls?limit=-1").await.status, 400);
}

#[tokio::test]
async fn a_recording_is_served_in_ranges() {
    let (daemon, api) = with_data();
    let whole = api.get("/api/calls/1/recording").await;
    assert_eq!((whole.status, whole.text().as_str()), (200, "abcdefghijklmnopqrstuvwxyz"));
    assert_eq!((whole.header("content-type"), whole.header("accept-ranges")), ("audio/wav", "bytes"));
    let etag = whole.header("etag").to_owned();

    let range = |value: &'static str| send(api.request(Method::GET, "/api/calls/1/recording").header("range", value));
    let part = range("bytes=8-12").await;
    assert_eq!((part.status, part.text().as_str()), (206, "ijklm"));
    assert_eq!((part.header("content-range"), part.header("content-length")), ("bytes 8-12/26", "5"));
    assert_eq!(range("bytes=-2").await.text(), "yz");
    let outside = range("bytes=26-").await;
    assert_eq!((outside.status, outside.header("content-range")), (416, "bytes */26"));

    let head = api.head("/api/calls/1/recording").await;
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, "26", 0));
    let known = send(api.request(Method::GET, "/api/calls/1/recording").header("if-none-match", etag)).await;
    assert_eq!((known.status, known.body.len()), (304, 0));
    for path in ["/api/calls/2/recording", "/api/calls/99/recording", "/api/calls/1/recording?recording_id=9"] {
        assert_eq!(api.get(path).await.status, 404, "{path}");
    }
    assert_eq!(daemon.client().get("/api/calls/1/recording").await.status, 401);
}
