//! An employee answers a running call with the browser and talks with the caller.

use super::call_control::{begin, call_when, has_caller_spoken};
use super::support::browser::{self, Browser};
use super::support::telephony::CallHarness;
use super::support::whatsapp::until;
use super::support::{Client, access};
use agentlocator::simulator::caller::EndedBy;
use agentlocator::simulator::openai::{OpenAiOptions, Turn};
use futures_util::StreamExt;
use serde_json::{Value, json};
use std::time::Duration;

/// Silence in mu-law.
const SILENCE: u8 = 0xFF;
/// The longest silence that a caller may hear, in samples: two seconds, and 60 ms for the transmission.
const MAX_SILENCE: usize = 2060 * 8;

async fn harness() -> CallHarness {
    let long = Turn::new("מה השעות?", "אחת שתיים שלוש ארבע חמש שש שבע שמונה תשע עשר").lasting(Duration::from_secs(20));
    let options = OpenAiOptions { turns: vec![long], ..OpenAiOptions::default() };
    CallHarness::with_ai(options, |_| {}).await
}

fn employee_turns(call: &Value) -> Vec<Value> {
    let turns = call["turns"].as_array().unwrap().iter();
    turns.filter(|turn| turn["speaker"] == "employee").cloned().collect()
}

async fn hang_up(client: &Client, call: &Value) {
    let reply = client.post_json(&format!("/api/calls/{}/hang-up", call["id"]), &json!({})).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
}

async fn refusal(client: &Client, call: &Value) -> (u16, Value) {
    let reply = client.post_json(&format!("/api/calls/{}/answer", call["id"]), &json!({})).await;
    (reply.status, reply.json()["error"]["code"].clone())
}

/// Waits until the employee has heard this many samples that are not silent.
async fn until_heard(employee: &Browser, samples: usize) {
    until("the caller's voice", async || (employee.heard().len() >= samples).then_some(())).await;
}

/// Returns true if `audio` contains the frame of 20 ms that begins in the middle of `part`.
fn contains_part(audio: &[u8], part: &[u8]) -> bool {
    let frame = &part[part.len() / 2..][..160];
    audio.windows(160).any(|window| window == frame)
}

fn longest_silence(audio: &[u8]) -> usize {
    audio.split(|sample| *sample != SILENCE).map(<[u8]>::len).max().unwrap_or(0)
}

/// Checks that both lanes of the recording have sound during the employee's turn.
async fn assert_recorded(client: &Client, call: &Value) {
    let turn = &employee_turns(call)[0];
    let path = format!("/api/calls/{}/peaks?bins=400", call["id"]);
    let peaks = until("the peaks of the recording", async || {
        Some(client.get(&path).await).filter(|reply| reply.status == 200).map(|reply| reply.json())
    })
    .await;
    let length = peaks["duration_ms"].as_i64().unwrap();
    for lane in ["caller", "agent"] {
        let peaks = peaks[lane].as_array().unwrap();
        let bin = |ms: &Value| {
            usize::try_from(ms.as_i64().unwrap()).unwrap() * peaks.len() / usize::try_from(length).unwrap()
        };
        // The announcement before the employee's words is a clip of 1.8 s.
        let from = bin(&json!(turn["started_ms"].as_i64().unwrap() + 2500));
        let loudest = peaks[from..bin(&turn["ended_ms"])].iter().filter_map(Value::as_u64).max();
        assert!(loudest > Some(20), "{lane}: {loudest:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employee_talks_with_the_caller_and_hands_the_call_back() {
    let harness = harness().await;
    let client = harness.daemon.logged_in("dana", "staff").await;
    let placed = begin(&harness, harness.plan("say 1s; wait 4s; say 4s; stay"));
    let call = call_when(&client, "the caller's turn", has_caller_spoken).await;
    let employee = Browser::answer(&harness.daemon, &client, &call).await;
    employee.until_state("announcing").await;
    employee.until_state("talking").await;
    employee.say(2000);
    until_heard(&employee, 8000).await;

    let other = harness.daemon.logged_in("noa", "staff").await;
    assert_eq!(refusal(&other, &call).await, (409, json!("already_answered")));
    let hint = other.post_json(&format!("/api/calls/{}/hints", call["id"]), &json!({"text": "x"})).await;
    assert_eq!((hint.status, &hint.json()["error"]["code"]), (409, &json!("no_agent")));
    let during = call_when(&client, "the employee's turn", |call| !employee_turns(call).is_empty()).await;
    let turn = &employee_turns(&during)[0];
    assert_eq!((&turn["text"], &turn["ended_ms"]), (&json!("dana"), &Value::Null), "{turn:#}");
    until("the end of the words", async || (employee.said().len() >= 15_000).then_some(())).await;

    employee.until("a receipt of the audio", |message| message["event"] == "alive").await;
    employee.stop();
    assert_eq!(employee.until_ended().await["reason"], "handed_back");
    let noted = until("the second session of the AI", async || {
        let messages = harness.ai.state().sessions.get(1)?.messages.clone();
        messages.iter().any(|(_, text)| text.contains("dana, a colleague of the business")).then_some(())
    });
    noted.await;
    call_when(&client, "the end of the employee's turn", |call| employee_turns(call)[0]["ended_ms"].is_i64()).await;
    until("the agent's answer", async || harness.ai.state().sessions[1].answers.first().map(|_| ())).await;
    hang_up(&client, &call).await;
    let report = placed.await.unwrap();
    assert_eq!((report.ended, report.streams.len()), (EndedBy::Hangup, 1), "{report:#?}");
    let (said, heard) = (employee.said(), employee.heard());
    assert!(contains_part(&report.streams[0].heard, &said), "the caller heard the employee");
    assert!(contains_part(&report.streams[0].said, &heard), "the employee heard the caller");
    let ended = harness.ended_call(&report.call_sid).await;
    assert_eq!(ended["outcome"], "answered", "{ended:#}");
    assert_recorded(&client, &ended).await;
    let audited = "SELECT group_concat(subject) FROM audit_log WHERE action = 'answer_call'";
    assert_eq!(harness.daemon.query_value::<String>(audited), format!("call:{}", call["id"]));
    assert_eq!(refusal(&client, &call).await, (409, json!("call_over")));
    harness.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_is_not_in_silence_when_the_browser_is_lost() {
    for is_closed in [true, false] {
        let harness = harness().await;
        let client = harness.daemon.logged_in("dana", "staff").await;
        let placed = begin(&harness, harness.plan("say 1s; stay"));
        let call = call_when(&client, "the caller's turn", has_caller_spoken).await;
        let employee = Browser::answer(&harness.daemon, &client, &call).await;
        employee.say(30_000);
        employee.until_state("talking").await;
        until("the employee's words", async || (employee.said().len() >= 40_000).then_some(())).await;
        if is_closed {
            employee.hang_up();
        } else {
            employee.freeze();
            assert_eq!(employee.until_ended().await["reason"], "connection_lost");
        }
        let resumed = tokio::task::block_in_place(|| harness.daemon.logs().wait_for_event("CALL_HANDED_BACK"));
        assert_eq!(resumed["is_lost"], true, "{resumed:#}");
        until("the agent's answer", async || harness.ai.state().sessions.get(1)?.answers.first().map(|_| ())).await;
        hang_up(&client, &call).await;
        let report = placed.await.unwrap();
        let heard = &report.streams[0].heard;
        let said = employee.said();
        let frame = &said[said.len() - 8000..][..160];
        let from = heard.windows(160).position(|window| window == frame).expect("the caller heard the employee");
        let silence = longest_silence(&heard[from..]);
        assert!(silence <= MAX_SILENCE, "closed: {is_closed}; {} ms of silence", silence / 8);
        harness.assert_rules_kept();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agent_continues_after_a_logout() {
    let harness = harness().await;
    let client = harness.daemon.logged_in("dana", "staff").await;
    let placed = begin(&harness, harness.plan("say 1s; stay"));
    let call = call_when(&client, "the caller's turn", has_caller_spoken).await;
    let employee = Browser::answer(&harness.daemon, &client, &call).await;
    employee.until_state("talking").await;
    assert_eq!(client.post_json("/api/logout", &json!({})).await.status, 200);
    assert_eq!(employee.until_ended().await["reason"], "logged_out");
    let client = harness.daemon.log_in("dana", access::PASSWORD).await;
    // After the logout, an employee can answer the call again.
    let employee = Browser::answer(&harness.daemon, &client, &call).await;
    employee.until_state("talking").await;
    hang_up(&client, &call).await;
    assert_eq!(employee.until_ended().await["reason"], "employee_hung_up");
    let report = placed.await.unwrap();
    assert_eq!(report.ended, EndedBy::Hangup, "{report:#?}");
    let ended = harness.ended_call(&report.call_sid).await;
    assert_eq!((&ended["end_reason"], employee_turns(&ended).len()), (&json!("employee_hung_up"), 2), "{ended:#}");
    harness.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_hangs_up_ends_the_employees_connection() {
    let harness = harness().await;
    let client = harness.daemon.logged_in("dana", "staff").await;
    let placed = begin(&harness, harness.plan("say 1s; wait 5s; hangup"));
    let call = call_when(&client, "the caller's turn", has_caller_spoken).await;
    let employee = Browser::answer(&harness.daemon, &client, &call).await;
    assert_eq!(employee.until_ended().await["reason"], "caller_hung_up");
    let ended = harness.ended_call(&placed.await.unwrap().call_sid).await;
    assert_eq!((&ended["end_reason"], &ended["outcome"]), (&json!("caller_hung_up"), &json!("answered")));
    assert!(employee_turns(&ended)[0]["ended_ms"].is_i64(), "{ended:#}");
    harness.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_own_page_answers_with_an_unused_ticket() {
    let harness = harness().await;
    let client = harness.daemon.logged_in("dana", "staff").await;
    let placed = begin(&harness, harness.plan("say 1s; stay"));
    let call = call_when(&client, "the caller's turn", has_caller_spoken).await;
    let path = format!("/api/calls/{}/answer", call["id"]);
    assert_eq!(harness.daemon.client().post_json(&path, &json!({})).await.status, 401);
    assert_eq!(client.post_json("/api/calls/99/answer", &json!({})).await.status, 404);
    let (daemon, own) = (&harness.daemon, harness.daemon.url());
    for origin in [None, Some("https://elsewhere.example"), Some("null")] {
        let refused = browser::open_at(daemon, "/ws/answer", origin).await.unwrap_err();
        assert!(refused.to_string().contains("403"), "{origin:?}: {refused}");
    }
    let ticket = browser::answer_ticket(&client, &call).await;
    let mut wrong = ticket.clone();
    wrong["token"] = json!("0".repeat(64));
    // The daemon rejects a wrong ticket, and rejects a ticket for answering a call if a trial call is requested.
    for (path, ticket) in [("/ws/answer", &wrong), ("/ws/trial", &ticket)] {
        let mut socket = browser::open_at(daemon, path, Some(&own)).await.unwrap();
        browser::send(&mut socket, &browser::start(ticket)).await;
        while let Some(Ok(message)) = socket.next().await {
            assert!(!message.is_text(), "{path}: {message}");
        }
    }
    let first = Browser::answer(daemon, &client, &call);
    let second = browser::answer_ticket(&client, &call).await;
    let first = first.await;
    first.until_state("talking").await;
    let mut socket = browser::open_at(daemon, "/ws/answer", Some(&own)).await.unwrap();
    browser::send(&mut socket, &browser::start(&second)).await;
    let late = Browser::on(socket).until_ended().await;
    assert_eq!(late["reason"], "already_answered");
    hang_up(&client, &call).await;
    placed.await.unwrap();
}
