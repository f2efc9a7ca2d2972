//! The review after a call: summary, language, lead, tasks, and the questions that the agent could not answer.

use super::pipeline_shop::{ANSWER, PIPELINE, QUESTION};
use super::support::client::send;
use super::support::telephony::{CallHarness, free_port};
use super::support::whatsapp::until;
use super::support::{Client, Setup};
use agentlocator::simulator::EventLog;
use agentlocator::simulator::caller::CallPlan;
use agentlocator::simulator::openai::{Faults, OpenAi, OpenAiOptions, Turn};
use agentlocator::simulator::soniox::{Soniox, SonioxOptions};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const DANA: &str = "+972501234567";

fn findings() -> Value {
    json!({
        "summary": "ביקשה תור לתספורת ביום שישי.\nהסוכן הבטיח שיחזרו אליה.", "language": "ru", "is_lead": true,
        "lead": "צבע לשיער", "open_requests": ["לחזור לדנה לגבי יום שישי", " ", "a", "b", "c"],
        "unanswered_questions": ["יש חניה לנכים?", "x".repeat(5000)],
    })
}

async fn shop(options: OpenAiOptions, configure: impl FnOnce(&mut Setup)) -> (CallHarness, Client) {
    let turns = vec![Turn::new("אפשר תור ליום שישי?", "אין לי תשובה")];
    let harness = CallHarness::with_ai(OpenAiOptions { turns, ..options }, configure).await;
    let owner = harness.daemon.logged_in("roni", "owner").await;
    (harness, owner)
}

async fn call(harness: &CallHarness, script: &str) -> Value {
    let report = harness.call(CallPlan { from: DANA.into(), ..harness.plan(script) }).await;
    harness.ended_call(&report.call_sid).await
}

async fn until_job(harness: &CallHarness, state: &str) -> String {
    until(&format!("the job to be {state}"), async || {
        let sql = format!("SELECT coalesce(max(state = '{state}'), 0) FROM jobs WHERE kind = 'summarize_call'");
        (harness.daemon.query_value::<i64>(&sql) == 1).then_some(())
    })
    .await;
    harness.daemon.query_value("SELECT coalesce(last_error, '') FROM jobs WHERE kind = 'summarize_call'")
}

/// Returns the summary requests that the AI has received.
fn asked(harness: &CallHarness) -> Vec<Value> {
    let requests = &harness.ai.state().requests;
    requests.iter().filter(|(path, _)| path == "/responses").map(|(_, body)| body.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_gets_summary_language_lead_tasks_and_questions() {
    let options = OpenAiOptions { structured: Some(findings()), ..OpenAiOptions::default() };
    let (harness, owner) = shop(options, |_| {}).await;
    let stored = call(&harness, "say 1s; listen; ").await;
    until_job(&harness, "done").await;
    harness.assert_rules_kept();
    let requests = asked(&harness);
    assert_eq!(requests.len(), 1, "{requests:#?}");
    let input = requests[0]["input"][0]["content"].as_str().unwrap();
    assert!(input.contains("אפשר תור ליום שישי?") && requests[0]["store"] == false, "{:#}", requests[0]);
    assert!(!requests[0]["instructions"].as_str().unwrap().contains("אפשר תור"), "the transcript is no instruction");

    let shown = owner.get(&format!("/api/calls/{}", stored["id"])).await.json();
    assert_eq!(shown["summary_line"], "ביקשה תור לתספורת ביום שישי. הסוכן הבטיח שיחזרו אליה.");
    assert_eq!(shown["summary"], "ביקשה תור לתספורת ביום שישי. הסוכן הבטיח שיחזרו אליה.");
    assert_eq!((&shown["language"], &shown["lead"]["title"]), (&json!("ru"), &json!("צבע לשיער")), "{shown:#}");
    let questions: Vec<_> = shown["questions"].as_array().unwrap().iter().map(|one| &one["question"]).collect();
    assert_eq!(questions[0], "יש חניה לנכים?", "{shown:#}");
    let contact = owner.get(&format!("/api/contacts/{}", stored["contact_id"])).await.json();
    assert_eq!(contact["language"], "ru");
    let tasks = owner.get("/api/tasks").await.json()["items"].clone();
    let mut titles: Vec<_> = tasks.as_array().unwrap().iter().map(|task| task["title"].as_str().unwrap()).collect();
    titles.sort_unstable();
    assert_eq!(titles, ["a", "b", "לחזור לדנה לגבי יום שישי"], "three at most, none of them empty");
    assert_eq!(tasks[0]["call_id"], stored["id"]);
    let leads = owner.get("/api/leads").await.json()["items"].clone();
    assert_eq!((&leads[0]["title"], &leads[0]["source"]), (&json!("צבע לשיער"), &json!("call")), "{leads:#}");
    let gaps = owner.get("/api/knowledge-gaps").await.json()["items"].clone();
    let questions: Vec<_> = gaps.as_array().unwrap().iter().map(|gap| gap["question"].as_str().unwrap()).collect();
    assert!(questions.contains(&"יש חניה לנכים?") && questions.iter().all(|text| text.chars().count() <= 200));

    // The second call of the same contact adds no second lead, and the question counts as asked twice.
    call(&harness, "say 1s; listen; ").await;
    until("the second summary", async || {
        let gaps = owner.get("/api/knowledge-gaps").await.json()["items"].clone();
        let asked = gaps.as_array().unwrap().iter().find(|gap| gap["question"] == "יש חניה לנכים?").cloned();
        asked.filter(|gap| gap["times_asked"] == 2)
    })
    .await;
    assert_eq!(owner.get("/api/leads").await.json()["items"].as_array().unwrap().len(), 1);
    let shown = owner.get(&format!("/api/calls/{}", stored["id"])).await.json();
    assert_eq!(shown["lead"]["id"], leads[0]["id"], "the lead is that of the first call");
    assert_eq!(shown["questions"], json!([]), "the question was asked again in the second call");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_summary_is_whole_on_the_call_and_one_line_in_lists() {
    let summary = "דנה ביקשה לדעת מתי אפשר להגיע לתספורת ולצבע, כמה זה עולה, ואם יש חניה. ".repeat(4);
    let summary = summary.trim();
    let options = OpenAiOptions { structured: Some(json!({"summary": summary})), ..OpenAiOptions::default() };
    let (harness, owner) = shop(options, |_| {}).await;
    let stored = call(&harness, "say 1s; listen; ").await;
    until_job(&harness, "done").await;
    let shown = owner.get(&format!("/api/calls/{}", stored["id"])).await.json();
    assert_eq!(shown["summary"], summary);
    assert!(shown["summary_line"].as_str().unwrap().ends_with('…'), "{shown:#}");
    assert_eq!((&shown["language"], &shown["lead"]), (&json!(null), &json!(null)), "{shown:#}");
    assert_eq!(shown["questions"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_without_a_key_of_openai_summarizes_calls_with_its_own_model() {
    let log = EventLog::new();
    let heard = SonioxOptions { heard: vec![QUESTION.into()], ..SonioxOptions::default() };
    let soniox = Soniox::start(free_port().await, heard, log.clone()).unwrap();
    let findings = json!({"summary": "שאל על שעות הפתיחה.", "language": "he", "is_lead": false, "lead": "",
        "open_requests": ["לחזור עם השעות של חנוכה"], "unanswered_questions": []});
    let options = OpenAiOptions {
        turns: vec![Turn::new(QUESTION, ANSWER)],
        structured: Some(findings),
        ..OpenAiOptions::default()
    };
    let model = OpenAi::start(free_port().await, options, log.clone()).unwrap();
    let harness = CallHarness::without_ai(|setup| {
        setup.env("SONIOX_API_KEY", "soniox-key");
        setup.env("SONIOX_STT_BASE_URL", soniox.base_url()).env("SONIOX_TTS_BASE_URL", soniox.base_url());
        setup.env("PIPELINE_MODEL_BASE_URL", model.base_url()).env("PIPELINE_MODEL_API_KEY", "sk-test");
        setup.toml(&format!("{PIPELINE}cents_per_hour = 0\nmodel = \"local\"\n"));
    })
    .await;
    let owner = harness.daemon.logged_in("roni", "owner").await;
    let report = harness.call(harness.plan("say 1500ms; listen")).await;
    let call = harness.ended_call(&report.call_sid).await;
    let path = format!("/api/calls/{}", call["id"]);
    let summarized = until("the summary", async || {
        let call = owner.get(&path).await.json();
        // Without a summary, `summary_line` shows the caller's first words.
        (call["summary_line"] == "שאל על שעות הפתיחה.").then_some(call)
    })
    .await;
    assert_eq!(summarized["cost_micros"], 0, "the server's price is that of the call's time");
    let tasks = owner.get("/api/tasks").await.json()["items"].clone();
    assert_eq!(tasks[0]["title"], "לחזור עם השעות של חנוכה", "{tasks:#}");
    let requests = model.state().requests;
    let asked: Vec<_> = requests.iter().filter(|(_, body)| body["response_format"].is_object()).collect();
    assert_eq!((asked.len(), &asked[0].1["model"]), (1, &json!("local")), "{asked:#?}");
    assert!(asked[0].1["messages"][1]["content"].as_str().unwrap().contains(QUESTION), "{asked:#?}");
    assert!(harness.ai.state().requests.is_empty(), "OpenAI is asked nothing");
    assert!(log.violations().is_empty(), "{:#?}", log.violations());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_raises_an_alert_and_is_tried_again_as_a_rate_limit_is() {
    for status in [401, 429] {
        let faults = Faults { refuse_requests: Some(status), ..Faults::default() };
        let (harness, _) = shop(OpenAiOptions { faults, ..OpenAiOptions::default() }, |_| {}).await;
        call(&harness, "say 1s; listen; ").await;
        until("the first attempt", async || {
            let sql = "SELECT coalesce(max(attempts), 0) FROM jobs WHERE kind = 'summarize_call'";
            (harness.daemon.query_value::<i64>(sql) > 0).then_some(())
        })
        .await;
        let error = until_job(&harness, "waiting").await;
        assert!(error.contains(&status.to_string()), "{error}");
        let is_alert_raised = || {
            let raised = harness.daemon.logs().events_named("ALERT_RAISED");
            raised.iter().any(|alert| alert["alert.kind"] == "ai_refused")
        };
        if status == 401 {
            until("the alert", async || is_alert_raised().then_some(())).await;
        }
        assert_eq!(is_alert_raised(), status == 401, "{status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_setting_or_words_of_the_caller_nothing_is_asked() {
    let (harness, _) = shop(OpenAiOptions::default(), |setup| {
        setup.toml("[agent]\nsummaries = false\n");
    })
    .await;
    call(&harness, "say 1s; listen; ").await;
    until_job(&harness, "done").await;
    assert!(asked(&harness).is_empty());
    let (harness, _) = shop(OpenAiOptions::default(), |_| {}).await;
    call(&harness, "wait 200ms; ").await;
    until_job(&harness, "done").await;
    assert!(asked(&harness).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn summaries_that_wait_for_the_ai_delay_no_other_job() {
    const AT: &str = "2026-11-12T10:00:00.000Z";
    let options = OpenAiOptions { structured: Some(findings()), ..OpenAiOptions::default() };
    let (mut harness, _) = shop(options, |_| {}).await;
    let sid = call(&harness, "say 1s; listen; ").await["call_sid"].as_str().unwrap().to_owned();
    until_job(&harness, "done").await;
    harness.daemon.kill9();
    // Longer than the time limit of a summary.
    harness.ai.change(|options| options.faults.slow_requests = Duration::from_mins(2));
    // A job for an unknown outbound call does nothing.
    let summary = format!("('summarize_call', '{{\"call_sid\":\"{sid}\"}}', 'waiting', '{AT}', '{AT}', '{AT}')");
    harness.daemon.seed(&format!(
        "UPDATE calls SET summary = NULL;
         INSERT INTO jobs(kind, payload, state, run_at, created_at, updated_at)
             VALUES {}, ('contact_not_reached', '{{\"outbound_call\":999}}', 'waiting', '{AT}', '{AT}', '{AT}')",
        vec![summary; 6].join(", ")
    ));
    let before = asked(&harness).len();
    super::catch_up::launch(&mut harness);
    until("the requests to the AI", async || (asked(&harness).len() > before + 3).then_some(())).await;
    let asked_at = Instant::now();
    let done = "SELECT count(*) FROM jobs WHERE kind = 'contact_not_reached' AND state = 'done'";
    until("the other job", async || (harness.daemon.query_value::<i64>(done) == 1).then_some(())).await;
    assert!(asked_at.elapsed() < Duration::from_secs(30), "after {:?}", asked_at.elapsed());
    let waiting = "SELECT count(*) FROM jobs WHERE kind = 'summarize_call' AND state = 'waiting'";
    assert_eq!(harness.daemon.query_value::<i64>(waiting), 6);
}

/// Returns the instructions that the AI received in the last session.
fn instructions(harness: &CallHarness) -> String {
    harness.ai.state().sessions.last().unwrap().config["instructions"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_once_and_the_answer_is_a_fact() {
    let options = OpenAiOptions { structured: Some(findings()), ..OpenAiOptions::default() };
    let (harness, owner) = shop(options, |_| {}).await;
    let stored = call(&harness, "say 1s; listen; ").await;
    until_job(&harness, "done").await;
    let gaps = owner.get("/api/knowledge-gaps").await.json()["items"].clone();
    let gap = gaps.as_array().unwrap().iter().find(|gap| gap["question"] == "יש חניה לנכים?").unwrap().clone();
    assert_eq!((&gap["call_id"], &gap["contact_id"]), (&stored["id"], &stored["contact_id"]));
    let path = format!("/api/knowledge-gaps/{}", gap["id"]);
    assert_eq!(owner.post_json(&format!("{path}/answer"), &json!({"answer": " "})).await.status, 400);
    let staff = harness.daemon.logged_in("dana", "staff").await;
    assert_eq!(staff.post_json(&format!("{path}/answer"), &json!({"answer": "הכול חינם"})).await.status, 403);
    let answered = owner.post_json(&format!("{path}/answer"), &json!({"answer": "כן, מול הכניסה"})).await;
    assert_eq!((answered.status, &answered.json()["state"]), (200, &json!("answered")), "{}", answered.text());
    let facts = owner.get("/api/facts").await.json()["items"].clone();
    assert_eq!(facts[0]["id"], answered.json()["fact_id"]);
    for (field, value) in [("topic", "יש חניה לנכים?"), ("text", "כן, מול הכניסה"), ("source", "answer")]
    {
        assert_eq!(facts[0][field], value, "{facts:#}");
    }
    // The question is a caller's text. Until the owner sets a topic for the fact, only a tool returns the fact, as
    // data. The instructions do not contain it.
    let fact = format!("/api/facts/{}", facts[0]["id"]);
    call(&harness, "say 1s; listen; ").await;
    assert!(!instructions(&harness).contains("חניה") && instructions(&harness).contains("use search_facts"));
    assert_eq!(send(owner.request(Method::PATCH, &fact).json(&json!({"topic": "חניית נכים"}))).await.status, 200);
    call(&harness, "say 1s; listen; ").await;
    let line = "- חניית נכים: כן, מול הכניסה";
    assert!(instructions(&harness).contains(line), "{}", instructions(&harness));
    assert_eq!(owner.post_json(&format!("{path}/answer"), &json!({"answer": "לא"})).await.status, 409);
    assert_eq!(owner.post_json(&format!("{path}/dismiss"), &json!({})).await.status, 409);
    let open = owner.get("/api/knowledge-gaps?state=open").await.json()["items"].as_array().unwrap().clone();
    let other = format!("/api/knowledge-gaps/{}", open[0]["id"]);
    assert_eq!(owner.post_json(&format!("{other}/dismiss"), &json!({})).await.json()["state"], "dismissed");
    assert_eq!(owner.get("/api/knowledge-gaps").await.json()["items"], json!([]));
    assert_eq!(owner.post_json(&format!("{other}/reopen"), &json!({})).await.json()["state"], "open");

    until("the summaries", async || {
        let done = "SELECT count(*) FROM jobs WHERE kind = 'summarize_call' AND state = 'done'";
        (harness.daemon.query_value::<i64>(done) == 3).then_some(())
    })
    .await;

    // After the fact is deleted, the next call with the question opens the question again.
    assert_eq!(send(owner.request(Method::DELETE, &fact)).await.status, 200);
    assert_eq!(owner.get("/api/knowledge-gaps").await.json()["items"].as_array().unwrap().len(), 1);
    call(&harness, "say 1s; listen; ").await;
    until("the question", async || {
        let open = owner.get("/api/knowledge-gaps").await.json()["items"].as_array().unwrap().len();
        (open == 2).then_some(())
    })
    .await;
}
