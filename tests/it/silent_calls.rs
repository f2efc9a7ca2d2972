//! The call of a caller who never says a word ends after one question, and creates no leads, tasks or messages.

use super::support::telephony::CallHarness;
use super::support::whatsapp::FakeBridge;
use agentlocator::simulator::caller::EndedBy;
use agentlocator::simulator::openai::{OpenAiOptions, Turn};
use serde_json::{Value, json};

const CONSEQUENCES: &str =
    "[agent]\ntext_missed_callers = true\ncall_notices = \"all\"\n[alerts]\nwhatsapp_to = \"+972507777777\"\n";

fn options() -> OpenAiOptions {
    let found = json!({"summary": "שיחה.", "language": "he", "is_lead": true, "lead": "תספורת",
        "open_requests": ["לחזור ללקוח"], "unanswered_questions": []});
    OpenAiOptions { structured: Some(found), ..OpenAiOptions::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_caller_is_asked_once_and_leaves_nothing_to_do() {
    let bridge = FakeBridge::start().await;
    let harness = CallHarness::with_ai(options(), |setup| {
        bridge.configure(setup);
        setup.toml(&format!("[voice]\nidle_prompt_s = 1\n{CONSEQUENCES}"));
    })
    .await;
    let report = harness.call(harness.plan("stay")).await;
    assert_eq!(report.ended, EndedBy::Hangup, "{report:#?}");
    let call = harness.ended_call(&report.call_sid).await;
    for (field, value) in [("outcome", "silent"), ("end_reason", "silent")] {
        assert_eq!(call[field], value, "{call:#}");
    }
    let count = |kind: &str| {
        harness.daemon.query_value::<i64>(&format!("SELECT count(*) FROM call_events WHERE kind = '{kind}'"))
    };
    assert_eq!((count("idle_prompt"), count("silent_caller")), (1, 1));
    harness.until_jobs_done().await;
    assert_eq!(bridge.sent(), Vec::<Value>::new());
    let api = tokio::task::block_in_place(|| harness.daemon.api());
    for list in ["/api/leads", "/api/tasks", "/api/inbox?filter=waiting"] {
        assert_eq!(api.get(list).await.json()["items"], json!([]), "{list}");
    }
    assert_eq!(harness.daemon.query_value::<i64>("SELECT sum(unread_count) FROM threads"), 0);
    for (outcome, calls) in [("silent", 1), ("robot", 0), ("answered", 0)] {
        let listed = api.get(&format!("/api/calls?outcome={outcome}")).await.json();
        assert_eq!(listed["calls"].as_array().unwrap().len(), calls, "{outcome}: {listed:#}");
    }
    let metrics = api.get("/metrics").await.text();
    assert!(metrics.contains("agentlocator_calls_ended_total{reason=\"silent\"} 1"), "{metrics}");
}

/// Noise is an utterance to the AI, whose transcript is empty.
#[tokio::test(flavor = "multi_thread")]
async fn noise_is_no_word() {
    let options = OpenAiOptions { turns: vec![Turn::new("", "לא שמעתי, אפשר לחזור?")], ..options() };
    let harness = CallHarness::with_ai(options, |setup| {
        setup.toml("[voice]\nidle_prompt_s = 2\n");
    })
    .await;
    let report = harness.call(harness.plan("say 700ms; stay")).await;
    assert_eq!(report.ended, EndedBy::Hangup, "{report:#?}");
    assert_eq!(harness.ended_call(&report.call_sid).await["outcome"], "silent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_answers_the_question_or_speaks_first_is_not_a_silent_one() {
    for script in ["say 1s; stay", "wait 1500ms; listen; say 1s; stay"] {
        let options =
            OpenAiOptions { turns: vec![Turn::new("הלו?", "שלום, איך אפשר לעזור?")], ..options() };
        let harness = CallHarness::with_ai(options, |setup| {
            setup.toml("[voice]\nidle_prompt_s = 1\n");
        })
        .await;
        let report = harness.call(harness.plan(script)).await;
        assert_eq!(report.ended, EndedBy::Hangup, "{report:#?}");
        let call = harness.ended_call(&report.call_sid).await;
        assert_eq!((&call["outcome"], &call["end_reason"]), (&json!("answered"), &json!("idle")), "{script}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_call_is_asked_twice_if_the_setting_is_off() {
    let harness = CallHarness::with_ai(options(), |setup| {
        setup.toml("[voice]\nidle_prompt_s = 1\nend_silent_calls = false\n");
    })
    .await;
    let report = harness.call(harness.plan("stay")).await;
    let call = harness.ended_call(&report.call_sid).await;
    assert_eq!((&call["outcome"], &call["end_reason"]), (&json!("answered"), &json!("idle")), "{report:#?}");
    let asked = "SELECT count(*) FROM call_events WHERE kind = 'idle_prompt'";
    assert_eq!(harness.daemon.query_value::<i64>(asked), 2);
}

/// In voicemail, a caller who says nothing leaves no message: the call is a missed one, without a task.
#[tokio::test(flavor = "multi_thread")]
async fn silence_in_voicemail_is_no_message() {
    let harness = CallHarness::without_ai(|_| {}).await;
    let report = harness.call(harness.plan("stay")).await;
    assert_eq!(report.ended, EndedBy::Hangup, "{report:#?}");
    assert_eq!(harness.ended_call(&report.call_sid).await["outcome"], "missed");
    harness.until_jobs_done().await;
    let api = tokio::task::block_in_place(|| harness.daemon.api());
    assert_eq!(api.get("/api/tasks").await.json()["items"], json!([]));
}
