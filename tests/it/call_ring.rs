//! Calls that ring at the human agent's phone first. The AI answers the calls that are not accepted.

use super::booking::open_on_holidays;
use super::support::client::send;
use super::support::telephony::CallHarness;
use agentlocator::simulator::caller::{CallPlan, CallReport, Chaos, DialPlan, EndedBy, Phase};
use agentlocator::simulator::openai::{OpenAiOptions, Turn};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

pub(super) const EMPLOYEE: &str = "+97235550000";
const ANSWER: &str = "שלום, איך אפשר לעזור?";

async fn harness(ring_first: &str) -> CallHarness {
    let options = OpenAiOptions { turns: vec![Turn::new("שלום", ANSWER)], ..OpenAiOptions::default() };
    CallHarness::with_ai(options, |setup| {
        setup.toml(&format!(
            "[agent]\ntransfer_to = \"{EMPLOYEE}\"\n[voice]\nring_first = \"{ring_first}\"\nring_first_s = 5\n"
        ));
    })
    .await
}

fn plan(harness: &CallHarness, dial: DialPlan) -> CallPlan {
    CallPlan { dial, ..harness.plan("say 1s; listen; wait 300ms") }
}

#[track_caller]
fn assert_agent_answered(report: &CallReport, call: &Value) {
    assert_eq!((report.streams.len(), report.ended), (1, EndedBy::Caller), "{report:#?}");
    let turns = call["turns"].as_array().unwrap();
    assert!(turns.iter().any(|turn| turn["heard_text"] == ANSWER), "{call:#}");
    assert_eq!((&call["end_reason"], &call["outcome"]), (&json!("caller_hung_up"), &json!("answered")), "{call:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_presses_1_has_the_call_and_no_ai_is_paid_for() {
    let harness = harness("always").await;
    let dial = DialPlan::Answered(Duration::from_millis(300));
    let chaos = Chaos { webhooks_twice: true, ..Chaos::default() };
    let report = harness.call(CallPlan { chaos, ..plan(&harness, dial) }).await;
    assert_eq!(report.dialled, [EMPLOYEE], "{report:#?}");
    assert!(report.asked_person[0].contains("הקישו אחת"), "{:?}", report.asked_person);
    assert_eq!((report.ended, report.streams.len(), report.recordings.len()), (EndedBy::Hangup, 0, 0), "{report:#?}");
    let call = harness.ended_call(&report.call_sid).await;
    assert_eq!((&call["end_reason"], &call["outcome"]), (&json!("transferred"), &json!("transferred")), "{call:#}");
    assert!(harness.ai.state().sessions.is_empty());
    assert!(harness.log.violations().is_empty(), "{:#?}", harness.log.violations());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_not_accepted_is_answered_by_the_agent() {
    for dial in [DialPlan::NoAnswer, DialPlan::Busy, DialPlan::Declined, DialPlan::Mailbox] {
        let harness = harness("always").await;
        // Twilio repeats a webhook if the response was lost.
        let chaos = Chaos { webhooks_twice: dial == DialPlan::NoAnswer, ..Chaos::default() };
        let report = harness.call(CallPlan { chaos, ..plan(&harness, dial) }).await;
        assert_eq!(report.dialled, [EMPLOYEE], "{dial:?}: {report:#?}");
        assert_agent_answered(&report, &harness.ended_call(&report.call_sid).await);
        assert_eq!(harness.ai.state().sessions.len(), 1, "{dial:?}");
        assert!(harness.log.violations().is_empty(), "{dial:?}: {:#?}", harness.log.violations());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phones_of_the_staff_ring_at_the_same_time_and_the_one_that_answers_gets_the_call() {
    let [dana, gal] = ["+972541111111", "+972542222222"];
    let harness = CallHarness::with_ai(OpenAiOptions::default(), |setup| {
        setup.toml(&format!(
            "[agent]\ntransfer_to = \"{EMPLOYEE}\"\n\
             [voice]\nring_first = \"always\"\nring_numbers = [\"{dana}\", \"{gal}\"]\nring_first_s = 5\n"
        ));
    })
    .await;
    let answered = DialPlan::Answered(Duration::from_millis(300));
    let report = harness.call(plan(&harness, answered)).await;
    assert_eq!(report.dialled, [dana, gal], "{report:#?}");
    let call = harness.ended_call(&report.call_sid).await;
    assert_eq!((&call["end_reason"], &call["outcome"]), (&json!("transferred"), &json!("transferred")), "{call:#}");
    // The phone of one of them calls the business: the other one rings.
    let report = harness.call(CallPlan { from: gal.into(), ..plan(&harness, answered) }).await;
    assert_eq!(report.dialled, [dana], "{report:#?}");
    // The call that one of the phones forwards back is refused.
    let report = harness.call(plan(&harness, DialPlan::Forwarded)).await;
    let refused = report.webhooks.iter().filter(|hook| hook.body.contains("<Reject")).count();
    assert_eq!((report.dialled.len(), refused), (2, 1), "{report:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phone_rings_for_as_long_as_the_settings_say() {
    let set = harness("always").await;
    let unset = CallHarness::with_ai(OpenAiOptions::default(), |setup| {
        setup.toml(&format!("[agent]\ntransfer_to = \"{EMPLOYEE}\"\n[voice]\nring_first = \"always\"\n"));
    })
    .await;
    for (harness, seconds) in [(set, 5), (unset, 20)] {
        let call =
            [("CallSid", "CA0000000000000000000000000000000c"), ("From", "+972501234567"), ("To", "+97235551234")];
        let answer = harness.hook("/webhook/incoming_call", &call).await.text();
        assert!(answer.contains("<Dial") && answer.contains(&format!(" timeout=\"{seconds}\"")), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_the_phone_forwards_back_is_refused() {
    let harness = harness("always").await;
    let report = harness.call(plan(&harness, DialPlan::Forwarded)).await;
    let refused = report.webhooks.iter().filter(|hook| hook.body.contains("<Reject")).count();
    assert_eq!(refused, 1, "{report:#?}");
    assert_agent_answered(&report, &harness.ended_call(&report.call_sid).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_comes_back_unmarked_ends_at_the_agent() {
    let harness = harness("always").await;
    let report = harness.call(plan(&harness, DialPlan::ForwardedUnmarked)).await;
    let incoming: Vec<_> = report.webhooks.iter().filter(|hook| hook.path == "/webhook/incoming_call").collect();
    let dials = incoming.iter().filter(|hook| hook.body.contains("<Dial")).count();
    assert_eq!((incoming.len(), dials), (2, 1), "it rings once: {report:#?}");
    assert_agent_answered(&report, &harness.ended_call(&report.call_sid).await);
}

/// Two callers of one company call from the same phone number.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_caller_with_the_same_number_is_answered_by_the_agent() {
    let harness = harness("always").await;
    let from_pbx = [("From", "+97239000000"), ("To", "+97235551234"), ("CallStatus", "ringing")];
    let first = [("CallSid", "CA0000000000000000000000000000000b")];
    let answer = harness.hook("/webhook/incoming_call", &[&first[..], &from_pbx].concat()).await.text();
    assert!(answer.contains("<Dial"), "{answer}");
    let report = harness.call(CallPlan { from: "+97239000000".into(), ..plan(&harness, DialPlan::NoAnswer) }).await;
    assert!(report.dialled.is_empty(), "{report:#?}");
    assert_agent_answered(&report, &harness.ended_call(&report.call_sid).await);
    let session = harness.ai.state().sessions.remove(0);
    assert!(!session.config.to_string().contains("transfer_to_person"), "the call may be the first one");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employee_who_calls_while_the_phone_rings_is_answered_by_the_agent() {
    let harness = harness("always").await;
    let customer = [("From", "+97239000000"), ("To", "+97235551234"), ("CallStatus", "ringing")];
    let first = [("CallSid", "CA0000000000000000000000000000000c")];
    let answer = harness.hook("/webhook/incoming_call", &[&first[..], &customer].concat()).await.text();
    assert!(answer.contains("<Dial"), "{answer}");
    let report = harness.call(CallPlan { from: EMPLOYEE.into(), ..plan(&harness, DialPlan::NoAnswer) }).await;
    assert!(report.dialled.is_empty(), "{report:#?}");
    assert_agent_answered(&report, &harness.ended_call(&report.call_sid).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_a_person_accepted_on_a_full_disk_was_not_missed() {
    let harness = harness("always").await;
    harness.daemon.let_files_grow("1024:unlimited");
    let dial = DialPlan::Answered(Duration::from_millis(300));
    let report = harness.call(plan(&harness, dial)).await;
    assert_eq!((report.ended, report.streams.len()), (EndedBy::Hangup, 0), "{report:#?}");
    harness.daemon.let_files_grow("unlimited:unlimited");
    let call = harness.known_call(&report.call_sid).await;
    let expected = (&json!(false), &json!("transferred"));
    assert_eq!((&call["missed"], &call["end_reason"]), expected, "{call:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phone_does_not_ring_for_its_own_calls() {
    let harness = harness("always").await;
    let report = harness.call(CallPlan { from: EMPLOYEE.into(), ..plan(&harness, DialPlan::NoAnswer) }).await;
    assert!(report.dialled.is_empty(), "{report:#?}");
    assert_agent_answered(&report, &harness.ended_call(&report.call_sid).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_hangs_up_while_it_rings_was_missed_and_no_ai_starts() {
    let harness = harness("always").await;
    let hang_up = Some((Phase::Dialing, Duration::ZERO));
    let report = harness.call(CallPlan { hang_up, ..plan(&harness, DialPlan::NoAnswer) }).await;
    assert_eq!(report.ended, EndedBy::Caller, "{report:#?}");
    assert_eq!(harness.ended_call(&report.call_sid).await["outcome"], "missed");
    // Twilio may still request the next TwiML document after the call has ended.
    let gone = [("CallSid", report.call_sid.as_str()), ("CallStatus", "completed"), ("DialCallStatus", "canceled")];
    assert!(harness.hook("/webhook/ring_ended", &gone).await.text().contains("<Hangup"));
    assert!(harness.ai.state().sessions.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phone_rings_in_the_opening_hours_alone() {
    let harness = harness("open").await;
    let owner = harness.daemon.logged_in("roni", "owner").await;
    open_on_holidays(&owner).await;
    let mut hours = owner.get("/api/opening-hours").await.json();
    for (is_open, rings) in [(true, 1), (false, 0)] {
        let all = (1..=7).map(|weekday| json!({"weekday": weekday % 7, "from": "00:00", "to": "24:00"}));
        hours["hours"] = all.filter(|_| is_open).collect();
        assert_eq!(send(owner.request(Method::PUT, "/api/opening-hours").json(&hours)).await.status, 200);
        hours = owner.get("/api/opening-hours").await.json();
        let report = harness.call(plan(&harness, DialPlan::Busy)).await;
        assert_eq!(report.dialled.len(), rings, "{report:#?}");
        assert_agent_answered(&report, &harness.ended_call(&report.call_sid).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_what_twilio_reports_decides() {
    for (status, bridged, expected) in [("no-answer", "false", "<Connect"), ("completed", "true", "<Hangup")] {
        let mut harness = harness("always").await;
        let call =
            [("CallSid", "CA0000000000000000000000000000000a"), ("From", "+972501234567"), ("To", "+97235551234")];
        let answer = harness.hook("/webhook/incoming_call", &[&call[..], &[("CallStatus", "ringing")]].concat()).await;
        assert!(answer.text().contains("<Dial"), "{}", answer.text());
        tokio::task::block_in_place(|| harness.daemon.restart());
        let dialled = [("CallStatus", "in-progress"), ("DialCallStatus", status), ("DialBridged", bridged)];
        let answer = harness.hook("/webhook/ring_ended", &[&call[..], &dialled].concat()).await;
        assert!(answer.text().contains(expected), "{status}: {}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_limits_of_a_number_no_phone_rings() {
    let harness = CallHarness::with_ai(OpenAiOptions::default(), |setup| {
        setup.toml(&format!(
            "[agent]\ntransfer_to = \"{EMPLOYEE}\"\n[voice]\nring_first = \"always\"\nai_calls_at_once = 2\n\
             ai_calls_per_number_per_day = 2\n"
        ));
    })
    .await;
    let ring = async |number: u32, from: &str| {
        let sid = format!("CA{number:032x}");
        let call = [("CallSid", sid.as_str()), ("From", from), ("To", "+97235551234"), ("CallStatus", "ringing")];
        harness.hook("/webhook/incoming_call", &call).await.text().contains("<Dial")
    };
    let end = async |number: u32| {
        let sid = format!("CA{number:032x}");
        let over = [("CallSid", sid.as_str()), ("CallStatus", "completed"), ("CallDuration", "1")];
        assert_eq!(harness.hook("/webhook/call_status", &over).await.status, 204);
    };
    let mut rings = Vec::new();
    for (number, from) in (1..).zip(["+972501111111", "+972502222222", "+972503333333"]) {
        rings.push(ring(number, from).await);
    }
    assert_eq!(rings, [true, true, false], "two at once");
    assert!(ring(1, "+972501111111").await, "Twilio repeats a request whose answer was lost");
    for number in 1..=3 {
        end(number).await;
    }
    assert!(ring(4, "+972501111111").await);
    end(4).await;
    assert!(!ring(5, "+972501111111").await, "two of a number in a day");
    // A log line may arrive later than the response to its request.
    let limits = harness.daemon.logs().wait_until("both limits", |lines| {
        let events = lines.iter().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let over = events.filter(|event| event["event"] == "CALL_OVER_LIMIT");
        let limits: Vec<_> = over.map(|event| event["limit"].as_str().unwrap().to_owned()).collect();
        (limits.len() == 2).then_some(limits)
    });
    assert_eq!(limits, ["voice.ai_calls_at_once", "voice.ai_calls_per_number_per_day"]);
    assert!(harness.ai.state().sessions.is_empty(), "voicemail answers the others");
}
