//! After a call, the daemon compares the actions that the agent claimed with those that the agent performed, and
//! creates a task for a false claim.

use super::booking::{monday, offer_haircuts};
use super::support::telephony::CallHarness;
use super::support::whatsapp::until;
use agentlocator::simulator::caller::{CallPlan, Clip, StreamPlan};
use agentlocator::simulator::openai::{Faults, OpenAiOptions, Turn};
use serde_json::{Value, json};

const DANA: &str = "+972501234567";

/// The end of an answer whose beginning the caller has heard when the text arrives.
const TAIL: &str = " תודה רבה ולהתראות.";

/// An AI that speaks in real time, and sends the text of an answer only at its end, so that the caller has heard a false
/// claim before the daemon can stop it.
fn late_texts(turns: Vec<Turn>) -> OpenAiOptions {
    let faults = Faults { late_answer_texts: true, ..Faults::default() };
    OpenAiOptions { turns, faults, speed: 1.0, ..OpenAiOptions::default() }
}

/// Places one phone call in which the agent says the sentences of `turns`, each after its tool calls. Returns the
/// harness, the call, and the open tasks after the call's review.
async fn after_call(turns: Vec<Turn>) -> (CallHarness, Value, Vec<Value>) {
    let script = "say 1s; listen; ".repeat(turns.len());
    let harness = CallHarness::with_ai(late_texts(turns), |_| {}).await;
    let owner = harness.daemon.logged_in("roni", "owner").await;
    offer_haircuts(&owner).await;
    let report = harness.call(CallPlan { from: DANA.into(), ..harness.plan(&script) }).await;
    let call = harness.ended_call(&report.call_sid).await;
    until("the review", async || {
        let done = "SELECT count(*) FROM jobs WHERE kind = 'review_call' AND state = 'done'";
        (harness.daemon.query_value::<i64>(done) == 1).then_some(())
    })
    .await;
    let tasks = owner.get("/api/tasks").await.json()["items"].as_array().unwrap().clone();
    (harness, call, tasks)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_appointment_that_was_only_said_to_be_booked_becomes_a_task() {
    let (harness, call, tasks) =
        after_call(vec![Turn::new("אפשר תור?", format!("קבעתי לך תור ליום שני.{TAIL}"))]).await;
    assert_eq!(tasks.len(), 1, "{tasks:#?}");
    let title = tasks[0]["title"].as_str().unwrap();
    assert!(title.contains("הסוכן אמר שנקבע תור") && title.contains("קבעתי לך תור"), "{title}");
    assert_eq!((&tasks[0]["call_id"], &tasks[0]["source"]), (&call["id"], &json!("agent")));
    assert_eq!(tasks[0]["contact_id"], call["contact_id"]);
    assert_eq!(harness.daemon.logs().events_named("PROMISE_BROKEN")[0]["promise"], "booked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_at_the_recorder_is_not_spoken_and_leaves_no_task() {
    let turns = vec![Turn::new("אפשר תור?", "קבעתי לך תור ליום שני.")];
    let harness = CallHarness::with_ai(OpenAiOptions { turns, ..OpenAiOptions::default() }, |_| {}).await;
    let owner = harness.daemon.logged_in("roni", "owner").await;
    offer_haircuts(&owner).await;
    let messages = vec![Clip::Voice(1_500), Clip::Voice(1_500)];
    let plan = CallPlan { stream: StreamPlan::Fails, messages, from: DANA.into(), ..harness.plan("stay") };
    let report = harness.call(plan).await;
    let call = harness.ended_call(&report.call_sid).await;
    let said: Vec<_> = call["turns"].as_array().unwrap().iter().filter(|turn| turn["speaker"] == "agent").collect();
    assert!(!said.is_empty() && said.iter().all(|turn| turn["text"] == "זה עדיין לא נעשה. לנסות שוב?"), "{call:#}");
    harness.until_jobs_done().await;
    let tasks = owner.get("/api/tasks").await.json()["items"].as_array().unwrap().clone();
    assert!(tasks.iter().all(|task| !task["title"].as_str().unwrap().contains("קבעתי")), "{tasks:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_keeps_the_promise_and_is_a_turn_of_the_transcript() {
    let start = format!("{}T10:00", monday(2));
    let arguments = json!({"service": "תספורת", "start": start, "caller_name": "דנה"});
    let book = Turn::new("אפשר תור?", "קבעתי לך תור ל-10:00.").calling("book_appointment", arguments.to_string());
    let (_harness, call, tasks) = after_call(vec![book]).await;
    assert_eq!(tasks, [] as [Value; 0]);
    let turns = call["turns"].as_array().unwrap();
    let tool = turns.iter().find(|turn| turn["speaker"] == "tool").expect("a turn of the tool");
    assert_eq!(tool["tool"]["name"], "book_appointment");
    assert_eq!(tool["tool"]["arguments"], arguments);
    assert_eq!(tool["tool"]["output"]["booked"]["start"], start, "{tool:#}");
    assert_eq!(tool["text"], "");
    assert!(tool["ended_ms"].as_i64() >= tool["started_ms"].as_i64(), "{tool:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_time_than_the_one_that_was_booked_becomes_a_task() {
    let arguments = json!({"service": "תספורת", "start": format!("{}T10:00", monday(2)), "caller_name": "דנה"});
    let said = format!("קבעתי לך תור ל-11:00.{TAIL}");
    let book = Turn::new("אפשר תור?", said).calling("book_appointment", arguments.to_string());
    let (_harness, _, tasks) = after_call(vec![book]).await;
    assert_eq!(tasks.len(), 1, "{tasks:#?}");
    assert!(tasks[0]["title"].as_str().unwrap().contains("הסוכן אמר יום או שעה שאינם של התור"), "{tasks:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_appointment_from_before_the_call_confirms_its_own_time_alone() {
    let day = "ליום שני";
    let turns = |said: String| vec![Turn::new("מתי התור שלי?", &said)];
    let harness = CallHarness::with_ai(late_texts(Vec::new()), |_| {}).await;
    let owner = harness.daemon.logged_in("roni", "owner").await;
    offer_haircuts(&owner).await;
    let start = format!("{}T10:00", monday(2));
    let book = json!({"service": "תספורת", "start": start, "caller_name": "דנה"}).to_string();
    let first = Turn::new("אפשר תור?", "קבעתי לך תור.").calling("book_appointment", book);
    let later = |said: &str| turns(format!("התור שלך קבוע {day} {said}.{TAIL}"));
    for (calls, turns, count) in [(1, vec![first], 0), (2, later("בעשר"), 0), (3, later("באחת עשרה"), 1)] {
        harness.ai.change(|options| options.turns = turns);
        let report = harness.call(CallPlan { from: DANA.into(), ..harness.plan("say 1s; listen") }).await;
        harness.ended_call(&report.call_sid).await;
        until("the review", async || {
            let done = "SELECT count(*) FROM jobs WHERE kind = 'review_call' AND state = 'done'";
            (harness.daemon.query_value::<i64>(done) == calls).then_some(())
        })
        .await;
        let tasks = owner.get("/api/tasks").await.json()["items"].as_array().unwrap().clone();
        assert_eq!(tasks.len(), count, "{tasks:#?}");
    }
}
