//! Tests of the fakes together: a small server connects a caller and the AI over real sockets.

use super::caller::{CallPlan, EndedBy, Phase, Phone, StreamEnd, StreamPlan};
use super::openai::{OpenAi, OpenAiOptions, Turn};
use super::twilio::{Account, CallUpdate, TwilioState, sign};
use super::{DaemonConnector, EventLog, sound};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use futures_util::{SinkExt, StreamExt};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

const PUBLIC: &str = "https://shop.example";

/// A minimal daemon: checks signatures, sends TwiML, relays audio between the caller and the AI, and sends `clear` when
/// the caller speaks.
struct SmallBox {
    auth_token: String,
    ai_url: String,
}

struct Bench {
    phone: Phone,
    ai: OpenAi,
    log: EventLog,
    twilio_state: TwilioState,
}

async fn bench(options: OpenAiOptions) -> Bench {
    let (log, account) = (EventLog::new(), Account::random());
    let ai = OpenAi::start(TcpListener::bind("127.0.0.1:0").await.unwrap(), options, log.clone()).unwrap();
    let ai_url = format!("ws://{}/v1/realtime?model=gpt-realtime-2.1", ai.address());
    let small_box = Arc::new(SmallBox { auth_token: account.auth_token.clone(), ai_url });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = Router::new()
        .route("/voice", post(incoming))
        .route("/greeting.mp3", get(async || ([("content-type", "audio/mpeg")], sound::silent_mp3(240))))
        .route("/after", post(async || xml("<Hangup/>")))
        .route("/message", post(async || xml("<Record action=\"/after\" timeout=\"2\" maxLength=\"30\"/>")))
        .route("/call_status", post(async || StatusCode::NO_CONTENT))
        .route("/media", any(media))
        .with_state(small_box);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let twilio_state = TwilioState::new(account);
    let phone = Phone::new(twilio_state.clone(), DaemonConnector::new(Some(address)).unwrap(), log.clone());
    Bench { phone, ai, log, twilio_state }
}

async fn incoming(State(own): State<Arc<SmallBox>>, headers: HeaderMap, body: String) -> Response {
    let fields: Vec<(String, String)> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let signature = sign(&own.auth_token, &format!("{PUBLIC}/voice"), &fields);
    if headers["x-twilio-signature"] != signature {
        return StatusCode::FORBIDDEN.into_response();
    }
    xml("<Play>/greeting.mp3</Play><Connect action=\"/after\"><Stream url=\"wss://shop.example/media\"/></Connect>")
}

fn xml(verbs: &str) -> Response {
    ([("content-type", "text/xml")], format!("<Response>{verbs}</Response>")).into_response()
}

async fn media(State(own): State<Arc<SmallBox>>, mut request: Request) -> Response {
    let accept = derive_accept_key(request.headers()["sec-websocket-key"].as_bytes());
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let upgraded = TokioIo::new(upgrade.await.unwrap());
        relay(WebSocketStream::from_raw_socket(upgraded, Role::Server, None).await, &own.ai_url).await;
    });
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    for (name, value) in [("connection", "Upgrade"), ("upgrade", "websocket"), ("sec-websocket-accept", &accept)] {
        response.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
    }
    response
}

async fn relay(mut caller: WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>, ai_url: &str) {
    let mut request = ai_url.into_client_request().unwrap();
    request.headers_mut().insert("authorization", HeaderValue::from_static("Bearer key"));
    let (mut ai, _) = Box::pin(tokio_tungstenite::connect_async(request)).await.unwrap();
    let format = json!({"type": "audio/pcmu"});
    let update = json!({"type": "session.update", "session": {"type": "realtime",
        "audio": {"input": {"format": format}, "output": {"format": format}}}});
    ai.send(Message::text(update.to_string())).await.unwrap();
    let mut stream_sid = Value::Null;
    loop {
        tokio::select! {
            Some(Ok(message)) = caller.next() => {
                let Ok(event) = serde_json::from_str::<Value>(message.to_text().unwrap_or_default()) else { continue };
                match event["event"].as_str() {
                    Some("start") => stream_sid = event["streamSid"].clone(),
                    Some("media") => {
                        let append = json!({"type": "input_audio_buffer.append", "audio": event["media"]["payload"]});
                        ai.send(Message::text(append.to_string())).await.unwrap();
                    }
                    Some("dtmf" | "stop") => { let _ = caller.close(None).await; return; }
                    _ => {}
                }
            }
            Some(Ok(message)) = ai.next() => {
                let Ok(event) = serde_json::from_str::<Value>(message.to_text().unwrap_or_default()) else { continue };
                let answer = match event["type"].as_str() {
                    Some("response.output_audio.delta") => {
                        json!({"event": "media", "streamSid": stream_sid, "media": {"payload": event["delta"]}})
                    }
                    Some("input_audio_buffer.speech_started") => json!({"event": "clear", "streamSid": stream_sid}),
                    _ => continue,
                };
                caller.send(Message::text(answer.to_string())).await.unwrap();
            }
            else => return,
        }
    }
}

fn plan(script: &str) -> CallPlan {
    CallPlan { script: script.parse().unwrap(), fast: true, ..CallPlan::new(format!("{PUBLIC}/voice")) }
}

#[tokio::test]
async fn a_conversation_with_an_interruption() {
    let turns = vec![
        Turn::new("a", "b").lasting(Duration::from_millis(600)),
        Turn::new("c", "d").lasting(Duration::from_secs(5)),
        Turn::new("e", "f").lasting(Duration::from_millis(400)),
    ];
    let options = OpenAiOptions { turns, think: Duration::from_millis(100), ..OpenAiOptions::default() };
    let bench = bench(options).await;
    let script = "say 400ms; listen; say 400ms; listen 500ms; say 400ms; listen; press 1; stay";
    let report = bench.phone.place_call(plan(script)).await;
    assert_eq!(bench.log.violations().len(), 0, "{:#?}", bench.log);
    assert_eq!(report.ended, EndedBy::Hangup);
    let stream = &report.streams[0];
    assert_eq!(stream.ended, StreamEnd::ServerClosed { code: None, reason: String::new() });
    assert_eq!(stream.answers.len(), 3, "{stream:#?}");
    for answer in &stream.answers {
        // By default 200 ms of silence end a turn, and the AI takes 100 ms to respond.
        assert!((280..900).contains(&answer.latency_ms()), "{answer:?}");
    }
    let cleared = stream.interruptions[0].cleared_ms.unwrap() - stream.interruptions[0].spoke_ms;
    assert!((40..500).contains(&cleared), "{cleared}");
    let session = &bench.ai.state().sessions[0];
    let statuses: Vec<_> = session.answers.iter().map(|answer| answer.status.as_str()).collect();
    assert_eq!((statuses[0], statuses[2]), ("completed", "completed"));
    assert_eq!(stream.heard_of(&session.answers[0].sound), 600);
    let heard = stream.heard_of(&session.answers[1].sound);
    assert!((500..1_500).contains(&heard), "{heard}");
    assert_eq!(session.events["input_audio_buffer.append"], session.heard.len() as u64 / 160);
    let paths: Vec<_> = report.webhooks.iter().map(|webhook| (webhook.path.as_str(), webhook.status)).collect();
    assert_eq!(paths, [("/voice", Some(200)), ("/after", Some(200)), ("/call_status", Some(204))]);
}

#[tokio::test]
async fn a_stream_that_never_opens_is_redirected_to_the_recorder() {
    let bench = bench(OpenAiOptions::default()).await;
    let call_sid = super::twilio::random_sid("CA");
    let plan = CallPlan { stream: StreamPlan::Never, call_sid: Some(call_sid.clone()), ..plan("stay") };
    let call = tokio::spawn({
        let phone = bench.phone.clone();
        async move { phone.place_call(plan).await }
    });
    while bench.log.entries().iter().all(|entry| !entry.text.contains("does not get through")) {
        tokio::task::yield_now().await;
    }
    let update = CallUpdate::Url { url: format!("{PUBLIC}/message"), method: "POST".into() };
    bench.twilio_state.update_call(&call_sid, update).unwrap();
    let report = call.await.unwrap();
    assert_eq!(report.ended, EndedBy::Hangup);
    assert_eq!(report.streams[0].ended, StreamEnd::NeverOpened);
    let recording = bench.twilio_state.recording(&report.recordings[0]).unwrap();
    assert_eq!(recording.duration_s, 3);
    assert_eq!(sound::read_wav(&recording.wav).unwrap().len(), sound::bytes_of(3_000));
    assert_eq!(bench.log.violations().len(), 0, "{:#?}", bench.log);
}

#[tokio::test]
async fn the_caller_may_hang_up_in_any_phase() {
    let bench = bench(OpenAiOptions::default()).await;
    for phase in [Phase::Playing, Phase::Connecting, Phase::Streaming] {
        let hang_up = Some((phase, Duration::from_millis(5)));
        let stream = StreamPlan::OpenAfter(Duration::from_millis(if phase == Phase::Connecting { 500 } else { 0 }));
        let report = bench.phone.place_call(CallPlan { stream, hang_up, ..plan("stay") }).await;
        assert_eq!(report.ended, EndedBy::Caller, "{phase:?}");
        assert_eq!(report.webhooks.last().unwrap().path, "/call_status");
    }
    let report = bench.phone.place_call(plan("wait 40ms; drop")).await;
    assert_eq!(report.streams[0].ended, StreamEnd::Dropped);
    assert_eq!(report.ended, EndedBy::Hangup);
}

#[tokio::test]
async fn a_wrong_signature_is_refused_by_the_daemon() {
    let bench = bench(OpenAiOptions::default()).await;
    let signature = super::twilio::SignaturePlan::Wrong;
    let report = bench.phone.place_call(CallPlan { signature, ..plan("stay") }).await;
    assert_eq!((report.ended, report.webhooks[0].status), (EndedBy::Error, Some(403)));
}
