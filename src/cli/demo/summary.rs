//! Formats the content of the CRM as tables.

use super::super::output::Table;
use super::api::Api;
use serde_json::Value;

pub(super) async fn table(api: &Api) -> anyhow::Result<String> {
    let mut calls = Table::new(["CALL", "FROM", "STATE", "ENDED BY", "SECONDS", "TURNS", "RECORDINGS"]);
    for call in api.all("/api/calls", "calls", "cursor").await? {
        let call = api.get(&format!("/api/calls/{}", call["id"])).await?;
        let count = |name: &str| call[name].as_array().map_or(0, Vec::len).to_string();
        let seconds = call["duration_ms"].as_i64().map_or("-".into(), |ms| (ms / 1_000).to_string());
        calls.row([
            cell(&call["id"]),
            cell(&call["peer_number"]),
            cell(&call["state"]),
            cell(&call["end_reason"]),
            seconds,
            count("turns"),
            count("recordings"),
        ]);
    }
    let mut messages = Table::new(["THREAD", "WITH", "NAME", "PROVIDER", "DIRECTION", "STATUS", "TEXT"]);
    for thread in api.all("/api/threads?type=whatsapp", "threads", "cursor").await? {
        for message in api.all(&format!("/api/threads/{}/messages", thread["id"]), "messages", "before").await? {
            let kind = match message["media_kind"].as_str() {
                Some("image") => "[picture] ",
                Some("voice") => "[voice note] ",
                Some(_) | None => "",
            };
            messages.row([
                cell(&thread["id"]),
                cell(&thread["peer_number"]),
                cell(&thread["title"]),
                cell(&message["provider"]),
                cell(&message["direction"]),
                cell(&message["status"]),
                format!("{kind}{}", cell(&message["content_text"])),
            ]);
        }
    }
    Ok(format!("{calls}\n{messages}"))
}

fn cell(value: &Value) -> String {
    match value {
        Value::String(text) if !text.is_empty() => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => "-".into(),
    }
}
