//! Compares the records of the clients and the fake vendors with the rows of the database.

use crate::copies::Copy;
use crate::expected::Expected;
use agentlocator::simulator::openai::OpenAiState;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub struct Observed<'a> {
    pub expected: &'a Expected,
    pub whatsapp: Value,
    /// The texts that Twilio accepted.
    pub by_twilio: Vec<String>,
    pub ai: OpenAiState,
}

/// Counts the unfinished work of each kind. Returns no entry for a kind without pending work.
pub fn open(copy: &Copy, expected: &Expected, whatsapp: &Value) -> Vec<(&'static str, i64)> {
    let written: usize = expected.state().written.values().map(Vec::len).sum();
    let stored = copy.number("SELECT count(*) FROM messages WHERE direction = 'in'");
    let is_over = |message: &&Value| message["state"] == "acknowledged" || message["state"] == "refused";
    let inbound = whatsapp["inbound"].as_array().map_or(0, |all| all.iter().filter(|it| !is_over(it)).count());
    let count = |sql: &str| copy.number(&format!("SELECT count(*) FROM {sql}"));
    let mut open = vec![
        ("calls that are not ended", count("calls WHERE state <> 'ended'")),
        ("messages in the outbox", count("outbox WHERE state IN ('queued', 'sending', 'doubtful')")),
        (
            "messages out without a final status",
            count("messages WHERE direction = 'out' AND status IN ('queued', 'sent')"),
        ),
        ("files that are not fetched", count("message_media WHERE state = 'waiting'")),
        ("recordings that are not complete", count("recordings WHERE state IN ('running', 'waiting')")),
        ("messages in that are not stored", i64::try_from(written).unwrap_or(0) - stored),
        ("messages that the bridge has not acknowledged", i64::try_from(inbound).unwrap_or(0)),
    ];
    open.retain(|(_, count)| *count != 0);
    open
}

pub fn differences(copy: &Copy, observed: &Observed<'_>) -> Vec<String> {
    let mut found = copy.damage();
    calls(copy, observed.expected, &mut found);
    messages_in(copy, observed, &mut found);
    messages_out(copy, observed, &mut found);
    tools(copy, &observed.ai, &mut found);
    nothing_failed(copy, &mut found);
    found
}

fn calls(copy: &Copy, expected: &Expected, found: &mut Vec<String>) {
    let rows = counted(copy.texts("SELECT call_sid FROM calls"));
    let ended =
        counted(copy.texts(
            "SELECT call_sid FROM calls WHERE state = 'ended' AND ended_at IS NOT NULL AND end_reason IS NOT NULL",
        ));
    let recorded = counted(copy.texts(
        "SELECT DISTINCT c.call_sid FROM recordings r JOIN calls c ON c.id = r.call_id
         WHERE r.state = 'complete' AND r.bytes > 0
           AND r.bytes = (SELECT sum(length(content)) FROM recording_chunks WHERE recording_id = r.id)",
    ));
    let state = expected.state();
    for call in &state.calls {
        let (row, end) = (rows.get(&call.sid).copied().unwrap_or(0), ended.contains_key(&call.sid));
        if call.is_answered && (row != 1 || !end) {
            found.push(format!("call {} ({}): {row} rows, ended with a reason: {end}", call.sid, call.kind));
        }
        if call.was_streamed && !recorded.contains_key(&call.sid) {
            found.push(format!("call {} ({}) has no complete recording", call.sid, call.kind));
        }
    }
    let placed: BTreeSet<_> = state.calls.iter().map(|call| &call.sid).collect();
    found.extend(
        rows.keys().filter(|sid| !placed.contains(sid)).map(|sid| format!("no simulated caller placed the call {sid}")),
    );
    found.extend(copy.texts(
        "SELECT 'turn ' || item_id || ' of call ' || call_id || ' is there ' || count(*) || ' times'
         FROM call_turns GROUP BY call_id, item_id HAVING count(*) > 1",
    ));
}

fn messages_in(copy: &Copy, observed: &Observed<'_>, found: &mut Vec<String>) {
    let inbound = observed.whatsapp["inbound"].as_array().cloned().unwrap_or_default();
    // A message that the bridge could not decrypt was sent again, so it is stored after messages that arrived in the
    // meantime.
    let again: BTreeSet<String> = inbound
        .iter()
        .filter(|message| message["retries"] != 0)
        .filter_map(|message| message["text"].as_str().map(str::to_owned))
        .collect();
    let mut stored: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in copy.texts(
        "SELECT t.peer_number || '|' || m.content_text FROM messages m JOIN threads t ON t.id = m.thread_id
         WHERE m.direction = 'in' AND t.type = 'whatsapp' ORDER BY m.created_at, m.id",
    ) {
        let (number, text) = line.split_once('|').unwrap();
        stored.entry(number.to_owned()).or_default().push(text.to_owned());
    }
    let state = observed.expected.state();
    for (number, written) in &state.written {
        let texts: Vec<_> = written.iter().map(|message| message.text.clone()).collect();
        let rows = stored.remove(number).unwrap_or_default();
        let (mut sorted, mut sorted_rows) = (texts.clone(), rows.clone());
        sorted.sort();
        sorted_rows.sort();
        if sorted != sorted_rows {
            let (all, kept) = (counted(sorted), counted(sorted_rows));
            let wrong = all.keys().chain(kept.keys()).filter(|text| all.get(*text) != kept.get(*text));
            let wrong: BTreeSet<_> = wrong.collect();
            found.push(format!(
                "{number} wrote {} messages, {} rows; not once each: {wrong:?}",
                texts.len(),
                rows.len()
            ));
            continue;
        }
        let at_once =
            |texts: &[String]| -> Vec<String> { texts.iter().filter(|it| !again.contains(*it)).cloned().collect() };
        if at_once(&texts) != at_once(&rows) {
            let place = texts.iter().zip(&rows).position(|(written, row)| written != row).unwrap_or(0);
            found.push(format!("{number}: other order from \"{}\" on: \"{}\"", texts[place], rows[place]));
        }
    }
    let files = state.written.values().flatten().filter(|message| message.has_file).count();
    let kept = copy
        .number("SELECT count(*) FROM message_media f JOIN media m ON m.sha256 = f.sha256 WHERE f.state = 'stored'");
    if i64::try_from(files).ok() != Some(kept) {
        found.push(format!("{files} files were sent with messages, {kept} are stored"));
    }
    found.extend(stored.into_iter().map(|(number, texts)| format!("{number} wrote none of these: {texts:?}")));
}

fn messages_out(copy: &Copy, observed: &Observed<'_>, found: &mut Vec<String>) {
    let rows: BTreeMap<i64, (String, String)> = copy
        .texts(
            "SELECT m.id || '|' || m.status || '|' || t.peer_number || '|' || m.content_text FROM messages m
             JOIN threads t ON t.id = m.thread_id WHERE m.direction = 'out'",
        )
        .iter()
        .filter_map(|line| {
            let mut parts = line.splitn(3, '|');
            let (id, status, rest) = (parts.next()?, parts.next()?, parts.next()?);
            Some((id.parse().ok()?, (status.to_owned(), rest.to_owned())))
        })
        .collect();
    let shown = observed.whatsapp["outbound"].as_array().cloned().unwrap_or_default();
    let shown = shown.iter().filter(|message| message["duplicate"] == false);
    let by_bridge = shown.filter_map(|message| message["text"].as_str().map(str::to_owned));
    let arrived = counted(by_bridge.chain(observed.by_twilio.iter().cloned()));
    let state = observed.expected.state();
    for sent in &state.sent {
        let Some((status, rest)) = rows.get(&sent.message_id) else {
            found.push(format!("message {} was accepted by the API and is lost", sent.message_id));
            continue;
        };
        if *rest != format!("{}|{}", sent.number, sent.text) {
            found.push(format!("message {}: {rest} instead of \"{}\" to {}", sent.message_id, sent.text, sent.number));
        }
        let times = arrived.get(&sent.text).copied().unwrap_or(0);
        if !(matches!(status.as_str(), "delivered" | "read") && times == 1) {
            found.push(format!("message {} is {status}, and arrived {times} times: {}", sent.message_id, sent.text));
        }
    }
    if rows.len() != state.sent.len() {
        found.push(format!("{} messages out for {} that the API accepted", rows.len(), state.sent.len()));
    }
}

/// The text of a stored message contains the id of the tool call that stored it.
fn tools(copy: &Copy, ai: &OpenAiState, found: &mut Vec<String>) {
    let texts = copy.texts("SELECT message_text FROM calls WHERE message_text IS NOT NULL").join("\n");
    let outputs = ai.sessions.iter().flat_map(|session| &session.function_outputs);
    for (call_id, output) in outputs {
        let times = texts.matches(&format!("[{call_id}]")).count();
        let is_done = output == r#"{"ok":true}"#;
        if times > 1 || times == 1 && !is_done {
            found.push(format!("tool call {call_id} returned {output} and is stored {times} times"));
        }
    }
    let answered: BTreeSet<_> =
        ai.sessions.iter().flat_map(|it| &it.function_outputs).map(|(id, _)| id.as_str()).collect();
    let mut seen = BTreeSet::new();
    for tag in texts.split('[').skip(1).filter_map(|rest| rest.split_once(']')).map(|(tag, _)| tag) {
        if !seen.insert(tag) {
            found.push(format!("tool call {tag} is stored twice"));
        }
    }
    if seen.is_empty() || answered.is_empty() {
        found.push("no tool call stored a message".to_owned());
    }
}

fn nothing_failed(copy: &Copy, found: &mut Vec<String>) {
    found.extend(copy.texts("SELECT 'job ' || id || ' ' || kind || ' failed: ' || coalesce(last_error, '') FROM jobs WHERE state = 'failed'"));
    found.extend(copy.texts(
        "SELECT 'recording ' || id || ' failed: ' || coalesce(error, '') FROM recordings WHERE state = 'failed'",
    ));
    found.extend(
        copy.texts(
            "SELECT 'file ' || id || ' failed: ' || coalesce(error, '') FROM message_media WHERE state = 'failed'",
        ),
    );
}

fn counted(texts: impl IntoIterator<Item = String>) -> BTreeMap<String, usize> {
    texts.into_iter().fold(BTreeMap::new(), |mut counts, text| {
        *counts.entry(text).or_default() += 1;
        counts
    })
}
