//! A restored server gives the same responses to GET requests of the API as the original server, except for the
//! archives of contacts and for the responses about the server's own files.

use super::{public, restore, with_a_copy};
use crate::support::{Client, Daemon};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Returns the responses to every GET in the API document. Paths with an id are requested with the ids 1 to 6.
async fn answers(api: &Client) -> BTreeMap<String, (u16, Value)> {
    let document = api.get("/api/openapi.json").await.json();
    let mut answers = BTreeMap::new();
    for (template, operations) in document["paths"].as_object().unwrap() {
        if operations["get"].is_null() || !template.starts_with("/api/") {
            continue;
        }
        let paths: Vec<String> = if template.contains('{') {
            let (before, rest) = template.split_once('{').unwrap();
            let (_, after) = rest.split_once('}').unwrap();
            (1..=6).map(|id| format!("{before}{id}{after}")).collect()
        } else {
            vec![template.clone()]
        };
        for path in paths {
            let reply = api.get(&path).await;
            let body = serde_json::from_slice(&reply.body)
                .unwrap_or_else(|_| Value::from(agentlocator::domain::hex(&reply.body)));
            answers.insert(path, (reply.status, body));
        }
    }
    answers
}

/// Removes the values that depend on the time of the request, and the responses that describe the server's own files.
/// Replaces the path of the data folder.
fn settle(answers: &mut BTreeMap<String, (u16, Value)>, folder: &Path) {
    for (_, (_, body)) in answers.iter_mut() {
        forget(body);
        let text = body.to_string().replace(folder.to_str().unwrap(), "FOLDER");
        *body = serde_json::from_str(&text).unwrap();
    }
    // The archive of a contact contains the time of its creation.
    let is_archive = |path: &str| path.ends_with("/export");
    answers.retain(|path, _| !is_archive(path) && !OF_THE_BOX.iter().any(|of_the_box| path.starts_with(of_the_box)));
}

fn forget(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !OF_THE_MOMENT.contains(&name.as_str()));
            fields.values_mut().for_each(forget);
        }
        Value::Array(items) => items.iter_mut().for_each(forget),
        _ => {}
    }
}

const OF_THE_MOMENT: [&str; 2] = ["last_used_at", "before"];
/// Paths whose responses describe the machine and not the database.
const OF_THE_BOX: [&str; 2] = ["/api/backups", "/api/database"];

#[tokio::test]
async fn every_answer_is_the_same_on_the_restored_server() {
    let (mut first, _) = with_a_copy();
    first.launch();
    first.until_backfilled().await;
    let token = first.token("owner");
    let copy = first.folder().join("late.db");
    assert!(first.cli(&["backup", copy.to_str().unwrap()]).status.success());
    let mut second = Daemon::prepare(public);
    restore(&second, &copy);
    second.launch();
    second.until_backfilled().await;

    let mut expected = answers(&first.client().with_token(&token)).await;
    let mut found = answers(&second.client().with_token(&token)).await;
    settle(&mut expected, first.folder());
    settle(&mut found, second.folder());
    assert!(expected.len() > 25, "{:?}", expected.keys());
    assert!(expected.values().filter(|(status, _)| *status == 200).count() > 15, "{expected:#?}");
    for (path, answer) in &expected {
        assert_eq!(found.get(path), Some(answer), "{path}");
    }
    assert_eq!(found.len(), expected.len());
    // The recording's audio is restored as well.
    let sound = second.client().with_token(&token).get("/api/calls/1/recording").await.body;
    assert_eq!(sound.len(), 26);
}
