//! The preview of the retention settings counts rows by the same queries that delete them.

use super::{change, with_data};
use serde_json::{Value, json};

fn amount<'a>(answer: &'a Value, kind: &str) -> &'a Value {
    let items = answer["items"].as_array().unwrap();
    items.iter().find(|item| item["kind"] == kind).unwrap_or(&Value::Null)
}

#[tokio::test]
async fn a_shorter_limit_is_counted_and_then_deletes_exactly_that() {
    let (mut daemon, _) = with_data();
    daemon.stop();
    daemon.seed(
        "INSERT INTO recordings(id, call_id, source, channels, duration_ms, bytes, state, created_at) VALUES
             (90, 2, 'stream', 2, 1000, 4000, 'complete', '2020-01-01T00:00:00.000Z'),
             (91, 2, 'stream', 2, 1000, 6000, 'complete', '2020-01-02T00:00:00.000Z');",
    );
    daemon.launch();
    let api = daemon.api();
    let body = json!({"changes": {"retention.recordings_days": 0}});
    change(&api, "PATCH", "/api/settings", body, 200).await;
    let saved = api.get("/api/retention").await.json();
    assert_eq!(amount(&saved, "recordings"), &Value::Null, "kept forever: {saved}");
    let all = api.get("/api/retention?recordings_days=1000").await.json();
    let old = amount(&all, "recordings");
    assert_eq!((&old["rows"], &old["bytes"]), (&json!(2), &json!(10_000)), "{all}");
    assert_eq!(old["key"], "retention.recordings_days");
    let pruned = "SELECT count(*) FROM recordings WHERE state = 'pruned'";
    assert_eq!(daemon.query_value::<i64>(pruned), 0, "only counted");
    // The seeded calls are old, and no other clock confirms this one.
    assert!(daemon.cli(&["retention", "--force"]).status.success());
    assert_eq!(daemon.query_value::<i64>(pruned), 0, "the command uses the settings of the page");

    let body = json!({"changes": {"retention.recordings_days": 1000}});
    change(&api, "PATCH", "/api/settings", body, 200).await;
    assert_eq!(amount(&api.get("/api/retention").await.json(), "recordings")["rows"], 2);
    daemon.stop();
    let output = daemon.cli(&["retention", "--json"]);
    assert!(output.status.success());
    assert_eq!(daemon.query_value::<i64>("SELECT count(*) FROM recordings WHERE state = 'pruned'"), 2);
}

#[tokio::test]
async fn wrong_limits_and_staff_are_refused() {
    let (daemon, api) = with_data();
    for query in ["recordings_days=-1", "recordings_days=36501", "recordings_days=x", "messages_days=3"] {
        assert_eq!(api.get(&format!("/api/retention?{query}")).await.status, 400, "{query}");
    }
    let staff = daemon.client().with_token(&daemon.token("staff"));
    assert_eq!(staff.get("/api/retention").await.status, 403);
}
