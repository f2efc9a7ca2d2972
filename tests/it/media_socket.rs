//! The media socket: which clients are accepted, and which messages make the daemon close the connection.

use super::support::telephony::{CallHarness, Socket, start, start_message, stream_token as token_in};
use agentlocator::config::Secret;
use agentlocator::domain::{CallSid, Timestamp};
use agentlocator::providers::twilio::stream_token;
use agentlocator::runtime::calls::MAX_PENDING_SOCKETS;
use agentlocator::simulator::openai::OpenAiOptions;
use futures_util::future::join_all;
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use std::time::{Duration, SystemTime};
use tokio_tungstenite::tungstenite::Message;

async fn harness() -> CallHarness {
    CallHarness::with_ai(OpenAiOptions::default(), |_| {}).await
}

/// Returns the code of the close frame; `None` if the connection ends without a close frame.
async fn closed(socket: &mut Socket) -> Option<u16> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code.into()),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return None,
        }
    }
}

/// Sends the webhook about the end of the stream, as Twilio does, and returns the TwiML of the response.
async fn next_step(harness: &CallHarness, sid: &str) -> String {
    harness.hook("/webhook/stream_ended", &[("CallSid", sid), ("CallStatus", "in-progress")]).await.text()
}

fn wait_for(harness: &CallHarness, event: &str) {
    tokio::task::block_in_place(|| harness.daemon.logs().wait_for_event(event));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_for_one_call_for_one_socket_and_for_a_short_time() {
    let harness = harness().await;
    let (first, _) = (
        harness.ring("CA00000000000000000000000000000001").await,
        harness.ring("CA00000000000000000000000000000002").await,
    );
    let long_ago = SystemTime::now() - Duration::from_mins(3);
    let long_ago = long_ago.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    let long_ago = Timestamp::from_millis(i64::try_from(long_ago).unwrap());
    let key = Secret::new(harness.twilio_state.account().auth_token.clone());
    let expired =
        stream_token::issue(&key, &"CA00000000000000000000000000000001".parse::<CallSid>().unwrap(), long_ago);
    for (sid, token) in [
        ("CA00000000000000000000000000000002", first.as_str()),
        ("CA00000000000000000000000000000001", expired.as_str()),
    ] {
        let mut socket = harness.open_socket().await;
        start(&mut socket, sid, token).await;
        assert_eq!(closed(&mut socket).await, Some(1008), "{sid} {token}");
    }
    let mut good = harness.open_socket().await;
    start(&mut good, "CA00000000000000000000000000000001", &first).await;
    wait_for(&harness, "CALL_LIVE");
    let mut second = harness.open_socket().await;
    start(&mut second, "CA00000000000000000000000000000001", &first).await;
    assert_eq!(closed(&mut second).await, Some(1000), "the call has its socket");
    // The close code alone does not show that the second socket was rejected, because the call's own socket is closed
    // with the same code when the call ends. Therefore the test also checks the daemon's log.
    tokio::task::block_in_place(|| {
        harness.daemon.logs().wait_until("the refusal", |lines| {
            let is_refusal =
                |line: &&String| line.contains("\"WS_REFUSED\"") && line.contains("does not wait for a stream");
            lines.iter().find(is_refusal).map(drop)
        });
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_of_the_stream_is_no_hang_up_if_twilio_asks_what_follows() {
    let harness = harness().await;
    let token = harness.ring("CA00000000000000000000000000000001").await;
    let mut socket = harness.open_socket().await;
    start(&mut socket, "CA00000000000000000000000000000001", &token).await;
    wait_for(&harness, "CALL_LIVE");
    let stop = json!({"event": "stop", "streamSid": "MZ00000000000000000000000000000001", "stop": {"callSid": "CA00000000000000000000000000000001"}});
    socket.send(Message::Text(stop.to_string().into())).await.unwrap();
    wait_for(&harness, "CALL_STREAM_ENDED");
    for _ in 0..2 {
        let xml = next_step(&harness, "CA00000000000000000000000000000001").await;
        assert!(xml.contains("<Record"), "{xml}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_too_long_closes_the_socket_and_a_call_resumes_once() {
    let harness = harness().await;
    let huge = Message::Text(json!({"event": "connected", "protocol": "x".repeat(100_000)}).to_string().into());
    let mut unauthenticated = harness.open_socket().await;
    let _ = unauthenticated.send(huge.clone()).await;
    assert!(matches!(closed(&mut unauthenticated).await, Some(1008 | 1009) | None));

    let sid = "CA00000000000000000000000000000001";
    let token = harness.ring(sid).await;
    let mut socket = harness.open_socket().await;
    start(&mut socket, sid, &token).await;
    wait_for(&harness, "CALL_LIVE");
    let _ = socket.send(huge.clone()).await;
    let xml = next_step(&harness, sid).await;
    assert!(xml.contains("<Connect"), "{xml}");

    let mut resumed = harness.open_socket().await;
    start(&mut resumed, sid, &token_in(&xml)).await;
    let first = resumed.next().await.unwrap().unwrap();
    assert!(first.to_text().unwrap().contains("media"), "the agent continues: {first:?}");
    let _ = resumed.send(huge).await;
    let xml = next_step(&harness, sid).await;
    assert!(xml.contains("<Record"), "{xml}");
    let ended = harness.daemon.logs().events_named("CALL_STREAM_ENDED");
    assert_eq!(ended[0]["end_reason"], "dropped", "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn before_its_token_a_socket_may_send_three_short_messages() {
    let harness = harness().await;
    let sid = "CA00000000000000000000000000000001";
    let token = harness.ring(sid).await;
    let connected = Message::Text(json!({"event": "connected", "protocol": "Call"}).to_string().into());
    let long = Message::Text(json!({"event": "connected", "protocol": "x".repeat(4 << 10)}).to_string().into());
    let ping = Message::Ping(vec![0_u8].into());
    // Each case breaks a rule for the messages before the start message. The token of the start message is valid, so
    // the daemon would accept the socket without these rules.
    let refused = [
        vec![connected.clone(); 3],
        vec![connected.clone(), ping.clone(), ping],
        vec![long],
        vec![Message::Binary(vec![0_u8; 10].into())],
    ];
    for before in refused {
        let mut socket = harness.open_socket().await;
        for message in &before {
            let _ = socket.send(message.clone()).await;
        }
        let _ = socket.send(start_message(sid, &token)).await;
        assert!(matches!(closed(&mut socket).await, Some(1008) | None), "{before:?}");
    }
    let mut socket = harness.open_socket().await;
    socket.send(connected.clone()).await.unwrap();
    socket.send(connected).await.unwrap();
    start(&mut socket, sid, &token).await;
    wait_for(&harness, "CALL_LIVE");
    let refused = harness.daemon.logs().events_named("WS_REFUSED");
    assert!(refused.len() == 4 && refused.iter().all(|refusal| refusal["reason"] == "no_start"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn unauthenticated_sockets_block_no_call() {
    let harness = harness().await;
    let mut oldest = harness.open_socket().await;
    // All others at once: on a busy machine, one after the other would take longer than a socket may wait for its start
    // message.
    let _others = join_all((1..MAX_PENDING_SOCKETS + 20).map(|_| harness.open_socket())).await;
    let report = harness.call(harness.plan("say 1s; listen")).await;
    assert_eq!(report.streams[0].answers.len(), 1, "{report:#?}");
    assert_eq!(closed(&mut oldest).await, Some(1008), "the oldest socket is evicted");
    let refused = harness.daemon.logs().events_named("WS_REFUSED");
    assert!(refused.iter().any(|refusal| refusal["reason"] == "evicted"), "{refused:?}");
}
