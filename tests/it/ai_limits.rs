//! The limits on the AI's calls and on their cost: above a limit, callers leave a message.

use super::support::Daemon;
use super::support::telephony::{CallHarness, start};
use super::support::whatsapp::until;
use agentlocator::clock;
use agentlocator::simulator::DaemonConnector;
use agentlocator::simulator::caller::{CallPlan, Clip, StreamPlan};
use agentlocator::simulator::openai::{OpenAiOptions, Turn};

async fn harness(limits: &'static str) -> CallHarness {
    CallHarness::with_ai(OpenAiOptions::default(), |setup| {
        setup.toml(&format!("[voice]\n{limits}\n[alerts]\nsettle_s = 0\n"));
    })
    .await
}

/// Connects a phone call. Returns the call's media socket, and the engine that answers the call.
async fn connected(harness: &CallHarness, number: u32, from: &str) -> (super::support::telephony::Socket, String) {
    let sid = format!("CA{number:032}");
    let token = harness.ring_from(&sid, from).await;
    let mut socket = harness.open_socket().await;
    start(&mut socket, &sid, &token).await;
    let live = tokio::task::block_in_place(|| {
        harness.daemon.logs().wait_until("the call to be answered", |lines| {
            let live = lines.iter().filter(|line| line.contains("\"CALL_LIVE\"")).find(|line| line.contains(&sid))?;
            serde_json::from_str::<serde_json::Value>(live).ok()
        })
    });
    (socket, live["engine"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_at_once_from_one_number_and_in_all_are_limited() {
    let harness = harness("ai_calls_at_once = 3\nai_calls_per_number_at_once = 2").await;
    let mut sockets = Vec::new();
    let callers = ["+972501111111", "+972501111111", "+972501111111", "+972502222222", "+972503333333"];
    let mut engines = Vec::new();
    for (number, from) in (1..).zip(callers) {
        let (socket, engine) = connected(&harness, number, from).await;
        sockets.push(socket);
        engines.push(engine);
    }
    assert_eq!(engines, ["realtime", "realtime", "voicemail", "realtime", "voicemail"]);
    let limits: Vec<_> = harness.daemon.logs().events_named("CALL_OVER_LIMIT");
    let limits: Vec<_> = limits.iter().map(|event| event["limit"].as_str().unwrap()).collect();
    assert_eq!(limits, ["voice.ai_calls_per_number_at_once", "voice.ai_calls_at_once"]);
    assert_eq!(harness.ai.state().sessions.len(), 3);
    let raised = tokio::task::block_in_place(|| harness.daemon.logs().wait_for_event("ALERT_RAISED"));
    assert_eq!(
        (&raised["alert.kind"], &raised["detail"]),
        (&"ai_limit".into(), &"voice.ai_calls_at_once: 3 of 3".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cost_of_a_day_is_limited() {
    let harness = harness("ai_minutes_per_day = 100\nai_calls_per_number_per_day = 2").await;
    let (_first, engine) = connected(&harness, 1, "+972501111111").await;
    assert_eq!(engine, "realtime");
    let (_second, engine) = connected(&harness, 2, "+972501111111").await;
    assert_eq!(engine, "realtime");
    let (_third, engine) = connected(&harness, 3, "+972501111111").await;
    assert_eq!(engine, "voicemail", "two a day from one number");

    let sid = format!("CA{:032}", 1);
    let over = [("CallSid", &*sid), ("CallStatus", "completed"), ("CallDuration", "6000")];
    assert_eq!(harness.hook("/webhook/call_status", &over).await.status, 204);
    let (_fourth, engine) = connected(&harness, 4, "+972502222222").await;
    assert_eq!(engine, "voicemail");
    let limits = harness.daemon.logs().events_named("CALL_OVER_LIMIT");
    assert_eq!(limits.last().unwrap()["limit"], "voice.ai_minutes_per_day");
}

/// Inserts a contact with a thread of calls. In this SQL and the following, `:now` stands for the present time.
const CALLER: &str = "
    INSERT INTO contacts(id, business_id, display_name, created_at, updated_at) VALUES (1, 1, '', :now, :now);
    INSERT INTO threads(id, type, contact_id, peer_number, title, unread_count, last_message_at, created_at)
        VALUES (1, 'call', 1, '+972509999999', '', 0, :now, :now);
";
/// Inserts a call of today that cost two dollars.
const TWO_DOLLARS: &str = "
    INSERT INTO calls(call_sid, thread_id, contact_id, direction, peer_number, own_number, state, engine, started_at,
                      ended_at, end_reason, duration_ms, cost_micros, updated_at)
        VALUES ('CA00000000000000000000000000000009', 1, 1, 'in', '+972509999999', '', 'ended', 'realtime', :now,
                :now, 'caller_hung_up', 1000, 2000000, :now)";
/// Inserts a call of today that the AI transferred after a minute, and that lasted two hours.
const TRANSFERRED: &str = "
    INSERT INTO calls(id, call_sid, thread_id, contact_id, direction, peer_number, own_number, state, engine, started_at,
                      answered_at, ended_at, end_reason, duration_ms, updated_at)
        VALUES (1, 'CA00000000000000000000000000000009', 1, 1, 'in', '+972509999999', '', 'ended', 'realtime', :now,
                :now, :now, 'transferred', 7200000, :now);
    INSERT INTO call_events(call_id, kind, at)
        VALUES (1, 'transfer_accepted', strftime('%FT%H:%M:%fZ', :now, '+60 seconds'))";

/// Inserts a call of today that the agent made.
const OUTBOUND: &str = "
    INSERT INTO calls(call_sid, thread_id, contact_id, direction, peer_number, own_number, state, engine, started_at,
                      answered_at, ended_at, end_reason, duration_ms, updated_at)
        VALUES ('CA00000000000000000000000000000009', 1, 1, 'out', '+972509999999', '', 'ended', 'realtime', :now,
                :now, :now, 'caller_hung_up', 1000, :now)";

/// Starts a daemon with this limit, whose database has the call that the SQL in `call` inserts.
async fn with_call(call: &str, limit: &str, turns: Vec<Turn>) -> CallHarness {
    let daemon = tokio::task::block_in_place(|| {
        let daemon = Daemon::prepare(|_| {});
        daemon.seed(&format!("{CALLER}{call}").replace(":now", &format!("'{}'", clock::now())));
        daemon
    });
    let connector = DaemonConnector::new(Some(daemon.address())).unwrap();
    let options = OpenAiOptions { turns, ..OpenAiOptions::default() };
    CallHarness::with_daemon(daemon, connector, options, true, |setup| {
        setup.toml(&format!("[voice]\n{limit}\n"));
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_with_a_person_after_a_transfer_does_not_count() {
    let harness = with_call(TRANSFERRED, "ai_minutes_per_day = 100", Vec::new()).await;
    let (_socket, engine) = connected(&harness, 1, "+972501111111").await;
    assert_eq!(engine, "realtime");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outbound_call_does_not_count_for_the_limit_of_calls_from_its_number() {
    let harness = with_call(OUTBOUND, "ai_calls_per_number_per_day = 1", Vec::new()).await;
    let (_first, engine) = connected(&harness, 1, "+972509999999").await;
    assert_eq!(engine, "realtime");
    let (_second, engine) = connected(&harness, 2, "+972509999999").await;
    assert_eq!(engine, "voicemail", "one incoming call a day");
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_money_of_a_day_neither_calls_nor_recorded_turns_use_the_ai() {
    let harness = with_call(TWO_DOLLARS, "ai_usd_per_day = 2", vec![Turn::new("אפשר תור?", "כן, מתי?")]).await;
    let (_socket, engine) = connected(&harness, 1, "+972501111111").await;
    assert_eq!(engine, "voicemail");
    assert_eq!(harness.daemon.logs().wait_for_event("CALL_OVER_LIMIT")["limit"], "voice.ai_usd_per_day");
    // If the stream cannot be opened, the TwiML continues with Twilio's recorder.
    let messages = vec![Clip::Voice(1500)];
    let report = harness.call(CallPlan { stream: StreamPlan::Fails, messages, ..harness.plan("stay") }).await;
    assert_eq!(report.recordings.len(), 1, "{report:#?}");
    let state = harness.ai.state();
    assert_eq!((state.sessions.len(), state.requests.len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_voicemail_alone_no_recording_is_sent_to_the_ai() {
    let harness = CallHarness::with_ai(OpenAiOptions::default(), |setup| {
        setup.toml("[voice]\nengine = \"voicemail\"\n");
    })
    .await;
    let messages = vec![Clip::Voice(1500)];
    let report = harness.call(CallPlan { stream: StreamPlan::Fails, messages, ..harness.plan("stay") }).await;
    assert_eq!(report.recordings.len(), 1, "{report:#?}");
    assert_eq!(harness.ended_call(&report.call_sid).await["outcome"], "message");
    assert_eq!(harness.ai.state().requests.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_with_a_withheld_number_count_as_one() {
    let harness = harness("ai_calls_per_number_at_once = 1").await;
    let (mut sockets, mut engines) = (Vec::new(), Vec::new());
    for number in 1..=6 {
        let (socket, engine) = connected(&harness, number, "anonymous").await;
        sockets.push(socket);
        engines.push(engine);
    }
    assert_eq!(engines, ["realtime", "realtime", "realtime", "realtime", "realtime", "voicemail"]);
    let (_socket, engine) = connected(&harness, 7, "+972501111111").await;
    assert_eq!(engine, "realtime", "another caller has limits of their own");
}

#[tokio::test(flavor = "multi_thread")]
async fn summaries_and_recorded_turns_have_a_cost() {
    let turns = vec![Turn::new("אפשר תור?", "כן, מתי?")];
    let harness = CallHarness::with_ai(OpenAiOptions { turns, ..OpenAiOptions::default() }, |_| {}).await;
    let messages = vec![Clip::Voice(1500)];
    let report = harness.call(CallPlan { stream: StreamPlan::Fails, messages, ..harness.plan("stay") }).await;
    harness.ended_call(&report.call_sid).await;
    let sql = format!("SELECT cost_micros FROM calls WHERE call_sid = '{}'", report.call_sid);
    // The cost of two requests with 120 input tokens and 30 output tokens each, and of the transcription of 1.5 s of
    // audio.
    let expected = 2 * (120 * 250 + 30 * 1500) / 100 + 150;
    until("the cost", async || (harness.daemon.query_value::<i64>(&sql) >= expected).then_some(())).await;
    let cost = harness.daemon.query_value::<i64>(&sql);
    assert!(cost < expected + 600, "{cost} instead of {expected}");
}
