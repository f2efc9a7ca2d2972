//! Calls, turns, recordings.

use super::with_data;
use crate::support::Daemon;
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
async fn only_owners_see_the_costs_of_calls() {
    let (daemon, _) = with_data();
    for (role, cost) in [("owner", json!(0)), ("staff", Value::Null)] {
        let api = daemon.client().with_token(&daemon.token(role));
        let (list, call) = (api.get("/api/calls").await.json(), api.get("/api/calls/1").await.json());
        let timeline = api.get("/api/contacts/1/timeline?kinds=call").await.json();
        let turns = call["turns"].as_array().unwrap().iter().map(|turn| &turn["cost_micros"]);
        let shown = [&list["calls"][0], &call, &timeline["items"][0]["call"]].map(|call| &call["cost_micros"]);
        for shown in turns.chain(shown) {
            assert_eq!(shown, &cost, "{role}: {list} {call} {timeline}");
        }
    }
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

/// Inserts calls with most end reasons. Some calls were answered, have a message or led to a booking, employees ended
/// some of them, two are of machines, and one is silent.
const CALLS_OF_ALL_KINDS: &str = "
    INSERT INTO calls(call_sid, thread_id, contact_id, direction, peer_number, own_number, state, engine, started_at,
                      answered_at, ended_at, end_reason, message_text, updated_at)
    SELECT 'CA-' || reason.value || engine.value || message.value, 2, 1, 'in', '+972501234567', '+97233333333', 'ended',
           nullif(engine.value, ''), '2026-11-10T10:00:00.000Z', iif(engine.value = '', NULL, '2026-11-10T10:00:02.000Z'),
           '2026-11-10T10:01:00.000Z', reason.value, nullif(message.value, ''), '2026-11-10T10:01:00.000Z'
    FROM json_each('[\"caller_hung_up\", \"agent_hung_up\", \"message_taken\", \"transferred\", \"idle\", \"too_long\", \"fallback\",
                     \"dropped\", \"shutdown\", \"not_connected\", \"interrupted\"]') AS reason,
         json_each('[\"\", \"realtime\", \"voicemail\"]') AS engine, json_each('[\"\", \"Call me\"]') AS message;
    INSERT INTO call_events(call_id, at, kind)
    SELECT id, ended_at, 'robot' FROM calls WHERE call_sid IN ('CA-agent_hung_uprealtime', 'CA-not_connected');
    INSERT INTO call_events(call_id, at, kind)
    SELECT id, ended_at, 'silent_caller' FROM calls WHERE call_sid = 'CA-agent_hung_up';
    INSERT INTO call_events(call_id, at, kind)
    SELECT id, ended_at, 'hung_up_by_employee' FROM calls WHERE end_reason IN ('agent_hung_up', 'not_connected') AND id > 2 AND id % 2;
    INSERT INTO services(id, name, duration_min, created_at, updated_at)
    VALUES (1, 'Haircut', 30, '2026-11-01T10:00:00.000Z', '2026-11-01T10:00:00.000Z');
    INSERT INTO appointments(contact_id, service_id, resource_id, starts_at, ends_at, blocked_from, blocked_to, time_zone,
                             state, source, call_id, created_by, created_at, updated_at)
    SELECT 1, 1, 1, '2026-11-20T10:00:00.000Z', '2026-11-20T10:30:00.000Z', '2026-11-20T10:00:00.000Z',
           '2026-11-20T10:30:00.000Z', 'Asia/Jerusalem', 'booked', 'agent', id, 'agent', started_at, started_at
    FROM calls WHERE call_sid = 'CA-caller_hung_uprealtime';
";

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_an_outcome_are_those_that_the_list_shows_with_it() {
    let mut daemon = Daemon::prepare(|_| {});
    daemon.seed(include_str!("data.sql"));
    daemon.seed(CALLS_OF_ALL_KINDS);
    daemon.launch();
    let api = daemon.api();
    let list = async |query: &str| {
        let reply = api.get(&format!("/api/calls?limit=200{query}")).await;
        assert_eq!(reply.status, 200, "{query}: {}", reply.text());
        reply.json()["calls"].as_array().unwrap().clone()
    };
    let all = list("").await;
    assert!(all.len() >= 11 * 3 * 2, "{}", all.len());
    for (outcome, has_some) in [
        ("live", false),
        ("answered", true),
        ("message", true),
        ("missed", true),
        ("transferred", true),
        ("booked", true),
        ("failed", true),
        ("robot", true),
        ("silent", true),
    ] {
        let shown: Vec<_> = all.iter().filter(|call| call["outcome"] == outcome).cloned().collect();
        assert_eq!(!shown.is_empty(), has_some, "{outcome}");
        assert_eq!(list(&format!("&outcome={outcome}")).await, shown, "{outcome}");
        assert_eq!(list(&format!("&contact_id=1&outcome={outcome}")).await, shown, "{outcome} of the contact");
    }
}
