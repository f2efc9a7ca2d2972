//! `agentlocator simulate`: owners test their server with it.

use super::support::telephony::CallHarness;
use agentlocator::simulator::openai::OpenAiOptions;
use serde_json::Value;
use std::process::Output;
use tokio::net::TcpListener;

async fn harness() -> CallHarness {
    CallHarness::with_ai(OpenAiOptions::default(), |setup| {
        setup.env("WA_SHARED_SECRET", "secret");
        setup.env("TWILIO_WA_FROM", "whatsapp:+97235551234");
    })
    .await
}

fn simulate(harness: &CallHarness, arguments: &[&str]) -> Output {
    let url = harness.daemon.url();
    let arguments = [&["simulate"], arguments, &["--url", &url]].concat();
    tokio::task::block_in_place(|| harness.daemon.cli(&arguments))
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_printed_line_by_line_and_summed_up() {
    let harness = harness().await;
    let output = simulate(
        &harness,
        &["call", "--fast", "--script", "say 900ms; listen; say 700ms; listen 500ms; say 1s; listen"],
    );
    let text = stdout(&output);
    assert!(output.status.success(), "{text}{}", stderr(&output));
    for words in ["calls +97235551234", "the stream", "is open", "ended by Caller", "answer", "interrupted: stopped"] {
        assert!(text.contains(words), "{words} is missing:\n{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_for_programs_is_json_alone() {
    let harness = harness().await;
    let output = simulate(&harness, &["call", "--fast", "--json", "--script", "say 600ms; listen", "--calls", "2"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["violations"], serde_json::json!([]));
    let calls = report["report"].as_array().unwrap();
    assert_eq!(calls.len(), 2);
    for call in calls {
        assert_eq!(call["ended"], "caller");
        assert_eq!(call["streams"][0]["answers"].as_array().unwrap().len(), 1, "{call:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_that_refuses_makes_it_fail() {
    let harness = harness().await;
    let token = harness.daemon.folder().join("token.txt");
    std::fs::write(&token, "not the token\n").unwrap();
    let output = simulate(&harness, &["call", "--auth-token-file", token.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("ended with an error"), "{}", stderr(&output));
    let output = simulate(&harness, &["call", "--script", "say 1s; shout"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("step 2"), "{}", stderr(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_stream_never_comes_ends_at_the_recorder() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    // The command binds the address itself.
    drop(listener);
    let harness = CallHarness::with_ai(OpenAiOptions::default(), |setup| {
        setup.env("TWILIO_API_BASE_URL", format!("http://{address}"));
    })
    .await;
    let output =
        simulate(&harness, &["call", "--fast", "--stream", "never", "--rest", &address.to_string(), "--message", "1s"]);
    let text = stdout(&output);
    assert!(output.status.success(), "{text}{}", stderr(&output));
    assert!(text.contains("/webhook/handle_recording answered 200") && text.contains("recorded"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_go_in_by_both_ways_and_forged_ones_do_not() {
    let harness = harness().await;
    for arguments in [
        &["whatsapp", "--text", "one", "--twice"][..],
        &["whatsapp", "--text", "two", "--form", "short"],
        &["whatsapp", "--text", "three", "--via", "twilio", "--twice"],
        &["whatsapp", "--text", "forged", "--forged"],
        &["whatsapp", "--text", "forged", "--via", "twilio", "--forged"],
    ] {
        let output = simulate(&harness, arguments);
        assert!(output.status.success(), "{arguments:?}: {}{}", stdout(&output), stderr(&output));
    }
    let api = tokio::task::block_in_place(|| harness.daemon.api());
    let threads = api.get("/api/threads?type=whatsapp").await.json();
    let thread = &threads["threads"].as_array().unwrap()[0]["id"];
    let messages = api.get(&format!("/api/threads/{thread}/messages")).await.json();
    let texts: Vec<_> =
        messages["messages"].as_array().unwrap().iter().map(|message| message["content_text"].clone()).collect();
    assert_eq!(texts, ["one", "two", "three"]);
}
