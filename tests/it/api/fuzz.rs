//! No request causes an internal error.

use super::with_data;
use crate::support::client::send;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use reqwest::Method;
use serde_json::{Value, json};

/// Returns a strategy for bodies: their fields have names that some endpoint uses, and values of several types.
fn bodies() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec![
        "name",
        "password",
        "role",
        "code",
        "to",
        "text",
        "media_url",
        "provider",
        "contact_id",
        "display_name",
        "current_password",
        "new_password",
        "title",
        "number",
        "due_date",
        "due_at",
        "assignee",
        "value",
        "kind",
        "choices",
        "contact_ids",
        "add",
        "stage_id",
        "position",
        "opted_out",
        "blocked",
    ]);
    let leaves = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,40}".prop_map(Value::from),
        prop::sample::select(vec!["owner", "auto", "off", "+972501234567", "http://127.0.0.1/x", "\u{0}", "1e400"])
            .prop_map(Value::from),
        Just(json!(["x", {"y": []}])),
    ];
    prop::collection::btree_map(names, leaves, 0..5).prop_map(|map| json!(map))
}

#[tokio::test]
async fn generated_requests_are_answered_as_documented_and_never_with_500() {
    let (_daemon, api) = with_data();
    let document = api.get("/api/openapi.json").await.json();
    let mut runner = TestRunner::deterministic();
    let mut draw = |strategy: &dyn Fn() -> BoxedStrategy<String>| strategy().new_tree(&mut runner).unwrap().current();
    let ids = || prop_oneof!["[0-9]{1,25}", "-[0-9]", "[a-z%][a-z%.]{0,7}", Just("1".to_owned())].boxed();
    let queries = || {
        "((limit|cursor|before|q|type|business_id|recording_id|tag_id|sort|state|assignee|due_before)=[a-z0-9.%+-]{0,6}&){0,3}".boxed()
    };
    let bodies = || bodies().prop_map(|body| body.to_string()).boxed();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            for _ in 0..25 {
                let id = draw(&ids);
                let path = path.replace("{id}", &id).replace("{sha256}", &id);
                let path = path.replace("{tag_id}", &draw(&ids)).replace("{field_id}", &draw(&ids));
                let target = format!("{path}?{}", draw(&queries));
                let request = api.request(method.clone(), &target).header("content-type", "application/json");
                let reply = send(request.body(draw(&bodies))).await;
                let full = reply.status == 503 && reply.text().contains("too many");
                assert!(reply.status < 500 || full, "{method} {target}: {} {}", reply.status, reply.text());
                let documented = &operation["responses"][reply.status.to_string()];
                assert!(documented.is_object(), "{method} {target}: {} is not documented", reply.status);
            }
        }
    }
    assert_eq!(api.get("/readyz").await.json()["db"], "ok");
}
