//! Replies of OpenAI Realtime that are requested after a short silence, observed at the phone and at the AI.

use super::support::telephony::CallHarness;
use agentlocator::simulator::caller::CallReport;
use agentlocator::simulator::openai::{OpenAiOptions, Turn};
use std::time::Duration;

/// Places a call with this script. The AI understands the beginning of a sentence, and then its rest.
async fn call(script: &str, early_replies: bool) -> (CallHarness, CallReport) {
    let turns = vec![Turn::new("אני רוצה", "מה תרצו?"), Turn::new("לקבוע תור למחר בשעה חמש", "בשמחה, מחר בחמש.")];
    let options = OpenAiOptions { turns, think: Duration::from_millis(50), ..OpenAiOptions::default() };
    let harness = CallHarness::with_ai(options, |setup| {
        setup.toml(&format!("[openai]\nearly_replies = {early_replies}\nvad_silence_ms = 800\n"));
    })
    .await;
    let report = harness.call(harness.plan(script)).await;
    assert_eq!(report.streams.len(), 1);
    (harness, report)
}

fn agent_turns(harness: &CallHarness) -> String {
    let query = "SELECT coalesce(group_concat(heard_text, '|'), '') FROM call_turns WHERE speaker = 'agent'";
    harness.daemon.query_value(query)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_pauses_in_a_sentence_is_not_answered_in_the_pause() {
    let (harness, _) = call("say 1s; wait 500ms; say 1s; listen; wait 500ms", true).await;
    let state = harness.ai.state();
    let session = &state.sessions[0];
    assert!(session.errors.is_empty(), "{:?}", session.errors);
    assert_eq!(session.answers.len(), 2, "a reply was prepared in the pause");
    assert_eq!(agent_turns(&harness), "בשמחה, מחר בחמש.");
    let discarded = "SELECT count(*) FROM call_events WHERE kind = 'early_reply_discarded'";
    assert_eq!(harness.daemon.query_value::<i64>(discarded), 1);
    let barge_ins = "SELECT count(*) FROM call_events WHERE kind LIKE 'barge_in%'";
    assert_eq!(harness.daemon.query_value::<i64>(barge_ins), 0, "no one was interrupted");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reply_is_ready_when_the_turn_is_over() {
    let script = "say 1s; listen; wait 500ms";
    let (early, early_report) = call(script, true).await;
    let (late, late_report) = call(script, false).await;
    for harness in [&early, &late] {
        assert_eq!(agent_turns(harness), "מה תרצו?");
    }
    let latency = |report: &CallReport| report.streams[0].answers[0].latency_ms();
    assert!(latency(&early_report) >= 750, "after the silence that ends the turn: {} ms", latency(&early_report));
    // Delays of the machine add to each latency, so the latencies have only lower limits.
    assert_eq!(late.ai.state().sessions[0].answers.len(), 1);
    assert!(latency(&late_report) >= 850, "a late reply begins after the silence: {} ms", latency(&late_report));
}
