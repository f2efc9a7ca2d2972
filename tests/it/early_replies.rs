//! Replies of OpenAI Realtime that are requested after a short silence, observed at the phone and at the AI.

use super::support::telephony::CallHarness;
use agentlocator::simulator::caller::CallReport;
use agentlocator::simulator::openai::{OpenAiOptions, Turn};
use std::time::Duration;

/// Places a call with this script and these lines of the section `openai`. The AI understands the beginning of a
/// sentence, and then its rest, and sends each reply `think_ms` after the request.
async fn call(script: &str, think_ms: u64, settings: &str) -> (CallHarness, CallReport) {
    let turns = vec![Turn::new("אני רוצה", "מה תרצו?"), Turn::new("לקבוע תור למחר בשעה חמש", "בשמחה, מחר בחמש.")];
    let options = OpenAiOptions { turns, think: Duration::from_millis(think_ms), ..OpenAiOptions::default() };
    let harness = CallHarness::with_ai(options, |setup| {
        setup.toml(&format!("[openai]\n{settings}"));
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
    let settings = "early_replies = true\nvad_silence_ms = 800\n";
    let (harness, _) = call("say 1s; wait 500ms; say 1s; listen; wait 500ms", 50, settings).await;
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
    // An early reply is requested after a silence of 200 ms, so it is ready after 1000 ms, when the turn is over. A reply
    // that is requested at the end of the turn begins after 1800 ms. Delays of the machine only add to a latency.
    let (silence_ms, think_ms) = (1000, 800);
    let latency = async |early_replies: bool| {
        let settings = format!("early_replies = {early_replies}\nvad_silence_ms = {silence_ms}\n");
        let (harness, report) = call("say 1s; listen; wait 500ms", think_ms, &settings).await;
        assert_eq!(agent_turns(&harness), "מה תרצו?");
        assert_eq!(harness.ai.state().sessions[0].answers.len(), 1);
        report.streams[0].answers[0].latency_ms()
    };
    let (early, late) = (latency(true).await, latency(false).await);
    let earliest_late = silence_ms + think_ms - 50;
    assert!(early >= silence_ms - 50, "the reply is held until the turn is over: {early} ms");
    assert!(early < earliest_late, "the reply is requested before the turn is over: {early} ms");
    assert!(late >= earliest_late, "a late reply is requested when the turn is over: {late} ms");
}
