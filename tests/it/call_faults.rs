//! Calls in which a component fails. In every case the caller hears how the call continues.

use super::support::telephony::CallHarness;
use super::support::whatsapp::until;
use agentlocator::simulator::caller::{CallPlan, CallReport, Chaos, EndedBy, StreamEnd, StreamPlan};
use agentlocator::simulator::openai::{Faults, OpenAiOptions, Turn};
use agentlocator::simulator::twilio::{Fault, Operation};
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;

fn faulty(faults: Faults) -> OpenAiOptions {
    OpenAiOptions { faults, ..OpenAiOptions::default() }
}

fn recorded(report: &CallReport) -> bool {
    report.prompts.iter().any(|prompt| prompt.what.ends_with("/static/tts/fallback_he.mp3"))
        && report.recordings.len() == 1
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_never_comes_ends_at_the_recorder() {
    let harness = CallHarness::without_ai(|_| {}).await;
    let plan = CallPlan { stream: StreamPlan::Never, fast: false, ..harness.plan("stay") };
    let report = harness.call(plan).await;
    assert!(recorded(&report), "{report:#?}");
    let logs = harness.daemon.logs();
    assert_eq!(logs.events_named("WATCHDOG_REDIRECT_SENT").len(), 1);
    assert_eq!(logs.events_named("WATCHDOG_REDIRECT_OK").len(), 1);
    let redirected = report.webhooks.iter().find(|hook| hook.path == "/webhook/handle_recording").unwrap().at_ms;
    // The greeting takes 3.7 s, and the watchdog fires six seconds after the greeting.
    assert!((9_000..11_500).contains(&redirected), "after {redirected} ms");
    let call = harness.ended_call(&report.call_sid).await;
    assert_eq!((&call["end_reason"], &call["outcome"]), (&json!("message_taken"), &json!("message")), "{call:#}");
    harness.daemon.logs().wait_for_event("RECORDING_FETCHED");
    let compressed = harness.daemon.logs().wait_for_event("RECORDING_COMPRESSED");
    assert!(compressed["opus_bytes"].as_u64().unwrap() * 4 < compressed["wav_bytes"].as_u64().unwrap(), "{compressed}");
    let file: Vec<u8> = harness.daemon.query_value("SELECT content FROM recording_chunks WHERE seq = 0");
    assert_eq!(file[..4], *b"OggS");
    assert_eq!(
        harness.daemon.query_value::<i64>("SELECT count(*) FROM recordings"),
        1,
        "reported by two webhooks, ingested once"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_english_business_has_english_built_in_sentences() {
    let prompt = include_bytes!("../../packaging/audio/leave_message_en.ulaw");
    let harness = CallHarness::without_ai(|setup| {
        setup.toml("[agent]\nlanguage = \"en\"\n[voice]\nmessage_silence_s = 1\n");
    })
    .await;
    let report = harness.call(harness.plan("listen; say 1500ms; stay")).await;
    let greeting = &report.prompts[0].what;
    assert!(greeting.ends_with("/static/tts/greeting_en.mp3"), "{report:#?}");
    let heard = &report.streams[0].heard;
    assert!(heard.windows(320).any(|sound| *sound == prompt[8000..8320]), "the prompt in English");
    let call = harness.ended_call(&report.call_sid).await;
    let said = call["turns"][0]["text"].as_str().unwrap();
    assert!(said.starts_with("We cannot take your call"), "{call:#}");
    let recorder = harness.hook("/webhook/handle_recording", &[("CallSid", &format!("CA{:032}", 7))]).await.text();
    assert!(recorder.contains("/static/tts/fallback_en.mp3"), "{recorder}");
    assert_eq!(harness.daemon.client().get("/static/tts/fallback_en.mp3").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watchdog_that_twilio_does_not_hear_asks_again() {
    let harness = CallHarness::without_ai(|_| {}).await;
    harness.twilio.fail_next(Operation::UpdateCall, Fault::Status(500), 5);
    let plan = CallPlan { stream: StreamPlan::Never, ..harness.plan("stay") };
    let report = harness.call(plan).await;
    assert!(recorded(&report), "{report:#?}");
    assert_eq!(harness.daemon.logs().events_named("WATCHDOG_REDIRECT_FAILED").len(), 5);
    assert_eq!(harness.daemon.logs().events_named("WATCHDOG_REDIRECT_OK").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_cannot_be_opened_continues_with_what_follows() {
    let harness = CallHarness::without_ai(|_| {}).await;
    let report = harness.call(CallPlan { stream: StreamPlan::Fails, ..harness.plan("stay") }).await;
    assert!(recorded(&report), "{report:#?}");
    assert_eq!(harness.daemon.logs().events_named("WATCHDOG_REDIRECT_SENT").len(), 0, "the stream never opened");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_the_ai_cannot_answer_is_transcribed_as_a_message() {
    let harness =
        CallHarness::with_ai(faulty(Faults { refuse_requests: Some(503), ..Faults::default() }), |_| {}).await;
    let report = harness.call(CallPlan { stream: StreamPlan::Fails, ..harness.plan("stay") }).await;
    assert!(recorded(&report), "{report:#?}");
    assert_eq!(harness.daemon.logs().events_named("FALLBACK_NO_REPLY").len(), 1);
    until("the transcription", async || {
        let jobs = "SELECT count(*) FROM jobs WHERE kind = 'transcribe_recording'";
        (harness.daemon.query_value::<i64>(jobs) == 1).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_address_on_another_port_has_no_live_agent_and_doctor_says_so_before() {
    const ADDRESS: &str = "https://shop.example:8443";
    let harness = CallHarness::with_ai(OpenAiOptions::default(), |setup| {
        setup.env("PUBLIC_BASE_URL", ADDRESS);
    })
    .await;
    let doctor = tokio::task::block_in_place(|| harness.daemon.cli(&["doctor"]));
    assert!(String::from_utf8_lossy(&doctor.stdout).contains("another port than 443"));
    let voice_url = format!("{ADDRESS}/webhook/incoming_call");
    let report = harness.phone.place_call(CallPlan { voice_url, ..harness.plan("stay") }).await;
    assert!(recorded(&report), "webhooks arrive on any port: {report:#?}");
    assert_eq!(report.streams[0].ended, StreamEnd::NeverOpened);
    assert!(harness.log.violations().iter().any(|violation| violation.to_string().contains("31901")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ai_that_refuses_leaves_the_call_to_voicemail() {
    let harness = CallHarness::with_ai(faulty(Faults { refuse_sockets: Some(401), ..Faults::default() }), |setup| {
        setup.toml("[voice]\nmessage_silence_s = 1\n");
    })
    .await;
    let report = harness.call(harness.plan("wait 6s; say 2s; stay")).await;
    assert_eq!(report.ended, EndedBy::Hangup, "{report:#?}");
    let call = harness.ended_call(&report.call_sid).await;
    assert_eq!((call["engine"].as_str(), call["end_reason"].as_str()), (Some("voicemail"), Some("message_taken")));
    // A retry with the same key cannot succeed, so the daemon raises an alert.
    let logged = harness.daemon.logs().wait_for_event("ALERT_RAISED");
    assert_eq!(logged["alert.kind"], "ai_refused", "{logged}");
    assert!(logged["detail"].as_str().is_some_and(|detail| detail.contains("401")), "{logged}");
    let ready = harness.daemon.client().get("/readyz").await;
    assert_eq!((ready.status, &ready.json()["openai"]), (200, &json!("error")));
    let answering = harness.daemon.api().get("/api/answering").await.json();
    assert_eq!((&answering["has_agent"], &answering["agent_fails"]), (&json!(true), &json!(true)), "{answering}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_in_a_call_that_is_not_recorded_is_taken_by_twilio_s_recorder() {
    let harness = CallHarness::without_ai(|setup| _ = setup.toml("[voice]\nrecording = false\n")).await;
    let report = harness.call(harness.plan("stay")).await;
    assert!(recorded(&report), "{report:#?}");
    let call = harness.ended_call(&report.call_sid).await;
    assert_eq!((&call["end_reason"], &call["outcome"]), (&json!("message_taken"), &json!("message")), "{call:#}");
    harness.daemon.logs().wait_for_event("RECORDING_FETCHED");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_cause_of_a_failure_of_the_ai_has_its_own_alert() {
    for (status, cause, kind) in [
        (402, "no_credit", "ai_no_credit"),
        (429, "rate_limited", "ai_rate_limited"),
        (503, "outage", "ai_unavailable"),
    ] {
        let options = faulty(Faults { refuse_sockets: Some(status), ..Faults::default() });
        let harness = CallHarness::with_ai(options, |setup| {
            setup.toml("[alerts]\nfailed_calls = 1\n");
        })
        .await;
        let report = harness.call(harness.plan("wait 4s")).await;
        harness.ended_call(&report.call_sid).await;
        let lost = harness.daemon.logs().wait_for_event("ENGINE_LOST");
        assert_eq!((lost["part"].as_str(), lost["cause"].as_str()), (Some("realtime"), Some(cause)), "{lost}");
        let logged = harness.daemon.logs().wait_for_event("ALERT_RAISED");
        assert_eq!(logged["alert.kind"], kind, "{logged}");
        let event: String =
            harness.daemon.query_value("SELECT detail ->> 'cause' FROM call_events WHERE kind = 'engine_lost' LIMIT 1");
        assert_eq!(event, cause);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ai_that_breaks_off_comes_back_and_knows_what_was_said() {
    let options = faulty(Faults { break_off: Some((1, Duration::from_millis(800))), ..Faults::default() });
    let harness = CallHarness::with_ai(options, |_| {}).await;
    let report = harness.call(harness.plan("say 1s; listen; wait 1s; say 1s; listen")).await;
    assert_eq!(report.ended, EndedBy::Caller, "{report:#?}");
    let sessions = harness.ai.state().sessions;
    assert_eq!(sessions.len(), 2);
    let spoken = sessions[1].heard.iter().filter(|sample| **sample != 0xff).count() / 8;
    assert!(spoken >= 900, "it gets the question that was not answered: {spoken} ms");
    let call = harness.ended_call(&report.call_sid).await;
    assert!(call["turns"].as_array().unwrap().len() >= 4, "{call:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_breaks_ends_at_the_recorder() {
    let harness = CallHarness::with_ai(OpenAiOptions::default(), |_| {}).await;
    let report = harness.call(harness.plan("say 1s; listen 500ms; drop")).await;
    assert!(recorded(&report), "{report:#?}");
    assert_eq!(harness.ended_call(&report.call_sid).await["end_reason"], "dropped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_socket_for_the_same_call_is_sent_away() {
    let harness = CallHarness::with_ai(OpenAiOptions::default(), |_| {}).await;
    let report = harness.call(harness.plan("say 1s; second-socket; listen")).await;
    let stream = &report.streams[0];
    assert!(matches!(stream.second_socket, Some(StreamEnd::ServerClosed { .. })), "{stream:#?}");
    assert_eq!(stream.answers.len(), 1, "the first stream continues");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_is_done_hangs_up_after_its_last_word() {
    let turn = Turn::new("תודה, זהו.", "תודה ולהתראות!").calling("end_call", "{}");
    let harness = CallHarness::with_ai(OpenAiOptions { turns: vec![turn], ..OpenAiOptions::default() }, |_| {}).await;
    let report = harness.call(harness.plan("say 1s; stay")).await;
    assert_eq!(report.ended, EndedBy::Hangup, "{report:#?}");
    assert_eq!(report.streams[0].unheard_ms, 0, "the goodbye was heard to its end");
    assert_eq!(harness.ended_call(&report.call_sid).await["end_reason"], "agent_hung_up");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_for_the_owner_is_written_down() {
    let turn = Turn::new("תגידו לו להתקשר", "רשמתי.")
        .calling("take_message", r#"{"message":"להתקשר לדנה","caller_name":"דנה"}"#);
    let harness = CallHarness::with_ai(OpenAiOptions { turns: vec![turn], ..OpenAiOptions::default() }, |_| {}).await;
    let report = harness.call(harness.plan("say 1s; listen")).await;
    assert_eq!(harness.ended_call(&report.call_sid).await["message_text"], "להתקשר לדנה (דנה)");
    assert_eq!(harness.ai.state().sessions[0].function_outputs[0].1, r#"{"ok":true}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_daemon_passes_its_calls_to_the_recorder_and_ends_in_time() {
    let mut harness = CallHarness::with_ai(OpenAiOptions::default(), |_| {}).await;
    let plan = harness.plan("say 1s; listen; stay");
    let phone = harness.phone.clone();
    let call = tokio::spawn(async move { phone.place_call(plan).await });
    tokio::task::block_in_place(|| {
        harness.daemon.logs().wait_for_event("CALL_LIVE");
        let began = std::time::Instant::now();
        let status = harness.daemon.stop();
        assert!(status.success(), "{status}");
        assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
        harness.daemon.launch();
    });
    let report = call.await.unwrap();
    assert!(recorded(&report), "{report:#?}");
    let call = harness.ended_call(&report.call_sid).await;
    assert_eq!(call["end_reason"], "shutdown", "{call:#}");
}

/// Starts an AI that accepts every session and never starts a response.
async fn mute_ai() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
                let _ = socket.send(Message::text(r#"{"type":"session.created","session":{}}"#)).await;
                while let Some(Ok(message)) = socket.next().await {
                    if message.to_text().is_ok_and(|text| text.contains("session.update")) {
                        let _ = socket.send(Message::text(r#"{"type":"session.updated","session":{}}"#)).await;
                    }
                }
            });
        }
    });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ai_that_never_speaks_leaves_the_call_to_voicemail() {
    let ai = mute_ai().await;
    let harness = CallHarness::with_ai(OpenAiOptions::default(), |setup| {
        setup.env("OPENAI_BASE_URL", &ai).toml("[voice]\nidle_prompt_s = 1\nmessage_silence_s = 1\n");
    })
    .await;
    let report = harness.call(harness.plan("listen; listen; wait 3s; say 2s; stay")).await;
    assert_eq!(report.ended, EndedBy::Hangup, "{report:#?}");
    let heard = &report.streams[0].utterances;
    assert!(heard[1].began_ms - heard[0].ended_ms < 2100, "{heard:#?}");
    let call = harness.ended_call(&report.call_sid).await;
    assert_eq!((call["engine"].as_str(), call["end_reason"].as_str()), (Some("voicemail"), Some("message_taken")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_fails_is_asked_for_again() {
    let harness = CallHarness::with_ai(faulty(Faults { rate_limited: vec![1], ..Faults::default() }), |_| {}).await;
    let report = harness.call(harness.plan("say 1s; listen; wait 3s")).await;
    assert_eq!(report.ended, EndedBy::Caller, "{report:#?}");
    let call = harness.ended_call(&report.call_sid).await;
    let turns = call["turns"].as_array().unwrap();
    assert!(turns.iter().any(|turn| turn["speaker"] == "agent" && turn["heard_text"] != ""), "{call:#}");
    assert_eq!(harness.ai.state().sessions.len(), 1, "the session itself is well");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_that_fails_closes_a_stream_that_came_too_late() {
    let harness = CallHarness::without_ai(|_| {}).await;
    harness.twilio.fail_next(Operation::UpdateCall, Fault::HangBefore, 9);
    // The watchdog fires after about ten seconds, and waits three seconds for Twilio's response.
    let plan = CallPlan { stream: StreamPlan::OpenAfter(Duration::from_secs(11)), ..harness.plan("stay") };
    let report = harness.call(plan).await;
    assert!(matches!(report.streams[0].ended, StreamEnd::ServerClosed { .. }), "{report:#?}");
    assert!(recorded(&report), "{report:#?}");
    assert_eq!(harness.daemon.logs().events_named("WATCHDOG_REDIRECT_OK").len(), 0);
    assert_eq!(harness.ended_call(&report.call_sid).await["end_reason"], "message_taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_ends_on_a_line_that_brings_no_silence() {
    let harness = CallHarness::without_ai(|setup| {
        setup.toml("[voice]\nmessage_silence_s = 2\n");
    })
    .await;
    let chaos = Chaos { omit_silence: true, ..Chaos::default() };
    let report = harness.call(CallPlan { chaos, ..harness.plan("wait 6s; say 2s; stay") }).await;
    assert_eq!(report.ended, EndedBy::Hangup, "{report:#?}");
    assert!(report.duration_ms < 25_000, "after {} ms", report.duration_ms);
    assert_eq!(harness.ended_call(&report.call_sid).await["end_reason"], "message_taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_over_a_bad_network_is_answered() {
    let harness = CallHarness::with_ai(OpenAiOptions::default(), |_| {}).await;
    let chaos = Chaos {
        jitter: Duration::from_millis(60),
        burst_frames: 10,
        ragged: true,
        lost_marks_percent: 30,
        late_marks: Duration::from_millis(300),
        numbers_as_numbers: true,
        start_twice: true,
        webhooks_twice: true,
        ..Chaos::default()
    };
    let report = harness.call(CallPlan { chaos, ..harness.plan("say 1s; listen; say 1s; listen") }).await;
    assert_eq!(report.streams[0].answers.len(), 2, "{report:#?}");
    assert!(harness.ai.state().sessions[0].errors.is_empty(), "{:?}", harness.ai.state().sessions[0].errors);
    assert_eq!(harness.ended_call(&report.call_sid).await["turns"].as_array().unwrap().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_whom_the_recorder_has_is_not_redirected() {
    const CALL: &str = "CA00000000000000000000000000000001";
    let harness = CallHarness::without_ai(|_| {}).await;
    harness.ring(CALL).await;
    let fields = [("CallSid", CALL), ("From", "+972501234567"), ("To", "+97235551234")];
    assert!(harness.hook("/webhook/handle_recording", &fields).await.text().contains("<Record"));
    tokio::task::block_in_place(|| {
        harness.daemon.logs().wait_until("the call to stop waiting for its stream", |lines| {
            lines.iter().find(|line| line.contains("\"CALL_STREAM_ENDED\"") && line.contains(CALL)).map(drop)
        });
    });
    assert!(!harness.daemon.logs().lines().iter().any(|line| line.contains("WATCHDOG_FIRED")));
}
