//! Calls from machines end soon, and create no leads, tasks or messages.

use super::support::telephony::CallHarness;
use super::support::whatsapp::FakeBridge;
use agentlocator::audio::wav;
use agentlocator::simulator::caller::EndedBy;
use agentlocator::simulator::openai::{OpenAiOptions, Turn};
use serde_json::{Value, json};
use std::f64::consts::TAU;
use std::time::Duration;

const ANNOUNCEMENT: &str = "לקבלת הצעה להלוואה הקישו 1, להסרה מהרשימה הקישו 9";

async fn harness(turn: Turn, bridge: &FakeBridge) -> CallHarness {
    let found = json!({"summary": "הצעה להלוואה.", "language": "he", "is_lead": true, "lead": "הלוואה",
        "open_requests": ["להקיש 1"], "unanswered_questions": []});
    let options = OpenAiOptions { turns: vec![turn], structured: Some(found), ..OpenAiOptions::default() };
    CallHarness::with_ai(options, |setup| {
        bridge.configure(setup);
        setup.toml(
            "[agent]\ntext_missed_callers = true\ncall_notices = \"all\"\n[alerts]\nwhatsapp_to = \"+972507777777\"\n",
        );
    })
    .await
}

/// Returns a WAV file of 8 seconds with the calling tone of a fax machine, three times.
fn fax() -> Vec<u8> {
    let samples = (0_u32..8000 * 8).map(|at| {
        let is_tone = at % (8 * 3500) < 8 * 500;
        #[expect(clippy::cast_possible_truncation, reason = "far below the limit")]
        let sample = if is_tone { ((TAU * 1100.0 * f64::from(at) / 8000.0).sin() * 5000.0) as i16 } else { 0 };
        sample
    });
    let samples: Vec<i16> = samples.collect();
    let header = wav::pcm_header(1, 8000, samples.len() as u64);
    [&header[..], &samples.iter().flat_map(|sample| sample.to_le_bytes()).collect::<Vec<_>>()].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fax_and_an_announcement_are_ended_without_a_lead_and_without_messages() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("fax.wav");
    std::fs::write(&file, fax()).unwrap();
    for (script, words, evidence) in [
        (format!("say {}; stay", file.display()), "הלו", "fax_tone"),
        ("say 3s; stay".into(), ANNOUNCEMENT, "announcement"),
    ] {
        let bridge = FakeBridge::start().await;
        let harness = harness(Turn::new(words, "שלום, איך אפשר לעזור?"), &bridge).await;
        let began = std::time::Instant::now();
        let report = harness.call(harness.plan(&script)).await;
        assert_eq!(report.ended, EndedBy::Hangup, "{report:#?}");
        // The limit includes the greeting, which plays first.
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
        let call = harness.ended_call(&report.call_sid).await;
        for (field, value) in [("outcome", "robot"), ("end_reason", "robot")] {
            assert_eq!(call[field], value, "{call:#}");
        }
        assert_eq!(harness.daemon.logs().wait_for_event("ROBOT_CALL")["evidence"], evidence);
        let stored = "SELECT count(*) FROM call_events WHERE kind = 'robot' AND detail LIKE ";
        assert_eq!(harness.daemon.query_value::<i64>(&format!("{stored} '%{evidence}%'")), 1);
        harness.until_jobs_done().await;
        assert_eq!(bridge.sent(), Vec::<Value>::new());
        let api = tokio::task::block_in_place(|| harness.daemon.api());
        assert_eq!(api.get("/api/leads").await.json()["items"], json!([]));
        assert_eq!(api.get("/api/tasks").await.json()["items"], json!([]));
        let waiting = api.get("/api/inbox?filter=waiting").await.json();
        assert_eq!(waiting["items"], json!([]), "{waiting:#}");
        assert_eq!(harness.daemon.query_value::<i64>("SELECT sum(unread_count) FROM threads"), 0);
        let listed = api.get("/api/calls?outcome=robot").await.json();
        assert_eq!(listed["calls"].as_array().unwrap().len(), 1, "{listed:#}");
        assert_eq!(api.get("/api/calls?outcome=answered").await.json()["calls"], json!([]));
        let metrics = api.get("/metrics").await.text();
        assert!(metrics.contains("agentlocator_calls_ended_total{reason=\"robot\"} 1"), "{metrics}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_quotes_an_announcement_is_answered() {
    let bridge = FakeBridge::start().await;
    let quote = format!("קיבלתי הודעה: {ANNOUNCEMENT}, ולא הבנתי");
    let harness = harness(Turn::new(&quote, "אני בודק"), &bridge).await;
    let report = harness.call(harness.plan("say 3s; listen; wait 300ms")).await;
    assert_eq!(report.ended, EndedBy::Caller, "{report:#?}");
    assert_eq!(harness.ended_call(&report.call_sid).await["outcome"], "answered");
}
