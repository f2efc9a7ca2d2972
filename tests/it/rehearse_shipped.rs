//! Each shipped scenario of a rehearsal can pass: a model that knows what is expected does it with the agent's tools.

use super::support::Daemon;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

fn shipped() -> (PathBuf, Vec<Value>) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/examples/rehearse.toml");
    let file: Value = toml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    (path, file["scenario"].as_array().unwrap().clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_competent_model_passes_all_shipped_scenarios() {
    let (path, scenarios) = shipped();
    let count = scenarios.len();
    let app = Router::new().route("/v1/chat/completions", post(complete)).with_state(Arc::new(scenarios));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
    let daemon = Daemon::prepare(|setup| {
        setup.env("OPENAI_API_KEY", "sk-any").env("OPENAI_BASE_URL", url);
    });
    let output = tokio::task::block_in_place(|| daemon.cli(&["rehearse", path.to_str().unwrap()]));
    let shown = String::from_utf8_lossy(&output.stdout);
    let failed: Vec<_> = shown.split("FAILED").skip(1).collect();
    assert!(failed.is_empty(), "{}{}", failed.join("FAILED"), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && shown.contains(&format!("{count} passed, 0 failed")), "{shown}");
}

/// Answers a streamed chat completion.
async fn complete(State(scenarios): State<Arc<Vec<Value>>>, body: Bytes) -> String {
    let asked: Value = serde_json::from_slice(&body).unwrap();
    let messages = asked["messages"].as_array().unwrap();
    let of = |role: &str| messages.iter().filter(|message| message["role"] == role).collect::<Vec<_>>();
    let (said, outputs) = (of("user"), of("tool").len());
    let first = said[0]["content"].as_str().unwrap();
    // What is known about the caller may precede the first line.
    let scenario = scenarios.iter().find(|scenario| first.ends_with(lines(scenario)[0].as_str())).unwrap();
    let calls = if said.len() == lines(scenario).len() { calls(scenario) } else { Vec::new() };
    let delta = match calls.get(outputs) {
        Some((name, arguments)) => {
            let function = json!({"name": name, "arguments": arguments.to_string()});
            json!({"tool_calls": [{"index": 0, "id": format!("call_{outputs}"), "type": "function", "function": function}]})
        }
        None if said.len() == lines(scenario).len() => json!({"content": words(scenario)}),
        None => json!({"content": "רגע."}),
    };
    let finish = if delta["content"].is_null() { "tool_calls" } else { "stop" };
    let chunk = |delta: Value, finish: Value| {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": finish});
        format!("data: {}\n\n", json!({"id": "x", "object": "chat.completion.chunk", "choices": [choice]}))
    };
    format!("{}{}data: [DONE]\n\n", chunk(delta, Value::Null), chunk(json!({}), json!(finish)))
}

/// Returns what the caller says.
fn lines(scenario: &Value) -> Vec<String> {
    let line = |line: &Value| line.as_str().or(line["say"].as_str()).unwrap_or("").to_owned();
    scenario["say"].as_array().unwrap().iter().map(line).collect()
}

/// Returns the tool calls by which the database becomes as expected.
fn calls(scenario: &Value) -> Vec<(&'static str, Value)> {
    let expect = &scenario["expect"];
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut own = list(&scenario["appointments"]);
    own.retain(|appointment| appointment["of"].is_null());
    let expected = list(&expect["appointments"]);
    let is_same = |one: &Value, other: &Value| one["service"] == other["service"] && one["start"] == other["start"];
    let mut calls = Vec::new();
    if list(&expect["tools"]).contains(&json!("find_free_times")) {
        let day = &expected[0]["start"].as_str().unwrap()[..10];
        calls.push(("find_free_times", json!({"service": expected[0]["service"], "from_day": day})));
    }
    let all = lines(scenario).join(" ");
    let phone = all.split(' ').map(|word| word.trim_start_matches("ל-")).find(|word| {
        word.len() == 11 && word.starts_with('0') && word.chars().all(|char| char.is_ascii_digit() || char == '-')
    });
    for appointment in &expected {
        if appointment["state"] == "cancelled" {
            calls.push(("cancel_appointment", json!({"start": appointment["start"]})));
        } else if !own.iter().any(|known| is_same(known, appointment)) {
            let moved = own.iter().find(|known| !expected.iter().any(|other| is_same(known, other)));
            let (service, start) = (&appointment["service"], &appointment["start"]);
            let booking = json!({"service": service, "start": start, "caller_name": "דנה", "phone": phone});
            calls.push(moved.map_or(("book_appointment", booking), |known| {
                ("move_appointment", json!({"start": known["start"], "new_start": start}))
            }));
        }
    }
    let parts = list(&expect["message"]);
    if !parts.is_empty() {
        let parts: Vec<_> = parts.iter().map(|part| part.as_str().unwrap()).collect();
        calls.push(("take_message", json!({"message": parts.join(" "), "callback_number": phone})));
    }
    calls
}

/// Returns words that contain each of the expected ones.
fn words(scenario: &Value) -> String {
    let says = scenario["expect"]["says"].as_array().cloned().unwrap_or_default();
    let first = |words: &Value| words.as_str().unwrap().split('|').next().unwrap_or("").to_owned();
    let words: Vec<_> = says.iter().map(first).collect();
    if words.is_empty() { "בסדר.".to_owned() } else { format!("{}.", words.join(", ")) }
}
