//! `agentlocator rehearse --audio`: the same scenarios by phone, with the engine of calls.

use super::rehearse::{BOOKED, Rehearsal, SHOP, booking, text};
use super::support::telephony::free_port;
use super::support::whatsapp::until;
use agentlocator::simulator::EventLog;
use agentlocator::simulator::openai::{Faults, OpenAiOptions, Turn};
use agentlocator::simulator::soniox::{Soniox, SonioxOptions};
use agentlocator::simulator::sound::{Voice, wav_of_mulaw};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::fs;
use std::process::Output;
use std::time::Duration;

const ONE_LINE: &str = r#"
[[scenario]]
name = "A haircut: at five"
say = ["אפשר תור לתספורת מחר בחמש?"]
[scenario.expect]
appointments = [{ service = "תספורת", start = "2026-11-30T17:00" }]
"#;

async fn rehearsal(turns: Vec<Turn>) -> Rehearsal {
    with_faults(turns, Faults::default()).await
}

async fn with_faults(turns: Vec<Turn>, faults: Faults) -> Rehearsal {
    Rehearsal::with(OpenAiOptions { turns, faults, ..OpenAiOptions::default() }, "sk-right", "").await
}

fn report(output: &Output) -> Value {
    let parsed = serde_json::from_slice(&output.stdout);
    parsed.unwrap_or_else(|_| panic!("{}{}", text(&output.stdout), text(&output.stderr)))
}

const OFFER: &str = "הזמן הזה תפוס אבל אולי נמצא לך תור בשעה אחרת";

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_interrupted_and_passes() {
    let first = Turn::new("אפשר תור לתספורת מחר בארבע?", OFFER).lasting(Duration::from_secs(8));
    let rehearsal = rehearsal(vec![first, booking("2026-11-30T17:00")]).await;
    // Long enough to be an interruption, and not a sound of agreement.
    let booked = BOOKED.replace("לא, בחמש", "לא, סליחה, התכוונתי לשעה חמש אחר הצהריים");
    let scenarios = format!("{SHOP}{}", booked.replace(r#"never_says = ["אין לי"]"#, r#"never_says = ["אחרת"]"#));
    let passed = rehearsal.run(&scenarios, &["--audio", "--json", "--caller-voice", "onyx"]);
    let report = report(&passed);
    assert!(passed.status.success(), "{report:#}");
    let scenario = &report["scenarios"][0];
    assert_eq!((&report["engines"], &scenario["end"]), (&json!(["realtime"]), &json!("caller")), "{report:#}");
    assert_eq!(scenario["call"]["engine"], "realtime", "{report:#}");
    assert!(report["cost_micros"].as_i64().unwrap() > 0, "{report:#}");
    let [asked, corrected] = [&scenario["turns"][0], &scenario["turns"][1]];
    assert_eq!((&asked["interrupted"], &corrected["interrupted"]), (&json!(true), &json!(false)), "{report:#}");
    assert_eq!(asked["understood"], "אפשר תור לתספורת מחר בארבע?", "{report:#}");
    let heard = asked["agent"].as_str().unwrap();
    let is_part = !heard.is_empty() && heard.len() < OFFER.len() && OFFER.starts_with(heard);
    assert!(is_part, "only what was heard: {report:#}");
    assert_eq!(corrected["tools"][0]["name"], "book_appointment", "{report:#}");
    for turn in [asked, corrected] {
        assert!(turn["first_audio_ms"].is_u64() && turn["stages"]["first_sent_ms"].is_i64(), "{report:#}");
    }
    let state = rehearsal.ai.state();
    assert!(state.sessions[0].answers.iter().any(|answer| answer.truncated_ms.is_some()), "{:#?}", state.sessions[0]);
    let spoken: Vec<_> = state.requests.iter().filter(|(path, _)| path == "/audio/speech").collect();
    assert_eq!(spoken.len(), 2);
    assert!(spoken.iter().all(|(_, body)| body["voice"] == "onyx"), "{spoken:?}");
    assert_eq!(fs::read_dir(rehearsal.daemon.folder().join("tmp")).unwrap().count(), 0, "the copies are deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_noisy_line_reaches_the_engine() {
    let rehearsal = rehearsal(vec![booking("2026-11-30T17:00")]).await;
    let arguments = ["--audio", "--noise", "24", "--loss", "10"];
    let passed = rehearsal.run(&format!("{SHOP}{ONE_LINE}"), &arguments);
    let shown = text(&passed.stdout);
    assert!(passed.status.success(), "{shown}{}", text(&passed.stderr));
    for part in ["passed  A haircut: at five  (1 turns, ", "Engine realtime: ", "First audio after "] {
        assert!(shown.contains(part), "{part:?} is missing in {shown}");
    }
    let heard = rehearsal.ai.state().sessions[0].heard.clone();
    let frames = heard.chunks(160).count();
    let silent = heard.chunks(160).filter(|frame| frame.iter().all(|sample| *sample == 0xff)).count();
    assert!(silent > 0 && silent * 3 < frames, "{silent} of {frames} frames are silent: only the lost ones");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pipeline_answers_recorded_callers() {
    let question = "אפשר תור לתספורת מחר בחמש?";
    let options = SonioxOptions { heard: vec![question.into()], ..SonioxOptions::default() };
    let soniox = Soniox::start(free_port().await, options, EventLog::new()).unwrap();
    let ai = OpenAiOptions { turns: vec![booking("2026-11-30T17:00")], ..OpenAiOptions::default() };
    let mut rehearsal = Rehearsal::with(ai, "sk-right", "[voice]\nengine = \"pipeline\"\n").await;
    rehearsal.daemon.reconfigure(|setup| {
        setup.env("SONIOX_API_KEY", "soniox-key");
        setup.env("SONIOX_STT_BASE_URL", soniox.base_url()).env("SONIOX_TTS_BASE_URL", soniox.base_url());
    });
    let folder = rehearsal.daemon.folder().join("speech");
    let arguments = ["--audio", "--turns", "--speech", folder.to_str().unwrap()];
    let scenarios = format!("{SHOP}{ONE_LINE}");
    let missing = rehearsal.run(&scenarios, &arguments);
    let shown = text(&missing.stderr);
    assert_eq!(missing.status.code(), Some(1), "{shown}");
    assert!(shown.contains("1 recordings") && shown.contains("speech/a-haircut-at-five-1.wav: אפשר תור"), "{shown}");

    fs::create_dir(&folder).unwrap();
    let recording = folder.join("a-haircut-at-five-1.wav");
    fs::write(&recording, "no sound").unwrap();
    let refused = rehearsal.run(&scenarios, &arguments);
    assert!(text(&refused.stderr).contains("is not a WAV file"), "{}", text(&refused.stderr));
    assert!(rehearsal.ai.state().requests.is_empty(), "no call was made");

    fs::write(&recording, wav_of_mulaw(&Voice::caller(1).speak(1500))).unwrap();
    let passed = rehearsal.run(&scenarios, &arguments);
    let shown = text(&passed.stdout);
    assert!(passed.status.success(), "{shown}{}", text(&passed.stderr));
    for part in [
        "1. caller: אפשר תור",
        "understood: אפשר תור",
        "book_appointment {",
        "agent: קבעתי לך",
        "first audio ",
        "final transcript ",
        "first token ",
        "Engine pipeline: ",
    ] {
        assert!(shown.contains(part), "{part:?} is missing in {shown}");
    }
    assert_eq!(rehearsal.run(&scenarios, &["--noise", "10"]).status.code(), Some(2), "--noise needs --audio");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_ends_the_call() {
    let turns = vec![Turn::new("תעבירי אותי למישהו", "").calling("transfer_to_person", r#"{"reason":"מחיר"}"#)];
    let ai = OpenAiOptions { turns, ..OpenAiOptions::default() };
    let rehearsal = Rehearsal::with(ai, "sk-right", "[agent]\ntransfer_to = \"+97235550000\"\n").await;
    let scenario = r#"
[[scenario]]
name = "a person"
say = ["תעבירי אותי למישהו", "שלום?"]
[scenario.expect]
end = "transfer"
tools = ["transfer_to_person"]
"#;
    let passed = rehearsal.run(&format!("{SHOP}{scenario}"), &["--audio", "--json"]);
    let report = report(&passed);
    assert!(passed.status.success(), "{report:#}");
    assert_eq!(report["scenarios"][0]["turns"].as_array().unwrap().len(), 1, "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_voice_and_a_failing_engine_are_explained() {
    let refuses = |status| Faults { refuse_requests: Some(status), ..Faults::default() };
    let scenarios = format!("{SHOP}{ONE_LINE}");
    for (status, remedy) in
        [(400, "check the voice: --caller-voice, else pipeline.speech_voice"), (401, "check the key: openai.api_key")]
    {
        let rehearsal = with_faults(vec![booking("2026-11-30T17:00")], refuses(status)).await;
        let failed = rehearsal.run(&scenarios, &["--audio"]);
        let shown = text(&failed.stderr);
        assert_eq!(failed.status.code(), Some(1), "{shown}");
        assert!(shown.contains("the caller's lines cannot be synthesised: ") && shown.contains(remedy), "{shown}");
        assert!(rehearsal.ai.state().sessions.is_empty(), "no call was made");
    }
    let refusing = Faults { refuse_sockets: Some(401), ..Faults::default() };
    let rehearsal = with_faults(vec![booking("2026-11-30T17:00")], refusing).await;
    let failed = rehearsal.run(&scenarios, &["--audio"]);
    let shown = text(&failed.stderr);
    assert_eq!(failed.status.code(), Some(1), "{shown}");
    assert!(
        shown.contains("the voice engine does not answer: ") && shown.contains("check the key: openai.api_key"),
        "{shown}"
    );
    let off = Rehearsal::with(OpenAiOptions::default(), "sk-right", "[voice]\nengine = \"voicemail\"\n").await;
    let failed = off.run(&scenarios, &["--audio"]);
    assert!(text(&failed.stderr).contains("no AI engine answers calls"), "{}", text(&failed.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_rehearsal_leaves_nothing() {
    let long = Turn::new("אפשר תור?", "רגע").lasting(Duration::from_mins(1));
    let rehearsal = rehearsal(vec![long]).await;
    let file = rehearsal.write(&format!("{SHOP}{ONE_LINE}"));
    let mut child = rehearsal.daemon.start_cli(&["rehearse", &file, "--audio"]);
    until("a call", async || rehearsal.ai.state().sessions.first().map(drop)).await;
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let status = tokio::task::block_in_place(|| child.wait().unwrap());
    assert_eq!(status.code(), Some(1));
    assert_eq!(fs::read_dir(rehearsal.daemon.folder().join("tmp")).unwrap().count(), 0, "the copies are deleted");
    until("the end of the session", async || rehearsal.ai.state().sessions[0].ended.clone()).await;
}
