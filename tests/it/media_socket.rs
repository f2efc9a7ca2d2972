//! The media socket itself, message by message: who may come in, and what breaks it.

use super::support::telephony::Town;
use agentlocator::config::Secret;
use agentlocator::domain::{CallSid, Timestamp};
use agentlocator::drive::calls::STRANGERS;
use agentlocator::providers::twilio::stream_token;
use agentlocator::simulator::openai::OpenAiOptions;
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use std::time::{Duration, SystemTime};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn town() -> Town {
    Town::with_ai(OpenAiOptions::default(), |_| {}).await
}

async fn open(town: &Town) -> Socket {
    let url = town.daemon.url().replace("http", "ws") + "/ws/twilio-media";
    tokio_tungstenite::connect_async(url).await.unwrap().0
}

/// Tells of a call, and gives the token that its TwiML has.
async fn ring(town: &Town, sid: &str) -> String {
    let fields = [("CallSid", sid), ("From", "+972501234567"), ("To", "+97235551234")];
    let xml = town.hook("/webhook/incoming_call", &fields).await.text();
    xml.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

async fn start(socket: &mut Socket, sid: &str, token: &str) {
    let start = json!({"streamSid": "MZ1", "callSid": sid, "customParameters": {"token": token}});
    let message = json!({"event": "start", "streamSid": "MZ1", "start": start});
    socket.send(Message::Text(message.to_string().into())).await.unwrap();
}

/// The code that a socket is closed with; none if it just ends.
async fn closed(socket: &mut Socket) -> Option<u16> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code.into()),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return None,
        }
    }
}

/// What Twilio is told when it asks what follows the stream.
async fn what_follows(town: &Town, sid: &str) -> String {
    town.hook("/webhook/stream_ended", &[("CallSid", sid), ("CallStatus", "in-progress")]).await.text()
}

fn wait_for(town: &Town, event: &str) {
    tokio::task::block_in_place(|| town.daemon.logs().wait_for_event(event));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_for_one_call_for_one_socket_and_for_a_short_time() {
    let town = town().await;
    let (first, _) = (ring(&town, "CA1").await, ring(&town, "CA2").await);
    let long_ago = SystemTime::now() - Duration::from_mins(3);
    let long_ago = long_ago.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    let long_ago = Timestamp::from_millis(i64::try_from(long_ago).unwrap());
    let key = Secret::new(town.exchange.account().auth_token.clone());
    let expired = stream_token::issue(&key, &CallSid::new("CA1"), long_ago);
    for (sid, token) in [("CA2", first.as_str()), ("CA1", expired.as_str())] {
        let mut socket = open(&town).await;
        start(&mut socket, sid, token).await;
        assert_eq!(closed(&mut socket).await, Some(1008), "{sid} {token}");
    }
    let mut good = open(&town).await;
    start(&mut good, "CA1", &first).await;
    wait_for(&town, "CALL_LIVE");
    let mut second = open(&town).await;
    start(&mut second, "CA1", &first).await;
    assert_eq!(closed(&mut second).await, Some(1000), "the call has its socket");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_of_the_stream_is_no_hang_up_if_twilio_asks_what_follows() {
    let town = town().await;
    let token = ring(&town, "CA1").await;
    let mut socket = open(&town).await;
    start(&mut socket, "CA1", &token).await;
    wait_for(&town, "CALL_LIVE");
    let stop = json!({"event": "stop", "streamSid": "MZ1", "stop": {"callSid": "CA1"}});
    socket.send(Message::Text(stop.to_string().into())).await.unwrap();
    wait_for(&town, "CALL_STREAM_ENDED");
    for _ in 0..2 {
        let xml = what_follows(&town, "CA1").await;
        assert!(xml.contains("<Record"), "{xml}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_too_long_closes_the_door_of_a_stranger_and_leads_a_caller_to_the_recorder() {
    let town = town().await;
    let huge = Message::Text(json!({"event": "connected", "protocol": "x".repeat(100_000)}).to_string().into());
    let mut stranger = open(&town).await;
    let _ = stranger.send(huge.clone()).await;
    assert!(matches!(closed(&mut stranger).await, Some(1008 | 1009) | None));

    let token = ring(&town, "CA1").await;
    let mut socket = open(&town).await;
    start(&mut socket, "CA1", &token).await;
    wait_for(&town, "CALL_LIVE");
    let _ = socket.send(huge).await;
    let xml = what_follows(&town, "CA1").await;
    assert!(xml.contains("<Record"), "{xml}");
    let ended = town.daemon.logs().events_named("CALL_STREAM_ENDED");
    assert_eq!(ended[0]["reason"], "dropped", "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_of_strangers_keeps_no_call_out() {
    let town = town().await;
    let mut crowd = Vec::new();
    for _ in 0..STRANGERS + 20 {
        crowd.push(open(&town).await);
    }
    assert_eq!(closed(&mut crowd[0]).await, Some(1008), "who came first makes way");
    let report = town.call(town.plan("say 1s; listen")).await;
    assert_eq!(report.streams[0].answers.len(), 1, "{report:#?}");
}
