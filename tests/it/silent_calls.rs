//! The call of a caller who never speaks ends after one question, and creates no leads, tasks or messages.

use super::support::telephony::CallHarness;
use super::support::whatsapp::FakeBridge;
use agentlocator::audio::wav;
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

/// Returns a WAV file of 700 ms of loud noise without a pitch.
fn noise() -> Vec<u8> {
    let mut random = 1_u32;
    let samples = (0..8000 * 7 / 10).flat_map(|_| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        i16::from_be_bytes([random.to_be_bytes()[0], 0]).saturating_div(3).to_le_bytes()
    });
    let samples: Vec<u8> = samples.collect();
    [&wav::pcm_header(1, 8000, samples.len() as u64 / 2)[..], &samples].concat()
}

/// The AI detects both as an utterance, whose transcript is empty.
#[tokio::test(flavor = "multi_thread")]
async fn noise_is_silence_and_speech_that_is_not_understood_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("noise.wav");
    std::fs::write(&file, noise()).unwrap();
    for (sound, outcome, end_reason) in
        [(file.display().to_string(), "silent", "silent"), ("700ms".to_owned(), "answered", "idle")]
    {
        let bridge = FakeBridge::start().await;
        let options =
            OpenAiOptions { turns: vec![Turn::new("", "לא שמעתי, אפשר לחזור?")], ..options() };
        let harness = CallHarness::with_ai(options, |setup| {
            bridge.configure(setup);
            setup.toml(&format!("[voice]\nidle_prompt_s = 2\n{CONSEQUENCES}"));
        })
        .await;
        let report = harness.call(harness.plan(&format!("say {sound}; stay"))).await;
        assert_eq!(report.ended, EndedBy::Hangup, "{report:#?}");
        assert_eq!(report.streams[0].answers.len(), 1, "the AI detects the sound: {report:#?}");
        let call = harness.ended_call(&report.call_sid).await;
        assert_eq!((&call["outcome"], &call["end_reason"]), (&json!(outcome), &json!(end_reason)), "{call:#}");
        harness.until_jobs_done().await;
        let is_silent = outcome == "silent";
        assert_eq!(bridge.sent().is_empty(), is_silent, "the owner is notified: {:?}", bridge.sent());
        let asked = "SELECT count(*) FROM call_events WHERE kind = 'idle_prompt'";
        assert_eq!(harness.daemon.query_value::<i64>(asked), if is_silent { 1 } else { 2 });
    }
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
