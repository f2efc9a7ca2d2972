//! Compares the response bodies of lists and items with one snapshot for each kind of resource, so that a review shows
//! each field that was renamed or removed or whose type changed.

use super::change;
use crate::support::whatsapp::until;
use crate::support::{Client, Daemon};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Requests for each list and each item that has a snapshot.
const PATHS: [&str; 66] = [
    "/api/agent-tools",
    "/api/agent-tools/1",
    "/api/alerts",
    "/api/alerts/history",
    "/api/appointments?from=2026-11-01T00:00:00Z",
    "/api/appointments/1",
    "/api/appointment-notice?event=booked&contact_id=1&service_id=1&starts_at=2029-12-03T08:00:00Z",
    "/api/audit?limit=1",
    "/api/answering",
    "/api/backups",
    "/api/calendar/days?from=2026-12-04&to=2026-12-06",
    "/api/calls",
    "/api/calls/1",
    "/api/closures?from=2029-12-01",
    "/api/closures/1",
    "/api/contacts",
    "/api/contacts/1",
    "/api/contacts/1/notes",
    "/api/contacts/1/timeline",
    "/api/custom-fields",
    "/api/database",
    "/api/facts",
    "/api/facts/1",
    "/api/greeting",
    "/api/inbox",
    "/api/knowledge-gaps",
    "/api/lead-stages",
    "/api/leads",
    "/api/leads/1",
    "/api/merge-suggestions",
    "/api/opening-hours",
    "/api/outbound-calls",
    "/api/page-rings",
    "/api/resources",
    "/api/resources/1",
    "/api/resources/1/hours",
    "/api/restart",
    "/api/retention",
    "/api/saved-replies",
    "/api/saved-replies/1",
    "/api/scheduled-messages",
    "/api/scheduled-messages/1",
    "/api/search?q=שלום",
    "/api/self-check",
    "/api/services",
    "/api/services/1",
    "/api/session",
    "/api/sessions",
    "/api/settings",
    "/api/settings/history",
    "/api/setup",
    "/api/setup/progress",
    "/api/tags",
    "/api/tasks",
    "/api/tasks/1",
    "/api/threads",
    "/api/threads/counts",
    "/api/threads/1",
    "/api/threads/1/messages",
    "/api/threads/1/route",
    "/api/tokens",
    "/api/updates",
    "/api/users",
    "/api/users/1/sessions",
    "/api/waiting-list",
    "/api/waiting-list/1",
];

/// GET operations without a snapshot, and the reasons.
const WITHOUT: [(&str, &str); 9] = [
    ("/api/openapi.json", "it is pinned by docs/openapi.json"),
    ("/api/calls/{id}/peaks", "numbers that depend on the sound"),
    ("/api/free-gaps", "times that depend on the day"),
    ("/api/free-slots", "times that depend on the day"),
    ("/api/tls", "it needs a certificate"),
    ("/api/twilio/numbers", "it needs an account at Twilio"),
    ("/api/whatsapp/bridge", "it needs the bridge"),
    ("/api/greeting/audio", "sound"),
    ("/api/media/{sha256}", "a file"),
];

/// The kind of resource and the name of each field whose value differs between runs, days or versions, or that has
/// tests of its own. An empty kind means all kinds.
const VOLATILE: [(&str, &str); 15] = [
    ("", "csrf_token"),
    ("", "etag"),
    ("", "next_cursor"),
    ("backups", "database"),
    ("backups", "folder"),
    ("database", "done_to"),
    ("database", "state"),
    ("greeting", "duration_ms"),
    ("greeting", "version"),
    ("retention", "bytes"),
    ("retention", "rows"),
    ("sessions", "id"),
    ("updates", "installed"),
    // The texts are in the locale files, which have their own tests.
    ("settings", "help"),
    ("settings", "title"),
];

#[tokio::test]
async fn the_bodies_of_lists_and_items() {
    let mut daemon = Daemon::prepare(|_| {});
    daemon.seed(include_str!("data.sql"));
    daemon.seed(include_str!("bodies.sql"));
    daemon.launch();
    let owner = daemon.logged_in("gal", "owner").await;
    fill(&owner).await;
    daemon.until_indexed().await;
    until("the backfills", async || {
        let database = owner.get("/api/database").await.json();
        let backfills = database["backfills"].as_array().unwrap();
        (backfills.len() == 3 && backfills.iter().all(|it| it["finished_at"].is_string())).then_some(())
    })
    .await;
    let mut nouns: BTreeMap<String, String> = BTreeMap::new();
    for path in PATHS {
        let reply = owner.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        let noun = path.split(['/', '?']).nth(2).unwrap().to_owned();
        let body = stable(if path.ends_with("/sessions") { "sessions" } else { &noun }, "", reply.json());
        let body = serde_json::to_string_pretty(&body).unwrap();
        writeln!(nouns.entry(noun).or_default(), "GET {path}\n{body}\n").unwrap();
    }
    for (noun, bodies) in nouns {
        insta::assert_snapshot!(format!("bodies_of_{noun}"), bodies.trim_end());
    }
}

#[test]
fn every_operation_that_answers_json_has_a_snapshot() {
    let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json")).unwrap();
    let document: Value = serde_json::from_str(&document).unwrap();
    let mut missing: BTreeSet<&str> = BTreeSet::new();
    for (template, item) in document["paths"].as_object().unwrap() {
        let answers_json = item["get"]["responses"]["200"]["content"]["application/json"].is_object();
        let is_requested = PATHS.iter().any(|path| is_of(path, template));
        if answers_json && !is_requested && !WITHOUT.iter().any(|(path, _)| path == template) {
            missing.insert(template);
        }
    }
    assert!(missing.is_empty(), "add these to PATHS: {missing:?}");
}

/// Returns true if the path of a request matches the path template of an operation.
fn is_of(path: &str, template: &str) -> bool {
    let (path, template) = (path.split('?').next().unwrap().split('/'), template.split('/'));
    path.clone().count() == template.clone().count()
        && path.zip(template).all(|(part, named)| part == named || named.starts_with('{'))
}

/// Creates objects for lists that the seeded rows leave empty.
async fn fill(owner: &Client) {
    for (path, body) in [
        ("/api/tags", json!({"name": "VIP"})),
        ("/api/custom-fields", json!({"name": "Car", "kind": "choice", "choices": ["Fiat", "Kia"]})),
        ("/api/contacts/1/notes", json!({"text": "prefers mornings"})),
        ("/api/tasks", json!({"title": "call back", "contact_id": 1, "due_date": "2030-01-07"})),
        ("/api/leads", json!({"title": "kitchen", "contact_id": 1, "value_minor": 1_250_000, "source": "Facebook"})),
        ("/api/facts", json!({"topic": "parking", "text": "behind the shop"})),
        (
            "/api/agent-tools",
            json!({
                "name": "check_stock",
                "description": "When a caller asks whether a part is in stock.",
                "url": "https://93.184.216.34/stock/{part}",
                "parameters": [{"name": "part", "type": "string", "description": "The part", "choices": ["pump", "valve"]}],
                "headers": [{"name": "X-Api-Key", "value": "k-123456"}],
            }),
        ),
        ("/api/saved-replies", json!({"shortcut": "hours", "text": "9 to 6"})),
        ("/api/tokens", json!({"name": "till", "role": "staff"})),
    ] {
        change(owner, "POST", path, body, 201).await;
    }
    change(owner, "PUT", "/api/contacts/1/tags/1", Value::Null, 200).await;
    change(owner, "PUT", "/api/contacts/1/fields/1", json!({"value": "Fiat"}), 200).await;
    change(owner, "PATCH", "/api/settings", json!({"changes": {"voice.message_max_s": 90}}), 200).await;
}

/// Replaces volatile values, and times that are not from the seeded rows. Shortens long lists to two items.
fn stable(noun: &str, field: &str, value: Value) -> Value {
    let is_volatile = VOLATILE.iter().any(|(of, name)| *name == field && (of.is_empty() || *of == noun));
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (name.clone(), stable(noun, &name, value)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        // Other alerts depend on the machine that runs the test.
        Value::Array(items) if noun == "alerts" => {
            let seeded = items.into_iter().filter(|item| item["kind"] == "ai_refused");
            seeded.map(|item| stable("", field, item)).collect()
        }
        Value::Array(items) => items.into_iter().take(2).map(|item| stable(noun, field, item)).collect(),
        Value::Null => Value::Null,
        _ if is_volatile => json!(format!("[{field}]")),
        Value::String(text) if text.parse::<jiff::Timestamp>().is_ok() && !is_seeded(&text) => json!("[time]"),
        other => other,
    }
}

/// Returns true for the times in the seeded rows.
fn is_seeded(time: &str) -> bool {
    ["2026-11-0", "2026-11-1", "2030-01-"].iter().any(|start| time.starts_with(start))
}
