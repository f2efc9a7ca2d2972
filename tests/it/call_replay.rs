//! The logs of the inputs of phone calls, and `agentlocator replay`, which repeats a call's decisions from its log.

use super::call_pipeline::Shop;
use super::pipeline_shop::{ANSWER, QUESTION};
use super::support::Daemon;
use super::support::client::send;
use super::support::telephony::CallHarness;
use super::support::whatsapp::until;
use agentlocator::simulator::caller::{Clip, Script, Step};
use agentlocator::simulator::openai::{Faults, OpenAiOptions, Turn};
use agentlocator::simulator::soniox::SonioxOptions;
use reqwest::Method;
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Returns the first part of a recorded voice, without the silence before it.
fn voice(ms: usize) -> Clip {
    let sound = include_bytes!("../../packaging/audio/leave_message_he.ulaw");
    let begin = sound.iter().position(|sample| sample & 0x7f < 0x50).unwrap();
    Clip::Sound(Arc::from(&sound[begin..begin + ms * 8]))
}

fn json_of(output: &std::process::Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// Waits until the input log of a call is complete, and returns the result of the log's replay.
pub(super) async fn replay(daemon: &Daemon, call: &str) -> Value {
    until("the log to be complete", async || {
        let output = daemon.cli(&["replay", call, "--json"]);
        (!output.stdout.is_empty()).then(|| json_of(&output)).filter(|replayed| replayed["is_complete"] == true)
    })
    .await
}

/// Returns the lines of the timeline, each as its source and its text.
fn texts(replayed: &Value) -> Vec<String> {
    let lines = replayed["timeline"].as_array().unwrap();
    lines
        .iter()
        .map(|line| format!("{}: {}", line["source"].as_str().unwrap(), line["text"].as_str().unwrap()))
        .collect()
}

pub(super) fn assert_reproduced(replayed: &Value, expected: &[&str]) {
    let texts = texts(replayed);
    assert_eq!(replayed["outcome"], "reproduced", "{}\n{texts:#?}", replayed["difference"]);
    assert!(replayed["decisions"].as_u64().unwrap() > 50, "{replayed}");
    for expected in expected {
        assert!(texts.iter().any(|text| text.starts_with(expected)), "no {expected:?} in {texts:#?}");
    }
}

fn logs(daemon: &Daemon) -> Vec<PathBuf> {
    let folder = fs::read_dir(daemon.folder().join("call-inputs")).into_iter().flatten();
    folder.map(|entry| entry.unwrap().path()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_with_a_tool_and_an_interruption_is_reproduced_exactly() {
    let turns = vec![
        Turn::new("תגידו לבעלים שהתקשרתי", "רשמתי, אחזור אליך בהקדם האפשרי עם תשובה")
            .calling("take_message", json!({"text": "התקשר"}).to_string())
            .lasting(Duration::from_secs(5)),
        Turn::new("רגע", "כן?"),
    ];
    let harness = CallHarness::with_ai(OpenAiOptions { turns, ..OpenAiOptions::default() }, |_| {}).await;
    let mut plan = harness.plan("wait 1s");
    plan.script = Script(vec![
        Step::Say(voice(1000)),
        Step::ListenFor(Duration::from_millis(1500)),
        Step::Say(voice(1500)),
        Step::Wait(Duration::from_secs(3)),
    ]);
    let sid = harness.call(plan).await.call_sid;
    let replayed = replay(&harness.daemon, &sid).await;
    let expected = [
        "twilio: stream started",
        "caller: voice",
        "engine: tool call",
        "call: runs tool take_message",
        "tool: result of",
        "call: plays",
        "call: interruption",
        "call: clears",
        "twilio: stream stopped",
        "call: the call ends: caller_hung_up",
    ];
    assert_reproduced(&replayed, &expected);
    assert_eq!((&replayed["is_of_this_program"], &replayed["call_sid"]), (&json!(true), &json!(sid)));

    // The command also accepts the call's id, and prints a text for people, with all frames if requested.
    let call = harness.ended_call(&sid).await;
    let id = call["id"].to_string();
    let text = String::from_utf8(harness.daemon.cli(&["replay", &id]).stdout).unwrap();
    assert!(text.contains("Reproduced exactly: ") && text.contains("  engine "), "{text}");
    let all = String::from_utf8(harness.daemon.cli(&["replay", &id, "--frames"]).stdout).unwrap();
    assert!(all.lines().count() > text.lines().count() + 100 && all.contains("voice, 20 ms at"), "{all}");
    let list = String::from_utf8(harness.daemon.cli(&["replay"]).stdout).unwrap();
    assert!(list.contains(&sid) && list.starts_with("CALL"), "{list}");

    // Only the service's user can read the input log, which is deleted with the contact.
    let [log] = &logs(&harness.daemon)[..] else { panic!("one log") };
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(log), mode(log.parent().unwrap())), (0o600, 0o700));
    let owner = harness.daemon.logged_in("roni", "owner").await;
    let erase = format!("/api/contacts/{}/erase", call["contact_id"]);
    let erased = send(owner.request(Method::POST, &erase).json(&json!({"confirm": "+972501234567"}))).await;
    assert_eq!(erased.status, 200, "{}", erased.text());
    assert_eq!(logs(&harness.daemon), Vec::<PathBuf>::new());
    let gone = harness.daemon.cli(&["replay", &sid]);
    assert_eq!(gone.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&gone.stderr).contains("there is no log of the inputs"), "{gone:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_engine_and_another_decision_are_found() {
    let faults = Faults { close_after_speech: Some(Duration::from_millis(100)), ..Faults::default() };
    let harness = CallHarness::with_ai(OpenAiOptions { faults, ..OpenAiOptions::default() }, |_| {}).await;
    let sid = harness.call(harness.plan("say 1s; listen; say 1s; listen")).await.call_sid;
    let replayed = replay(&harness.daemon, &sid).await;
    assert_reproduced(&replayed, &["engine: failed", "call: engine realtime lost", "call: opens engine realtime"]);

    // An exported log can be replayed from its file.
    let (export, changed) = (harness.daemon.folder().join("call.jsonl"), harness.daemon.folder().join("changed.gz"));
    let exported = harness.daemon.cli(&["replay", &sid, "--export", export.to_str().unwrap(), "--json"]);
    assert!(exported.status.success(), "{exported:?}");
    assert_eq!(fs::metadata(&export).unwrap().permissions().mode() & 0o777, 0o600);
    let of_file = harness.daemon.cli(&["replay", "--file", export.to_str().unwrap(), "--json"]);
    assert_eq!(json_of(&of_file)["outcome"], "reproduced");
    let again = harness.daemon.cli(&["replay", &sid, "--export", export.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(1), "an existing file is kept");

    // A log with a changed decision, as another version of the program would have written it, is reported as different.
    let text = fs::read_to_string(&export).unwrap();
    let write = |path: &Path, text: &str| {
        let mut to = flate2::write::GzEncoder::new(fs::File::create(path).unwrap(), flate2::Compression::fast());
        to.write_all(text.as_bytes()).unwrap();
        to.finish().unwrap();
    };
    write(&changed, &text.replacen("\"respond\":\"reply\"", "\"respond\":{\"instructed\":\"x\"}", 1));
    let different = harness.daemon.cli(&["replay", "--file", changed.to_str().unwrap()]);
    assert_eq!(different.status.code(), Some(1));
    let shown = String::from_utf8_lossy(&different.stdout);
    assert!(
        shown.contains("Different at 00:") && shown.contains("in the call: ") && shown.contains("instructed"),
        "{shown}"
    );
    // `--record` writes the log with the decisions of this program. The replay of the new log reproduces them.
    let record = harness.daemon.folder().join("recorded.gz");
    harness.daemon.cli(&["replay", "--file", changed.to_str().unwrap(), "--record", record.to_str().unwrap()]);
    let recorded = harness.daemon.cli(&["replay", "--file", record.to_str().unwrap(), "--json"]);
    assert_eq!(json_of(&recorded)["outcome"], "reproduced");

    write(&changed, &text.replacen("\"agentlocator_call_inputs\":3", "\"agentlocator_call_inputs\":7", 1));
    let newer = harness.daemon.cli(&["replay", "--file", changed.to_str().unwrap()]);
    assert_eq!(newer.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&newer.stderr).contains("in format 7; this program"), "{newer:?}");
    fs::write(&changed, "hello").unwrap();
    let no_log = harness.daemon.cli(&["replay", "--file", changed.to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&no_log.stderr).contains("this is no log of a call's inputs"), "{no_log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_with_the_pipeline_is_reproduced_and_a_changed_input_is_found() {
    let message = "תגידו לבעלים שהתקשרתי";
    let turns = vec![
        Turn::new(QUESTION, ANSWER),
        Turn::new(message, "רשמתי, נחזור אליך.").calling("take_message", json!({"text": "התקשר"}).to_string()),
    ];
    let soniox = SonioxOptions {
        heard: vec![QUESTION.into(), message.into()],
        transcribe: Duration::from_millis(300),
        ..SonioxOptions::default()
    };
    let ai = OpenAiOptions { turns, ..OpenAiOptions::default() };
    let shop = Shop::new(soniox, ai, "[voice]\nengine = \"pipeline\"\n").await;
    let (report, call) = shop.call("say 1500ms; listen; say 1s; listen").await;
    assert_eq!(call["engine"], "pipeline", "{call:#}");
    let daemon = &shop.harness.daemon;
    let replayed = replay(daemon, &report.call_sid).await;
    let expected = [
        "pipe: a pipeline is opened",
        "pipe: request 1 to the model, with 1 messages",
        "pipe: synthesises clause 1 of answer 1: שמחה לעזור,",
        "pipe: requests the end of the utterance",
        "service: transcriber: the utterance has ended",
        "service: model, request 1: done",
        "engine: tool call",
        "call: plays",
    ];
    assert_reproduced(&replayed, &expected);

    let export = daemon.folder().join("call.jsonl");
    daemon.cli(&["replay", &report.call_sid, "--export", export.to_str().unwrap()]);
    let text = fs::read_to_string(&export).unwrap();
    let outcome = |name: &str, text: &str| {
        let changed = daemon.folder().join(name);
        fs::write(&changed, text).unwrap();
        json_of(&daemon.cli(&["replay", "--file", changed.to_str().unwrap(), "--json"]))
    };
    // Each input of the services counts: the words, a token of the model, and the length of the audio.
    let with_inputs = |change: &dyn Fn(&str) -> String| {
        let is_input = |line: &str| line.starts_with("{\"pipeline_input\"");
        let lines = text.lines().map(|line| if is_input(line) { change(line) } else { line.to_owned() });
        lines.map(|line| line + "\n").collect::<String>()
    };
    let changes = [
        ("words", with_inputs(&|line| line.replace("פתוחים היום?", "סגורים היום?"))),
        ("token", with_inputs(&|line| line.replace("\"text\":\"שמחה ", "\"text\":\"אולי "))),
        ("audio", with_inputs(&|line| line.replace("\"audio\":800}", "\"audio\":400}"))),
    ];
    for (name, log) in changes {
        assert_ne!(log, text, "{name}");
        let replayed = outcome(name, &log);
        assert_eq!(replayed["outcome"], "different", "{name}: {replayed:#}");
    }
    let shown = daemon.cli(&["replay", "--file", daemon.folder().join("token").to_str().unwrap(), "--frames"]);
    assert!(String::from_utf8_lossy(&shown.stdout).contains("model, request 1: אולי "), "{shown:?}");

    // The log with the decisions of this program is the expectation of a regression test.
    let record = daemon.folder().join("recorded.gz");
    let token = daemon.folder().join("token");
    daemon.cli(&["replay", "--file", token.to_str().unwrap(), "--record", record.to_str().unwrap()]);
    let recorded = json_of(&daemon.cli(&["replay", "--file", record.to_str().unwrap(), "--json"]));
    assert_eq!(recorded["outcome"], "reproduced", "{recorded:#}");
    assert!(recorded["decisions"].as_u64().unwrap() > 50, "{recorded}");
    shop.assert_no_violations();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_reproduced_and_nothing_is_logged_against_the_settings() {
    let harness = CallHarness::without_ai(|_| {}).await;
    let sid = harness.call(harness.plan("wait 6s; say 2s; wait 6s")).await.call_sid;
    assert_reproduced(&replay(&harness.daemon, &sid).await, &["call: live with engine voicemail"]);
    assert_eq!(harness.daemon.cli(&["replay", "1", "--file", "x"]).status.code(), Some(2));

    for setting in ["input_log_days = 0", "recording = false"] {
        let harness = CallHarness::without_ai(|setup| _ = setup.toml(&format!("[voice]\n{setting}\n"))).await;
        let sid = harness.call(harness.plan("wait 1s")).await.call_sid;
        harness.ended_call(&sid).await;
        assert_eq!(logs(&harness.daemon), Vec::<PathBuf>::new(), "{setting}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_cannot_be_written_does_not_disturb_the_call() {
    let harness = CallHarness::with_ai(OpenAiOptions::default(), |_| {}).await;
    fs::write(harness.daemon.folder().join("call-inputs"), "in the way").unwrap();
    let report = harness.call(harness.plan("say 1s; listen")).await;
    assert!(!report.streams[0].answers.is_empty(), "{report:#?}");
    harness.ended_call(&report.call_sid).await;
    harness.daemon.logs().wait_for_event("CALL_INPUTS_FAILED");
}

/// The fixtures are input logs of calls in which something went wrong once, exported by
/// `agentlocator replay CALL --export`. A replay of each log must make the same decisions. After an intended change of
/// a decision, `replay --file OLD --record NEW` writes the log with the new decisions.
#[test]
fn the_calls_of_the_fixtures_are_reproduced() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/calls");
    let daemon = Daemon::prepare(|_| {});
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "gz") {
            continue;
        }
        let output = daemon.cli(&["replay", "--file", path.to_str().unwrap(), "--json"]);
        let replayed = json_of(&output);
        assert_eq!(replayed["outcome"], "reproduced", "{}: {}", path.display(), replayed["difference"]);
        count += 1;
    }
    assert!(count > 0);
}
