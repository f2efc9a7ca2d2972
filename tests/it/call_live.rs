//! Calls with GPT-Live, which listens and speaks at the same time.

use super::booking::{monday, offer_haircuts};
use super::call_silence::assert_no_silence;
use super::pipeline_shop::turns_of;
use super::support::telephony::CallHarness;
use agentlocator::simulator::Fault;
use agentlocator::simulator::caller::EndedBy;
use agentlocator::simulator::openai::{Faults, OpenAiOptions, Turn};
use serde_json::json;
use std::time::Duration;

const QUESTION: &str = "מתי אתם פתוחים?";
const ANSWER: &str = "אנחנו פתוחים היום עד שבע.";
const LIVE: &str = "[voice]\nengine = \"live\"\nmessage_silence_s = 1\n";

async fn harness(turns: Vec<Turn>, faults: Faults, toml: &str) -> CallHarness {
    let options = OpenAiOptions { turns, faults, ..OpenAiOptions::default() };
    CallHarness::with_ai(options, |setup| {
        setup.toml(toml);
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_turns_are_answered_and_written_down_with_their_cost() {
    let second = ("אפשר לקבוע תור?", "כן, למתי?");
    let turns = vec![Turn::new(QUESTION, ANSWER), Turn::new(second.0, second.1)];
    let harness = harness(turns, Faults::default(), LIVE).await;
    let report = harness.call(harness.plan("say 1500ms; listen; say 1s; listen")).await;
    assert_eq!(report.ended, EndedBy::Caller, "{report:#?}");
    assert_no_silence(&report);
    let call = harness.ended_call(&report.call_sid).await;
    let expected = [("caller", QUESTION), ("agent", ANSWER), ("caller", second.0), ("agent", second.1)];
    assert_eq!(turns_of(&call), expected, "{call:#}");
    assert_eq!((&call["engine"], &call["outcome"]), (&json!("live"), &json!("answered")), "{call:#}");
    // A minute costs five cents.
    let cost = call["cost_micros"].as_i64().unwrap();
    assert!((1_000..20_000).contains(&cost), "{call:#}");
    let state = harness.ai.state();
    let session = &state.sessions[0];
    assert_eq!((session.model.as_str(), state.sessions.len()), ("gpt-live-1", 1));
    assert_eq!(session.config["delegation"]["responses"]["model"], "gpt-5.6-terra");
    assert!(
        session.ended.as_deref().is_some_and(|why| why.contains("close")),
        "it is paid for no longer: {session:#?}"
    );
    harness.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_backend_books_an_appointment() {
    let start = format!("{}T10:00", monday(2));
    let arguments = json!({"service": "תספורת", "start": start, "caller_name": "דנה"}).to_string();
    let turn = Turn::new(QUESTION, "קבעתי לך תור.").calling("book_appointment", arguments);
    let harness = harness(vec![turn], Faults::default(), LIVE).await;
    let owner = harness.daemon.logged_in("roni", "owner").await;
    offer_haircuts(&owner).await;
    let report = harness.call(harness.plan("say 1s; listen")).await;
    assert_no_silence(&report);
    let booked = owner.get("/api/appointments").await.json()["items"].as_array().unwrap().clone();
    assert_eq!(booked.len(), 1, "{report:#?}");
    assert_eq!(booked[0]["contact_name"], "דנה");
    let call = harness.ended_call(&report.call_sid).await;
    assert_eq!(turns_of(&call).last(), Some(&("agent", "קבעתי לך תור.")), "{call:#}");
    let outputs = harness.ai.state().sessions[0].function_outputs.clone();
    assert!(outputs.len() == 1 && outputs[0].1.contains(&start), "{outputs:?}");
    harness.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_caller_interrupts_and_is_answered() {
    let long = "אנחנו פתוחים בימים ראשון עד חמישי, משעה תשע בבוקר ועד שבע בערב, ובימי שישי משעה תשע ועד אחת בצהריים.";
    let turns = vec![Turn::new(QUESTION, long), Turn::new("רגע, ובשבת?", "בשבת סגור.")];
    let harness = harness(turns, Faults::default(), LIVE).await;
    let report = harness.call(harness.plan("say 1s; wait 3s; say 1500ms; listen")).await;
    assert_eq!(report.ended, EndedBy::Caller, "{report:#?}");
    let call = harness.ended_call(&report.call_sid).await;
    let turns = call["turns"].as_array().unwrap();
    assert_eq!((&turns[1]["interrupted"], turns[1]["speaker"].as_str()), (&json!(true), Some("agent")), "{call:#}");
    assert!(turns[1]["heard_text"].as_str().unwrap().len() < long.len(), "{call:#}");
    assert_eq!(turns_of(&call).last(), Some(&("agent", "בשבת סגור.")), "{call:#}");
    harness.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_or_stays_silent_is_replaced_by_the_next_one() {
    let turns = vec![Turn::new(QUESTION, ANSWER)];
    for (faults, script) in [
        (
            Faults { close_after_speech: Some(Duration::from_millis(100)), ..Faults::default() },
            "say 1500ms; listen; wait 1s",
        ),
        (Faults { mute_sessions: 1, ..Faults::default() }, "say 1500ms; wait 12s"),
    ] {
        let harness = harness(turns.clone(), faults, LIVE).await;
        let report = harness.call(harness.plan(script)).await;
        assert_no_silence(&report);
        let call = harness.ended_call(&report.call_sid).await;
        assert_eq!((&call["engine"], &call["outcome"]), (&json!("live"), &json!("answered")), "{call:#}");
        assert_eq!(turns_of(&call).last(), Some(&("agent", ANSWER)), "{call:#}");
        assert_eq!(harness.ai.state().sessions.len(), 2);
        harness.assert_rules_kept();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_engine_continues_a_call_that_it_cannot_answer() {
    const BOTH: &str = "[voice]\nai_engines = [\"live\", \"realtime\"]\nmessage_silence_s = 1\n";
    let harness = harness(vec![Turn::new(QUESTION, ANSWER)], Faults::default(), BOTH).await;
    harness.ai.set_fault("GET /v1/live/sessions", Fault::Reject(503));
    let report = harness.call(harness.plan("say 1500ms; listen; wait 1s")).await;
    assert_no_silence(&report);
    let call = harness.ended_call(&report.call_sid).await;
    assert_eq!((&call["engine"], &call["outcome"]), (&json!("realtime"), &json!("answered")), "{call:#}");
    assert_eq!(turns_of(&call).last(), Some(&("agent", ANSWER)), "{call:#}");
    harness.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_leaves_the_caller_to_voicemail_and_doctor_names_it() {
    let options = OpenAiOptions { api_key: Some("another".to_owned()), ..OpenAiOptions::default() };
    let harness = CallHarness::with_ai(options, |setup| {
        setup.toml(LIVE);
    })
    .await;
    let report = harness.call(harness.plan("listen; say 1500ms; stay")).await;
    let call = harness.ended_call(&report.call_sid).await;
    assert_eq!(call["engine"], "voicemail", "{call:#}");
    let lost = harness.daemon.logs().wait_for_event("ENGINE_LOST");
    assert_eq!(lost["engine"], "live", "{lost:#}");
    let doctor = tokio::task::block_in_place(|| harness.daemon.cli(&["doctor"]));
    assert!(String::from_utf8_lossy(&doctor.stdout).contains("openai"), "{doctor:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_voice_is_reported_by_doctor() {
    let harness =
        harness(vec![Turn::new(QUESTION, ANSWER)], Faults { unknown_names: vec!["nova"], ..Faults::default() }, {
            "[voice]\nengine = \"live\"\n[openai]\nvoice = \"nova\"\n"
        })
        .await;
    let doctor = tokio::task::block_in_place(|| harness.daemon.cli(&["doctor"]));
    let printed = String::from_utf8_lossy(&doctor.stdout);
    assert!(printed.contains("Invalid voice 'nova'"), "{printed}");
}
