//! What the AI may cost on the phone has a ceiling; beyond it callers leave a message.

use super::support::telephony::{Town, start};
use agentlocator::simulator::openai::OpenAiOptions;

async fn town(limits: &'static str) -> Town {
    Town::with_ai(OpenAiOptions::default(), |setup| {
        setup.toml(&format!("[voice]\n{limits}\n[alerts]\nsettle_s = 0\n"));
    })
    .await
}

/// A call that is on, with the engine that answers it.
async fn connected(town: &Town, number: u32, from: &str) -> (super::support::telephony::Socket, String) {
    let sid = format!("CA{number:032}");
    let token = town.ring_from(&sid, from).await;
    let mut socket = town.open_socket().await;
    start(&mut socket, &sid, &token).await;
    let live = tokio::task::block_in_place(|| {
        town.daemon.logs().wait_until("the call to be answered", |lines| {
            let live = lines.iter().filter(|line| line.contains("\"CALL_LIVE\"")).find(|line| line.contains(&sid))?;
            serde_json::from_str::<serde_json::Value>(live).ok()
        })
    });
    (socket, live["engine"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_at_once_from_one_number_and_in_all_are_limited() {
    let town = town("ai_calls_at_once = 3\nai_calls_per_number_at_once = 2").await;
    let mut sockets = Vec::new();
    let callers = ["+972501111111", "+972501111111", "+972501111111", "+972502222222", "+972503333333"];
    let mut engines = Vec::new();
    for (number, from) in (1..).zip(callers) {
        let (socket, engine) = connected(&town, number, from).await;
        sockets.push(socket);
        engines.push(engine);
    }
    assert_eq!(engines, ["realtime", "realtime", "voicemail", "realtime", "voicemail"]);
    let limits: Vec<_> = town.daemon.logs().events_named("CALL_OVER_LIMIT");
    let limits: Vec<_> = limits.iter().map(|event| event["limit"].as_str().unwrap()).collect();
    assert_eq!(limits, ["voice.ai_calls_per_number_at_once", "voice.ai_calls_at_once"]);
    assert_eq!(town.ai.state().sessions.len(), 3);
    let raised = tokio::task::block_in_place(|| town.daemon.logs().wait_for_event("ALERT_RAISED"));
    assert_eq!(
        (&raised["alert.kind"], &raised["detail"]),
        (&"ai_limit".into(), &"voice.ai_calls_at_once: 3 of 3".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_day_may_cost_is_limited() {
    let town = town("ai_minutes_per_day = 100\nai_calls_per_number_per_day = 2").await;
    let (_first, engine) = connected(&town, 1, "+972501111111").await;
    assert_eq!(engine, "realtime");
    let (_second, engine) = connected(&town, 2, "+972501111111").await;
    assert_eq!(engine, "realtime");
    let (_third, engine) = connected(&town, 3, "+972501111111").await;
    assert_eq!(engine, "voicemail", "two a day from one number");

    let sid = format!("CA{:032}", 1);
    let over = [("CallSid", &*sid), ("CallStatus", "completed"), ("CallDuration", "6000")];
    assert_eq!(town.hook("/webhook/call_status", &over).await.status, 204);
    let (_fourth, engine) = connected(&town, 4, "+972502222222").await;
    assert_eq!(engine, "voicemail");
    let limits = town.daemon.logs().events_named("CALL_OVER_LIMIT");
    assert_eq!(limits.last().unwrap()["limit"], "voice.ai_minutes_per_day");
}
