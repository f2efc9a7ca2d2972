//! Calls that are transferred to a person, who has to accept them. A caller who is not connected continues with the
//! agent.

use super::support::telephony::CallHarness;
use agentlocator::simulator::caller::{CallPlan, CallReport, Chaos, DialPlan, EndedBy};
use agentlocator::simulator::openai::{OpenAiOptions, Turn};
use std::time::Duration;

const EMPLOYEE: &str = "+97235550000";
const BACK: &str = "אין מענה, אפשר לקחת הודעה?";

async fn harness() -> CallHarness {
    let transfer =
        Turn::new("אפשר לדבר עם בן אדם?", BACK).calling("transfer_to_person", r#"{"reason": "רוצה להזיז תור"}"#);
    let options = OpenAiOptions { turns: vec![transfer], ..OpenAiOptions::default() };
    CallHarness::with_ai(options, |setup| {
        setup.toml(&format!("[agent]\ntransfer_to = \"{EMPLOYEE}\"\n"));
    })
    .await
}

/// Returns the plan of a caller who wants to speak with a person. If no person accepts the call, the caller listens
/// until the agent has finished.
fn transferred(harness: &CallHarness, dial: DialPlan) -> CallPlan {
    let next_script = Some("listen; wait 300ms".parse().unwrap());
    CallPlan { dial, next_script, ..harness.plan("say 1s; stay") }
}

fn asked(report: &CallReport, path: &str) -> usize {
    report.webhooks.iter().filter(|hook| hook.path == path).count()
}

fn has_offered_transfers(harness: &CallHarness) -> bool {
    harness.ai.state().sessions.iter().any(|session| session.config.to_string().contains("transfer_to_person"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_hears_who_calls_and_why_and_accepts() {
    let harness = harness().await;
    let dial = DialPlan::Answered(Duration::from_millis(300));
    let report = harness.call(CallPlan { dial, ..harness.plan("say 1s; stay") }).await;
    assert_eq!(report.dialled, [EMPLOYEE], "{report:#?}");
    assert!(report.asked_person[0].contains("רוצה להזיז תור"), "{:?}", report.asked_person);
    let rings = report.webhooks.iter().find(|hook| hook.body.contains("<Dial")).unwrap();
    assert!(rings.body.contains(" timeout=\"25\""), "{}", rings.body);
    assert_eq!(report.ended, EndedBy::Hangup);
    assert!(report.recordings.is_empty());
    assert_eq!(harness.ended_call(&report.call_sid).await["end_reason"], "transferred");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_is_not_connected_continues_with_the_agent() {
    let results = [
        (DialPlan::NoAnswer, "no person took the call"),
        (DialPlan::Busy, "the line is busy"),
        (DialPlan::Declined, "the person cannot talk now"),
        (DialPlan::Mailbox, "no person took the call"),
    ];
    for (dial, result) in results {
        let harness = harness().await;
        // Twilio repeats a webhook if the response was lost.
        let chaos = Chaos { webhooks_twice: dial == DialPlan::NoAnswer, ..Chaos::default() };
        let report = harness.call(CallPlan { chaos, ..transferred(&harness, dial) }).await;
        assert_eq!(report.streams.len(), 2, "{dial:?}: {report:#?}");
        let sessions = harness.ai.state().sessions;
        assert_eq!(sessions.len(), 1, "{dial:?}: the engine session is kept");
        let outputs: Vec<_> = sessions[0].function_outputs.iter().map(|(_, output)| output.as_str()).collect();
        assert!(matches!(outputs[..], [output] if output.contains(result)), "{dial:?}: {outputs:?}");
        assert!(!report.streams[1].utterances.is_empty(), "{dial:?}: {:#?}", report.streams[1]);
        assert_eq!(report.ended, EndedBy::Caller, "{dial:?}");
        let call = harness.ended_call(&report.call_sid).await;
        assert_eq!(call["end_reason"], "caller_hung_up", "{dial:?}");
        let turns = call["turns"].as_array().unwrap();
        assert!(turns.iter().any(|turn| turn["heard_text"] == BACK), "{dial:?}: {call:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_that_is_forwarded_back_is_refused() {
    let harness = harness().await;
    let report = harness.call(transferred(&harness, DialPlan::Forwarded)).await;
    let refused = report.webhooks.iter().filter(|hook| hook.body.contains("<Reject")).count();
    assert_eq!(refused, 1, "{report:#?}");
    assert_eq!(report.streams.len(), 2, "the caller continues with the agent");
    assert_eq!(asked(&report, "/webhook/incoming_call"), 2);
    let refused: String = harness.daemon.query_value(
        "SELECT end_reason FROM calls WHERE NOT missed AND call_sid <> (SELECT call_sid FROM calls ORDER BY id LIMIT 1)",
    );
    assert_eq!(refused, "not_connected");
    let calls = harness.daemon.api().get("/api/calls").await.json();
    assert_eq!(calls["calls"][0]["outcome"], "blocked", "no customer was missed: {calls:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_that_comes_back_unmarked_ends_at_the_agent() {
    let harness = harness().await;
    let report = harness.call(transferred(&harness, DialPlan::ForwardedUnmarked)).await;
    assert_eq!(report.dialled.len(), 1, "{report:#?}");
    assert_eq!(asked(&report, "/webhook/incoming_call"), 2);
    assert!(!report.webhooks.iter().any(|hook| hook.body.contains("<Reject")), "it may be another caller");
    assert_eq!(report.streams.len(), 2, "the caller continues with the agent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_on_the_transfer_phone_is_not_transferred_to_it() {
    let harness = harness().await;
    let report = harness.call(CallPlan { from: EMPLOYEE.into(), ..harness.plan("say 1s; listen; wait 300ms") }).await;
    assert!(report.dialled.is_empty(), "{report:#?}");
    assert!(!has_offered_transfers(&harness));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_hangs_up_while_the_phone_rings_is_gone() {
    let harness = harness().await;
    let hang_up = Some((agentlocator::simulator::caller::Phase::Dialing, Duration::ZERO));
    let report = harness.call(CallPlan { dial: DialPlan::NoAnswer, hang_up, ..harness.plan("say 1s; stay") }).await;
    assert_eq!(report.ended, EndedBy::Caller, "{report:#?}");
    assert_eq!(harness.ended_call(&report.call_sid).await["end_reason"], "unanswered");
}
