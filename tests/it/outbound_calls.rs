//! Calls that the agent makes at the request of an employee.

use super::catch_up::launch;
use super::support::Client;
use super::support::telephony::CallHarness;
use super::support::whatsapp::until;
use agentlocator::simulator::caller::{CallPlan, CallReport, Callee, EndedBy};
use agentlocator::simulator::openai::{OpenAiOptions, Turn};
use agentlocator::simulator::twilio::{CallRecord, Fault, Operation};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const DANA: &str = "+972501234567";
const PURPOSE: &str = "לתאם את התור שביקשת";
/// The country is not Israel, so that the rules of the Sabbath do not apply and the tests pass on any day.
const ALWAYS: &str = "[agent]\ncalls_from_hour = 0\ncalls_until_hour = 24\n[business]\ncountry = \"GB\"\nname = \"Ron\"\n\
     [whatsapp]\nnew_chat_prefixes = [\"+972\"]\n";

async fn shop(settings: &str) -> (CallHarness, Client) {
    let turns = vec![Turn::new("כן, אפשר", "שלום, כאן העוזר האוטומטי של רון")];
    let options = OpenAiOptions { turns, ..OpenAiOptions::default() };
    let harness = CallHarness::with_ai(options, |setup| {
        setup.toml(settings);
    })
    .await;
    let api = harness.daemon.logged_in("roni", "owner").await;
    (harness, api)
}

/// Places a call whose caller hangs up at once. Returns the call's id.
async fn missed_call(harness: &CallHarness) -> i64 {
    let report = harness.call(CallPlan { from: DANA.into(), ..harness.plan("wait 200ms; ") }).await;
    harness.ended_call(&report.call_sid).await["id"].as_i64().unwrap()
}

async fn request(api: &Client, to: Value) -> (u16, Value) {
    let reply = api.post_json("/api/calls", &json!({"to": to, "purpose": PURPOSE})).await;
    (reply.status, reply.json())
}

async fn requested(api: &Client, id: &Value) -> Value {
    let listed = api.get("/api/outbound-calls").await.json();
    listed["items"].as_array().unwrap().iter().find(|item| item["id"] == *id).unwrap().clone()
}

async fn until_state(api: &Client, id: &Value, state: &str) -> Value {
    until(state, async || Some(requested(api, id).await).filter(|call| call["state"] == state)).await
}

/// Returns the form fields of each request to dial.
fn dialled(harness: &CallHarness) -> Vec<Vec<(String, String)>> {
    let asked = harness.twilio.requests().into_iter();
    asked
        .filter(|asked| asked.what.starts_with("POST") && asked.what.ends_with("/Calls.json"))
        .map(|asked| asked.fields)
        .collect()
}

fn has(fields: &[(String, String)], name: &str, value: &str) -> bool {
    fields.iter().any(|(key, given)| key == name && given == value)
}

async fn report_of(reports: &mut tokio::sync::mpsc::UnboundedReceiver<CallReport>) -> CallReport {
    tokio::time::timeout(Duration::from_mins(1), reports.recv()).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missed_call_is_returned_once_and_the_agent_says_why_it_calls() {
    let (harness, api) = shop(ALWAYS).await;
    let missed = missed_call(&harness).await;
    let mut reports = harness.phone.receive_calls(|_| Callee::Human("listen; say 1.2s; listen".parse().unwrap()));
    let (status, planned) = request(&api, json!([{"call_id": missed}])).await;
    assert_eq!(status, 201, "{planned}");
    let planned = &planned["calls"][0];
    assert_eq!((&planned["number"], &planned["own_number"]), (&json!(DANA), &json!("+97235551234")));
    let report = report_of(&mut reports).await;
    let stream = &report.streams[0];
    assert!(stream.utterances[0].began_ms < stream.speeches[0].began_ms, "the agent speaks first: {stream:#?}");
    assert_eq!(stream.answers.len(), 1, "{stream:#?}");
    let done = until_state(&api, &planned["id"], "done").await;
    assert_eq!((&done["outcome"], &done["attempts"]), (&json!("answered"), &json!(1)), "{done}");

    let call = harness.ended_call(&report.call_sid).await;
    for (field, value) in [
        ("direction", json!("out")),
        ("outcome", json!("answered")),
        ("peer_number", json!(DANA)),
        ("id", done["call_id"].clone()),
    ] {
        assert_eq!(call[field], value, "{field} of {call:#}");
    }
    assert_eq!(call["turns"][0]["speaker"], "agent", "{call:#}");
    let instructions = harness.ai.state().sessions.last().unwrap().config["instructions"].as_str().unwrap().to_owned();
    assert!(instructions.contains(PURPOSE), "{instructions}");
    assert!(instructions.contains("automatic assistant"), "also if the person speaks first: {instructions}");
    let form = dialled(&harness).remove(0);
    for (name, value) in
        [("To", DANA), ("From", "+97235551234"), ("MachineDetection", "DetectMessageEnd"), ("AsyncAmd", "true")]
    {
        assert!(has(&form, name, value), "{name}: {form:?}");
    }
    let (status, again) = request(&api, json!([{"call_id": missed}])).await;
    assert_eq!((status, &again["error"]["code"]), (409, &json!("already_called")));
    assert_eq!(dialled(&harness).len(), 1);
    let audited = "SELECT count(*) FROM audit_log WHERE action = 'request_outbound_calls' AND actor LIKE 'user:%'";
    assert_eq!(harness.daemon.query_value::<i64>(audited), 1);
    harness.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_gets_a_message_with_name_and_purpose_and_a_rate_limited_request_is_retried() {
    let (harness, api) = shop(ALWAYS).await;
    let missed = missed_call(&harness).await;
    let mut reports = harness.phone.receive_calls(|_| Callee::Machine(Duration::from_millis(1500)));
    harness.twilio.fail_next(Operation::CreateCall, Fault::Status(429), 1);
    let (_, planned) = request(&api, json!([{"call_id": missed}])).await;
    let report = report_of(&mut reports).await;
    assert_eq!(report.ended, EndedBy::Hangup, "{report:#?}");
    let said: Vec<_> = report.prompts.iter().map(|prompt| prompt.what.as_str()).collect();
    let expected =
        format!("שלום, כאן העוזר האוטומטי של Ron. התקשרנו אליכם בעניין הזה: {PURPOSE}. נשמח שתחזרו אלינו. להתראות.");
    assert_eq!(said, [expected]);
    let done = until_state(&api, &planned["calls"][0]["id"], "done").await;
    assert_eq!((&done["outcome"], &done["attempts"]), (&json!("machine"), &json!(1)), "{done}");
    assert_eq!(dialled(&harness).len(), 2);
    assert_eq!(harness.daemon.query_value::<i64>("SELECT count(*) FROM tasks"), 0);
    harness.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_called_contact_whose_stream_breaks_hears_an_apology_and_not_the_recorder() {
    let (harness, api) = shop(ALWAYS).await;
    let missed = missed_call(&harness).await;
    let mut reports = harness.phone.receive_calls(|_| Callee::Human("wait 1500ms; drop".parse().unwrap()));
    let (status, planned) = request(&api, json!([{"call_id": missed}])).await;
    assert_eq!(status, 201, "{planned}");
    let report = report_of(&mut reports).await;
    let said: Vec<_> = report.prompts.iter().map(|prompt| prompt.what.as_str()).collect();
    assert!(said.len() == 1 && said[0].contains("אירעה תקלה"), "{report:#?}");
    assert_eq!((report.ended, report.recordings.len()), (EndedBy::Hangup, 0));
    until_state(&api, &planned["calls"][0]["id"], "done").await;

    // The watchdog redirects a call without a media stream to the same webhook as an inbound call.
    let redirected = harness.hook("/webhook/handle_recording", &[("CallSid", &report.call_sid)]).await.text();
    assert!(redirected.contains("<Hangup") && !redirected.contains("<Record"), "{redirected}");
    harness.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_called_contact_whose_agent_fails_hears_an_apology_and_not_voicemail() {
    let (harness, api) = shop(ALWAYS).await;
    let missed = missed_call(&harness).await;
    harness.ai.change(|options| options.faults.refuse_sockets = Some(503));
    let mut reports = harness.phone.receive_calls(|_| Callee::Human("stay".parse().unwrap()));
    let (status, planned) = request(&api, json!([{"call_id": missed}])).await;
    assert_eq!(status, 201, "{planned}");
    let report = report_of(&mut reports).await;
    let said: Vec<_> = report.prompts.iter().map(|prompt| prompt.what.as_str()).collect();
    assert!(said.len() == 1 && said[0].contains("אירעה תקלה"), "{report:#?}");
    assert_eq!((report.ended, report.recordings.len()), (EndedBy::Hangup, 0), "no message is recorded");
    let failed = until_state(&api, &planned["calls"][0]["id"], "failed").await;
    assert_eq!((&failed["outcome"], &failed["attempts"]), (&json!("failed"), &json!(1)), "{failed}");
    assert_eq!(until_tasks(&api).await[0]["call_id"], missed);

    // The next contact is not called until the AI may work again, and the missed call can be returned once more.
    for to in [json!([{"number": "+972501110000"}]), json!([{"call_id": missed}])] {
        assert_eq!(request(&api, to).await.0, 201);
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(dialled(&harness).len(), 1);
    harness.assert_rules_kept();
}

/// Requests a call, and waits until it was dialled. Returns the id of the request and Twilio's id of the call. No phone
/// is connected to the fake Twilio.
async fn dialled_call(harness: &CallHarness, api: &Client, to: Value) -> (Value, String) {
    let known: Vec<_> = harness.twilio_state.calls().into_iter().map(|call| call.sid).collect();
    let (status, planned) = request(api, to).await;
    assert_eq!(status, 201, "{planned}");
    let is_new = |call: &CallRecord| call.direction == "outbound-api" && !known.contains(&call.sid);
    let made = until("the request to dial", async || harness.twilio_state.calls().into_iter().find(is_new)).await;
    (planned["calls"][0]["id"].clone(), made.sid)
}

/// Posts a webhook about an outbound call.
async fn report(harness: &CallHarness, path: &str, (id, sid): (&Value, &str), fields: &[(&str, &str)]) -> String {
    let call = [("CallSid", sid), ("From", "+97235551234"), ("To", DANA)];
    let reply = harness.hook(&format!("/webhook/{path}?id={id}"), &[&call, fields].concat()).await;
    assert!(reply.status < 300, "{}", reply.text());
    reply.text()
}

async fn until_tasks(api: &Client) -> Vec<Value> {
    until("the task", async || {
        let tasks = api.get("/api/tasks").await.json();
        Some(tasks["items"].as_array().unwrap().clone()).filter(|tasks| !tasks.is_empty())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_who_answers_and_hangs_up_at_once_is_not_called_again() {
    let (harness, api) = shop(ALWAYS).await;
    let missed = missed_call(&harness).await;
    let (id, sid) = dialled_call(&harness, &api, json!([{"call_id": missed}])).await;
    report(&harness, "outbound_call", (&id, &sid), &[("CallStatus", "in-progress")]).await;
    report(&harness, "call_status", (&id, &sid), &[("CallStatus", "completed"), ("CallDuration", "1")]).await;
    let failed = until_state(&api, &id, "failed").await;
    assert_eq!((&failed["outcome"], &failed["attempts"]), (&json!("failed"), &json!(1)), "{failed}");
    assert_eq!(until_tasks(&api).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_got_no_message_makes_a_task_and_the_call_can_be_returned_again() {
    let (harness, api) = shop(ALWAYS).await;
    let missed = missed_call(&harness).await;
    let (id, sid) = dialled_call(&harness, &api, json!([{"call_id": missed}])).await;
    harness.twilio.fail_next(Operation::UpdateCall, Fault::Status(400), 1);
    report(&harness, "outbound_call", (&id, &sid), &[("CallStatus", "in-progress")]).await;
    report(&harness, "outbound_machine", (&id, &sid), &[("AnsweredBy", "machine_end_beep")]).await;
    tokio::task::block_in_place(|| harness.daemon.logs().wait_for_event("OUTBOUND_NO_MESSAGE"));
    report(&harness, "call_status", (&id, &sid), &[("CallStatus", "completed"), ("CallDuration", "30")]).await;
    assert_eq!(until_state(&api, &id, "failed").await["outcome"], "failed");
    assert_eq!(until_tasks(&api).await[0]["call_id"], missed);
    let (again, _) = dialled_call(&harness, &api, json!([{"call_id": missed}])).await;
    assert_ne!(again, id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fax_machine_gets_no_message_and_the_call_ends() {
    let (harness, api) = shop(ALWAYS).await;
    let missed = missed_call(&harness).await;
    let mut reports = harness.phone.receive_calls(|_| Callee::Human("stay".parse().unwrap()));
    let (_, planned) = request(&api, json!([{"call_id": missed}])).await;
    let id = &planned["calls"][0]["id"];
    let sid = "SELECT coalesce(max(call_sid), '') FROM calls WHERE direction = 'out' AND answered_at IS NOT NULL";
    let sid = until("the conversation", async || {
        Some(harness.daemon.query_value::<String>(sid)).filter(|sid| !sid.is_empty())
    })
    .await;
    report(&harness, "outbound_machine", (id, &sid), &[("AnsweredBy", "fax")]).await;
    let report = report_of(&mut reports).await;
    assert!(report.prompts.is_empty(), "{report:#?}");
    assert_eq!(until_state(&api, id, "failed").await["outcome"], "failed");
    assert_eq!(until_tasks(&api).await.len(), 1);
    harness.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_report_of_a_machine_does_not_end_a_conversation() {
    let (harness, api) = shop(ALWAYS).await;
    let missed = missed_call(&harness).await;
    let script = "listen; say 1.2s; listen; say 1.2s; listen; wait 4s";
    let mut reports = harness.phone.receive_calls(move |_| Callee::Human(script.parse().unwrap()));
    let (_, planned) = request(&api, json!([{"call_id": missed}])).await;
    let id = &planned["calls"][0]["id"];
    let turns = "SELECT count(*) FROM call_turns WHERE speaker = 'caller' AND heard_text <> ''";
    until("the second turn", async || (harness.daemon.query_value::<i64>(turns) == 2).then_some(())).await;
    let sid = harness.daemon.query_value::<String>("SELECT call_sid FROM calls WHERE direction = 'out'");
    report(&harness, "outbound_machine", (id, &sid), &[("AnsweredBy", "machine_end_beep")]).await;
    tokio::task::block_in_place(|| harness.daemon.logs().wait_for_event("OUTBOUND_MACHINE_IGNORED"));
    let report = report_of(&mut reports).await;
    assert!(report.prompts.is_empty() && report.ended != EndedBy::Hangup, "{report:#?}");
    assert_eq!(until_state(&api, id, "done").await["outcome"], "answered");
    let reviews = "SELECT count(*) FROM jobs WHERE kind = 'review_call'";
    until("the review", async || (harness.daemon.query_value::<i64>(reviews) > 0).then_some(())).await;
    harness.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_busy_line_the_agent_calls_once_more_and_then_makes_a_task() {
    let (mut harness, api) = shop(ALWAYS).await;
    let missed = missed_call(&harness).await;
    let count = AtomicUsize::new(0);
    let mut reports = harness.phone.receive_calls(move |_| match count.fetch_add(1, Ordering::Relaxed) {
        0 => Callee::Busy,
        _ => Callee::NoAnswer,
    });
    let (_, planned) = request(&api, json!([{"call_id": missed}])).await;
    let id = &planned["calls"][0]["id"];
    report_of(&mut reports).await;
    let waiting = until("the first attempt", async || {
        Some(requested(&api, id).await).filter(|call| call["state"] == "waiting" && call["attempts"] == 1)
    })
    .await;
    assert_eq!(waiting["outcome"], "busy", "{waiting}");
    harness.daemon.kill9();
    harness.daemon.seed("UPDATE outbound_calls SET due_at = '2026-01-01T00:00:00.000Z'");
    launch(&mut harness);
    report_of(&mut reports).await;
    let failed = until_state(&api, id, "failed").await;
    assert_eq!((&failed["outcome"], &failed["attempts"]), (&json!("no_answer"), &json!(2)), "{failed}");
    let tasks = until_tasks(&api).await;
    assert!(tasks.len() == 1 && tasks[0]["title"].as_str().unwrap().contains(PURPOSE), "{tasks:#?}");
    assert_eq!(tasks[0]["call_id"], missed);
    assert_eq!(dialled(&harness).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_answer_from_twilio_was_lost_is_not_made_twice() {
    let (mut harness, api) = shop(ALWAYS).await;
    let missed = missed_call(&harness).await;
    harness.twilio.fail_next(Operation::CreateCall, Fault::HangAfterAccept, 1);
    let (_, planned) = request(&api, json!([{"call_id": missed}])).await;
    let id = &planned["calls"][0]["id"];
    let is_out =
        |harness: &CallHarness| harness.twilio_state.calls().into_iter().find(|call| call.direction == "outbound-api");
    let made = until("the request to dial", async || is_out(&harness)).await;
    assert_eq!(requested(&api, id).await["state"], "dialing");
    harness.daemon.kill9();
    launch(&mut harness);
    let sid = "SELECT coalesce(call_sid, '') FROM outbound_calls";
    until("the call", async || (harness.daemon.query_value::<String>(sid) == made.sid).then_some(())).await;
    assert_eq!(harness.known_call(&made.sid).await["direction"], "out");
    assert_eq!(dialled(&harness).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_twilio_never_got_is_made_after_a_minute() {
    let (mut harness, api) = shop(ALWAYS).await;
    let missed = missed_call(&harness).await;
    let mut reports = harness.phone.receive_calls(|_| Callee::Human("listen".parse().unwrap()));
    harness.twilio.fail_next(Operation::CreateCall, Fault::HangBefore, 1);
    let (_, planned) = request(&api, json!([{"call_id": missed}])).await;
    let id = &planned["calls"][0]["id"];
    until("the request to dial", async || (dialled(&harness).len() == 1).then_some(())).await;
    harness.daemon.kill9();
    harness.daemon.seed("UPDATE outbound_calls SET dialed_at = '2026-01-01T00:00:00.000Z'");
    launch(&mut harness);
    report_of(&mut reports).await;
    let done = until_state(&api, id, "done").await;
    assert_eq!((&done["attempts"], dialled(&harness).len()), (&json!(1), 2), "{done}");
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_who_must_not_be_called_are_refused() {
    let (harness, api) = shop(ALWAYS).await;
    missed_call(&harness).await;
    let contact = api.get("/api/contacts").await.json()["items"][0]["id"].clone();
    let set = async |what: &str, body: Value| {
        let request = api.request(Method::PUT, &format!("/api/contacts/{contact}/{what}")).json(&body);
        assert_eq!(super::support::client::send(request).await.status, 200);
    };
    let to = json!([{"contact_id": contact}]);
    for (what, field, code) in [("opt-out", "opted_out", "contact_opted_out"), ("block", "blocked", "contact_blocked")]
    {
        set(what, json!({field: true})).await;
        let (status, refused) = request(&api, to.clone()).await;
        assert_eq!((status, &refused["error"]["code"]), (409, &json!(code)));
        set(what, json!({field: false})).await;
    }
    let (status, refused) = request(&api, json!([{"number": "+442079460000"}])).await;
    assert_eq!((status, &refused["error"]["code"]), (409, &json!("recipient_not_allowed")));
    let (status, refused) = request(&api, json!([{"number": "+97235551234"}])).await;
    assert_eq!((status, &refused["error"]["code"]), (409, &json!("own_number")));
    let other = "+97239999999";
    let report = harness.call(CallPlan { to: other.into(), ..harness.plan("wait 200ms; ") }).await;
    harness.ended_call(&report.call_sid).await;
    missed_call(&harness).await;
    let (status, refused) = request(&api, json!([{"number": other}])).await;
    assert_eq!((status, &refused["error"]["code"]), (409, &json!("own_number")), "another number of the business");
    let number = json!({"number": "12"});
    for (to, status) in [
        (json!([]), 400),
        (json!([number]), 409),
        (json!([{"number": DANA, "contact_id": contact}]), 400),
        (json!(vec![json!({"contact_id": contact}); 21]), 400),
        (json!([{"contact_id": 999}]), 404),
    ] {
        let (given, refused) = request(&api, to).await;
        assert_eq!(given, status, "{refused}");
    }
    assert_eq!(harness.daemon.query_value::<i64>("SELECT count(*) FROM outbound_calls"), 0);
    assert_eq!(dialled(&harness).len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_who_is_named_twice_gets_one_call() {
    let hour = jiff::Timestamp::now().in_tz("Asia/Jerusalem").unwrap().hour();
    // The permitted hours begin one hour from now at the earliest, so no call is made during the test.
    let (from, until_hour) = if hour < 22 { (hour + 2, 24) } else { (1, 20) };
    let (harness, api) = shop(&format!("[agent]\ncalls_from_hour = {from}\ncalls_until_hour = {until_hour}\n")).await;
    // The number that the contact called is the one from which the agent calls.
    missed_call(&harness).await;
    let number = json!({"number": "+972501110000"});
    let (status, planned) = request(&api, json!([number, number, {"number": "050-111-0000"}])).await;
    assert_eq!((status, planned["calls"].as_array().map(Vec::len)), (201, Some(1)), "{planned}");
    let (status, refused) = request(&api, json!([number])).await;
    assert_eq!((status, &refused["error"]["code"]), (409, &json!("already_called")));
    assert_eq!(harness.daemon.query_value::<i64>("SELECT count(*) FROM outbound_calls"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_the_hours_a_call_waits_and_can_be_cancelled() {
    let hour = jiff::Timestamp::now().in_tz("Asia/Jerusalem").unwrap().hour();
    // The permitted hours begin one hour from now at the earliest.
    let (from, until_hour) = if hour < 22 { (hour + 2, 24) } else { (1, 20) };
    let (harness, api) = shop(&format!("[agent]\ncalls_from_hour = {from}\ncalls_until_hour = {until_hour}\n")).await;
    let missed = missed_call(&harness).await;
    let (status, planned) = request(&api, json!([{"call_id": missed}])).await;
    let planned = &planned["calls"][0];
    assert_eq!((status, &planned["state"]), (201, &json!("waiting")));
    let due: agentlocator::domain::Timestamp = planned["due_at"].as_str().unwrap().parse().unwrap();
    let created: agentlocator::domain::Timestamp = planned["created_at"].as_str().unwrap().parse().unwrap();
    assert!(due.since(created) > Duration::from_mins(5), "{planned}");
    let path = format!("/api/outbound-calls/{}", planned["id"]);
    assert_eq!(super::support::client::send(api.request(Method::DELETE, &path)).await.status, 200);
    assert_eq!(requested(&api, &planned["id"]).await["state"], "cancelled");
    assert_eq!(super::support::client::send(api.request(Method::DELETE, &path)).await.status, 409);
    // A cancelled call can be requested again.
    assert_eq!(request(&api, json!([{"call_id": missed}])).await.0, 201);
    assert_eq!(dialled(&harness).len(), 0);
}
