//! The event stream.

use super::with_data;
use crate::support::daemon::LIMIT;
use crate::support::telephony::CallHarness;
use crate::support::whatsapp::Shop;
use crate::support::{Client, Daemon};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::time::timeout;

/// An open event stream, read event by event.
struct Events {
    response: Response,
    text: String,
}

#[derive(Debug, Default, PartialEq)]
struct Event {
    id: String,
    name: String,
    data: Option<Value>,
}

impl Events {
    async fn open(api: &Client, last: Option<&str>) -> Self {
        let request = api.request(Method::GET, "/api/events");
        let request = last.into_iter().fold(request, |request, id| request.header("Last-Event-ID", id));
        let response = request.send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), &response.headers()["content-type"]),
            (200, &"text/event-stream".parse().unwrap())
        );
        Self { response, text: String::new() }
    }

    /// Returns the next event that is not a keep-alive event; `None` at the end of the stream.
    async fn next(&mut self) -> Option<Event> {
        loop {
            let event = self.any().await?;
            if event.name != "alive" {
                return Some(event);
            }
        }
    }

    async fn any(&mut self) -> Option<Event> {
        while !self.text.contains("\n\n") {
            let chunk = timeout(LIMIT, self.response.chunk()).await.expect("no event came").unwrap()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
        let end = self.text.find("\n\n").unwrap();
        let block: String = self.text.drain(..end + 2).collect();
        let mut event = Event::default();
        for line in block.lines() {
            match line.split_once(": ") {
                Some(("id", id)) => id.clone_into(&mut event.id),
                Some(("event", name)) => name.clone_into(&mut event.name),
                Some(("data", data)) => event.data = Some(serde_json::from_str(data).unwrap()),
                _ => {}
            }
        }
        Some(event)
    }

    /// Returns the next notice that a user types.
    async fn typing(&mut self) -> Event {
        let notice = async {
            loop {
                let event = self.next().await.unwrap();
                if event.name == "typing" {
                    return event;
                }
            }
        };
        timeout(LIMIT, notice).await.expect("no notice came")
    }

    /// Returns the kind, the thread and the row of the next change, except for changes of alerts and of the bridge.
    async fn change(&mut self) -> (String, Value, Value) {
        loop {
            let event = self.next().await.unwrap();
            let data = event.data.unwrap();
            assert_eq!((event.id, event.name), (data["seq"].to_string(), String::new()));
            // The daemon may raise alerts about the test machine or update the state of the bridge at any time.
            if data["kind"] != "alert_updated" && data["kind"] != "bridge_updated" {
                return (data["kind"].as_str().unwrap().to_owned(), data["thread_id"].clone(), data["ref_id"].clone());
            }
        }
    }
}

fn kind(kind: &str, thread: impl Into<Value>, row: impl Into<Value>) -> (String, Value, Value) {
    (kind.to_owned(), thread.into(), row.into())
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_streamed_as_they_are_committed() {
    let shop = Shop::open().await;
    assert_eq!(shop.daemon.client().get("/api/events").await.status, 401);
    let mut events = Events::open(&shop.api, None).await;
    let first = events.next().await.unwrap();
    assert!(first.data.is_none() && first.id.parse::<i64>().is_ok(), "{first:?}");

    shop.receive_by_bridge("972501234567", "A1", "hello").await;
    assert_eq!(events.change().await, kind("contact_updated", Value::Null, 1));
    assert_eq!(events.change().await, kind("message_created", 1, 1));
    // A repeated webhook changes nothing, so the next event belongs to the next request.
    shop.receive_by_bridge("972501234567", "A1", "hello").await;
    shop.api.post_json("/api/threads/1/read", &json!({})).await;
    assert_eq!(events.change().await, kind("thread_updated", 1, 1));

    let sent = shop.say("+972501234567", "hi").await;
    assert_eq!(events.change().await, kind("message_created", 1, 2));
    let sent = shop.until_status(&sent, "sent").await;
    assert_eq!(sent["id"], 2);
    assert_eq!(events.change().await, kind("message_updated", 1, 2));

    let rename = shop.api.request(Method::PATCH, "/api/contacts/1").json(&json!({"display_name": "Dana"}));
    let renamed = crate::support::client::send(rename).await;
    assert_eq!(renamed.status, 200, "{}", renamed.text());
    let mut next = events.change().await;
    while next.0 != "contact_updated" {
        next = events.change().await;
    }
    assert_eq!(next, kind("contact_updated", Value::Null, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_streamed_from_start_to_end() {
    let harness = CallHarness::without_ai(|_| {}).await;
    let api = tokio::task::block_in_place(|| harness.daemon.api());
    let mut events = Events::open(&api, None).await;
    events.next().await.unwrap();
    harness.ring("CA00000000000000000000000000000001").await;
    assert_eq!(events.change().await.0, "contact_updated");
    assert_eq!(events.change().await, kind("call_started", 1, 1));
    let ended = [
        ("CallSid", "CA00000000000000000000000000000001"),
        ("CallStatus", "completed"),
        ("From", "+972501234567"),
        ("To", "+97235551234"),
    ];
    assert_eq!(harness.hook("/webhook/call_status", &ended).await.status, 204);
    let mut next = events.change().await;
    while next.0 == "call_updated" {
        next = events.change().await;
    }
    assert_eq!(next, kind("call_ended", 1, 1));
}

#[tokio::test]
async fn a_stream_resumes_or_says_that_it_cannot() {
    let mut daemon = Daemon::prepare(|_| {});
    daemon.seed(include_str!("data.sql"));
    daemon.seed(
        "INSERT INTO changes(seq, at, kind, thread_id, ref_id) VALUES
            (500, '2026-11-10T10:00:00.000Z', 'thread_updated', 1, 1), (501, '2026-11-10T10:00:01.000Z', 'message_created', 1, 4)",
    );
    daemon.launch();
    let api = daemon.api();
    let mut events = Events::open(&api, Some("499")).await;
    assert_eq!(events.next().await.unwrap().id, "499");
    let event = events.next().await.unwrap();
    let change =
        json!({"seq": 500, "at": "2026-11-10T10:00:00.000Z", "kind": "thread_updated", "thread_id": 1, "ref_id": 1});
    assert_eq!(event, Event { id: "500".to_owned(), name: String::new(), data: Some(change) });
    assert_eq!(events.change().await, kind("message_created", 1, 4));
    // A client's first request has its position in the URL. When the client reconnects to the same URL, its
    // `Last-Event-ID` header takes precedence.
    let of_url = async |last: Option<&str>| {
        let request = api.request(Method::GET, "/api/events?after=499");
        let request = last.into_iter().fold(request, |request, id| request.header("Last-Event-ID", id));
        let mut events = Events { response: request.send().await.unwrap(), text: String::new() };
        events.next().await.unwrap();
        events.next().await.unwrap().id
    };
    assert_eq!((of_url(None).await, of_url(Some("500")).await), ("500".to_owned(), "501".to_owned()));
    for unknown in ["7", "99999", "-3", "yesterday"] {
        let mut events = Events::open(&api, Some(unknown)).await;
        events.next().await.unwrap();
        let reset = events.next().await.unwrap();
        assert_eq!((reset.name.as_str(), reset.id.parse::<i64>().unwrap() >= 501), ("reset", true), "{unknown}");
        // Later events arrive as on any other stream.
        let put = api.request(Method::PUT, "/api/threads/1/draft").json(&json!({"text": unknown}));
        assert_eq!(crate::support::client::send(put).await.status, 200);
        assert_eq!(events.change().await, kind("draft_updated", 1, 1), "{unknown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_resumes_after_a_restart_without_a_gap() {
    let (mut daemon, api) = with_data();
    let draft = async |text: &str| {
        let put = api.request(Method::PUT, "/api/threads/1/draft").json(&json!({"text": text}));
        assert_eq!(crate::support::client::send(put).await.status, 200);
    };
    let mut events = Events::open(&api, None).await;
    let known = events.next().await.unwrap().id;
    draft("one").await;
    assert_eq!(events.change().await, kind("draft_updated", 1, 1));
    // The stream does not receive this one before the stop.
    draft("two").await;
    tokio::task::block_in_place(|| daemon.restart());
    draft("three").await;
    // One stream is at the newest position, so the daemon has read nothing before it.
    let mut newest = Events::open(&api, None).await;
    newest.next().await.unwrap();
    draft("four").await;
    assert_eq!(newest.change().await, kind("draft_updated", 1, 1));
    let mut resumed = Events::open(&api, Some(&known)).await;
    resumed.next().await.unwrap();
    let mut seq: i64 = known.parse().unwrap();
    let mut drafts = 0;
    while drafts < 4 {
        let event = resumed.next().await.unwrap();
        seq += 1;
        assert_eq!(event.id, seq.to_string());
        drafts += i32::from(event.data.unwrap()["kind"] == "draft_updated");
    }
}

/// The database has more changes than a stream reads at once.
#[tokio::test]
async fn streams_at_different_positions_miss_no_change() {
    let mut daemon = Daemon::prepare(|_| {});
    daemon.seed(include_str!("data.sql"));
    daemon.seed(
        "WITH RECURSIVE n(seq) AS (SELECT 500 UNION ALL SELECT seq + 1 FROM n WHERE seq < 2899)
         INSERT INTO changes(seq, at, kind, thread_id, ref_id)
             SELECT seq, '2026-11-10T10:00:00.000Z', 'message_created', 1, seq FROM n",
    );
    daemon.launch();
    let api = daemon.api();
    let positions = [499, 2700, 2899, 1200, 499, 2898];
    let streams = futures_util::future::join_all(positions.map(|position| {
        let api = &api;
        async move {
            let mut events = Events::open(api, Some(&position.to_string())).await;
            for seq in position..2900 {
                assert_eq!(events.next().await.unwrap().id, seq.to_string(), "after {position}");
            }
            events
        }
    }));
    let streams = streams.await;
    let put = api.request(Method::PUT, "/api/threads/1/draft").json(&json!({"text": "of the token"}));
    assert_eq!(crate::support::client::send(put).await.status, 200);
    for mut events in streams {
        // The creation of this test's API token is the first change after the seeded ones.
        assert_eq!(events.change().await, kind("token_updated", Value::Null, 1));
        assert_eq!(events.change().await, kind("draft_updated", 1, 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_reader_gets_what_it_may_see() {
    let (daemon, _) = with_data();
    let owner = daemon.logged_in("dana", "owner").await;
    let staff = daemon.logged_in("gal", "staff").await;
    let (mut of_owner, mut of_staff) = (Events::open(&owner, None).await, Events::open(&staff, None).await);
    for events in [&mut of_owner, &mut of_staff] {
        events.next().await.unwrap();
    }
    let put = async |api: &Client, path: &str, body: Value| {
        let reply = crate::support::client::send(api.request(Method::PUT, path).json(&body)).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
    };
    let settings = owner.request(Method::PATCH, "/api/settings").json(&json!({"changes": {"business.name": "Shop"}}));
    assert_eq!(crate::support::client::send(settings).await.status, 200);
    let user = json!({"name": "noa", "password": "correct horse 9 battery", "role": "staff"});
    let user = owner.post_json("/api/users", &user).await.json()["id"].clone();
    let token = owner.post_json("/api/tokens", &json!({"name": "script"})).await.json()["id"].clone();
    put(&owner, "/api/threads/1/draft", json!({"text": "of the owner"})).await;
    put(&staff, "/api/threads/3/draft", json!({"text": "of staff"})).await;
    let revoke = owner.request(Method::DELETE, &format!("/api/tokens/{token}"));
    assert_eq!(crate::support::client::send(revoke).await.status, 200);
    assert_eq!(owner.post_json("/api/threads/1/read", &json!({})).await.status, 200);

    for wanted in [
        // The daemon sends one event when it stores the setting, and one when it activates the setting.
        kind("setting_updated", Value::Null, Value::Null),
        kind("setting_updated", Value::Null, Value::Null),
        kind("user_updated", Value::Null, user),
        kind("token_updated", Value::Null, token.clone()),
        kind("draft_updated", 1, 1),
        kind("token_updated", Value::Null, token),
        kind("thread_updated", 1, 1),
    ] {
        assert_eq!(of_owner.change().await, wanted);
    }
    for _ in 0..2 {
        assert_eq!(
            of_staff.change().await,
            kind("setting_updated", Value::Null, Value::Null),
            "staff may read settings"
        );
    }
    assert_eq!(of_staff.change().await, kind("draft_updated", 3, 3));
    assert_eq!(of_staff.change().await, kind("thread_updated", 1, 1));
}

#[tokio::test]
async fn a_stream_follows_the_role_of_its_user() {
    let (daemon, api) = with_data();
    daemon.logged_in("dana", "owner").await;
    let staff = daemon.logged_in("gal", "staff").await;
    let id = staff.get("/api/session").await.json()["user"]["id"].clone();
    let mut events = Events::open(&staff, None).await;
    events.next().await.unwrap();
    let make = async |role: &str| {
        let request = api.request(Method::PATCH, &format!("/api/users/{id}")).json(&json!({"role": role}));
        assert_eq!(crate::support::client::send(request).await.status, 200);
    };
    let token = async || api.post_json("/api/tokens", &json!({"name": "script"})).await.json()["id"].clone();
    let of_user = kind("user_updated", Value::Null, id.clone());
    token().await;
    assert_eq!(api.post_json("/api/threads/1/read", &json!({})).await.status, 200);
    assert_eq!(events.change().await, kind("thread_updated", 1, 1), "staff see no change of a token");
    make("owner").await;
    assert_eq!(events.change().await, of_user);
    let seen = token().await;
    assert_eq!(events.change().await, kind("token_updated", Value::Null, seen));
    make("staff").await;
    assert_eq!(events.change().await, of_user, "users see the change of their own role");
    token().await;
    let draft = staff.request(Method::PUT, "/api/threads/3/draft").json(&json!({"text": "x"}));
    assert_eq!(crate::support::client::send(draft).await.status, 200);
    assert_eq!(events.change().await, kind("draft_updated", 3, 3));
}

#[tokio::test]
async fn reports_that_a_user_types_are_streamed() {
    let (daemon, api) = with_data();
    let dana = daemon.logged_in("dana", "owner").await;
    let id = dana.get("/api/session").await.json()["user"]["id"].clone();
    let (mut of_dana, mut of_api) = (Events::open(&dana, None).await, Events::open(&api, None).await);
    for (client, thread, user_id, user_name) in [(&dana, 1, id, "dana"), (&api, 3, Value::Null, "")] {
        assert_eq!(client.post_json(&format!("/api/threads/{thread}/typing"), &json!({})).await.status, 200);
        let expected = json!({"thread_id": thread, "user_id": user_id, "user_name": user_name});
        for events in [&mut of_dana, &mut of_api] {
            let notice = Event { id: String::new(), name: "typing".to_owned(), data: Some(expected.clone()) };
            assert_eq!(events.typing().await, notice);
        }
    }
}

#[tokio::test]
async fn a_stream_without_changes_sends_keep_alive_events() {
    let (_daemon, api) = with_data();
    let mut events = Events::open(&api, None).await;
    let mut event = events.any().await.unwrap();
    // Alerts about the test machine may arrive first.
    while event.name != "alive" {
        event = events.any().await.unwrap();
    }
    assert_eq!(event, Event { id: String::new(), name: "alive".to_owned(), data: Some(json!({})) });
}

#[tokio::test]
async fn a_stop_does_not_wait_for_followers() {
    let (mut daemon, api) = with_data();
    let mut events = Events::open(&api, None).await;
    events.next().await.unwrap();
    let ended = tokio::spawn(async move { events.next().await });
    assert!(daemon.stop().success());
    assert_eq!(timeout(LIMIT, ended).await.unwrap().unwrap(), None);
    assert!(!daemon.logs().lines().iter().any(|line| line.contains("REQUESTS_ABORTED")));
}
