//! Settings that the AI provider rejects, and models whose shutdown the provider has announced.

use super::support::Client;
use super::support::client::send;
use super::support::telephony::CallHarness;
use super::support::whatsapp::until;
use agentlocator::simulator::openai::{Faults, OpenAiOptions};
use reqwest::Method;
use serde_json::{Value, json};

async fn harness(faults: Faults) -> CallHarness {
    CallHarness::with_ai(OpenAiOptions { faults, ..OpenAiOptions::default() }, |_| {}).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_is_refused_costs_no_call() {
    for field in ["audio.input.transcription.model", "audio.output.voice", "truncation"] {
        let harness = harness(Faults { refuse_field: Some(field), ..Faults::default() }).await;
        for _ in 0..2 {
            let report = harness.call(harness.plan("say 1s; listen; wait 200ms")).await;
            assert_eq!(report.streams[0].answers.len(), 1, "{field}: {report:#?}");
            assert_eq!(harness.ended_call(&report.call_sid).await["engine"], "realtime", "{field}");
        }
        let errors: Vec<_> = harness.ai.state().sessions.iter().map(|session| session.errors.len()).collect();
        assert_eq!(errors, [1, 0], "{field}: the second call leaves it out at once");
        let refusals = |lines: &[String]| lines.iter().filter(|line| line.contains("REALTIME_FIELD_REFUSED")).count();
        assert_eq!(refusals(&harness.daemon.logs().lines()), 1, "{field}");
    }
}

/// Returns the alert about rejected AI settings if it is raised.
async fn alert(api: &Client) -> Option<Value> {
    let alerts = api.get("/api/alerts").await.json();
    let found =
        alerts["items"].as_array().unwrap().iter().find(|alert| alert["kind"] == "ai_setting_rejected").cloned();
    found.filter(|alert| alert["state"] == "raised")
}

/// Starts a daemon that raises alerts at once, with an AI that rejects the voice setting. No alert is raised yet.
async fn harness_with_refused_voice() -> (CallHarness, Client) {
    let faults = Faults { refuse_field: Some("audio.output.voice"), ..Faults::default() };
    let options = OpenAiOptions { faults, ..OpenAiOptions::default() };
    let harness = CallHarness::with_ai(options, |setup| {
        setup.toml("[alerts]\nsettle_s = 0\n");
    })
    .await;
    let api = tokio::task::block_in_place(|| harness.daemon.api());
    assert_eq!(alert(&api).await, None);
    (harness, api)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_setting_raises_an_alert_until_another_value_is_set() {
    let (harness, api) = harness_with_refused_voice().await;
    harness.call(harness.plan("say 1s; listen; wait 200ms")).await;
    let raised = until("the alert", async || alert(&api).await).await;
    assert!(raised["detail"]["en"].as_str().unwrap().contains("audio.output.voice"), "{raised}");
    assert!(raised["detail"]["he"].as_str().unwrap().contains("audio.output.voice"), "{raised}");
    let changes = json!({"changes": {"openai.voice": "cedar"}});
    let reply = send(api.request(Method::PATCH, "/api/settings").json(&changes)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    until("the alert to clear", async || alert(&api).await.is_none().then_some(())).await;
    harness.call(harness.plan("say 1s; listen; wait 200ms")).await;
    until("the alert", async || alert(&api).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_a_call_needs_is_not_left_out() {
    let harness = harness(Faults { refuse_field: Some("audio.input.format"), ..Faults::default() }).await;
    let report = harness.call(harness.plan("say 1s; wait 200ms")).await;
    assert_eq!(harness.ended_call(&report.call_sid).await["engine"], "voicemail");
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_opens_a_session_and_names_what_is_refused() {
    let harness = harness(Faults { refuse_field: Some("audio.output.voice"), ..Faults::default() }).await;
    let text = doctor(&harness);
    assert!(text.contains("the AI rejects these call settings") && text.contains("audio.output.voice"), "{text}");
    let harness = self::harness(Faults { refuse_sockets: Some(500), ..Faults::default() }).await;
    let text = doctor(&harness);
    assert!(text.contains("no session for a call can be opened: HTTP 500"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_names_the_address_at_which_there_is_no_ai() {
    let mut harness = harness(Faults::default()).await;
    let elsewhere = format!("{}/elsewhere", harness.ai.base_url());
    harness.daemon.reconfigure(|setup| _ = setup.env("OPENAI_BASE_URL", &elsewhere));
    let text = doctor(&harness);
    assert!(text.contains("the AI answers 404") && text.contains(&format!("runs at {elsewhere}")), "{text}");
    assert!(!text.contains("billing"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_tells_of_a_model_that_ends_soon() {
    let soon = jiff::Zoned::now().date().saturating_add(jiff::Span::new().days(20));
    let options = OpenAiOptions {
        shutdown_dates: vec![("gpt-realtime-2.1".into(), soon.to_string())],
        ..OpenAiOptions::default()
    };
    let text = doctor(&CallHarness::with_ai(options, |_| {}).await);
    assert!(text.contains(&format!("gpt-realtime-2.1 is shut down on {soon}")), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_nightly_check_warns_of_each_model_that_ends_soon() {
    let soon = jiff::Zoned::now().date().saturating_add(jiff::Span::new().days(20)).to_string();
    let models = ["gpt-pipeline", "gpt-transcriber", "gpt-speaker", "gpt-other"];
    let shutdown_dates = models.map(|model| (model.to_owned(), soon.clone())).to_vec();
    let options = OpenAiOptions { shutdown_dates, ..OpenAiOptions::default() };
    let mut harness = CallHarness::with_ai(options, |_| {}).await;
    let server = harness.ai.base_url();
    harness.daemon.reconfigure(|setup| {
        setup.toml(&format!(
            "[pipeline]\nmodel = \"gpt-pipeline\"\ntranscriber = \"transcription\"\nsynthesiser = \"speech\"\n\
             transcription_base_url = \"{server}\"\ntranscription_model = \"gpt-transcriber\"\n\
             speech_base_url = \"{server}\"\nspeech_model = \"gpt-speaker\"\n"
        ));
    });
    tokio::task::block_in_place(|| harness.daemon.restart());
    let api = tokio::task::block_in_place(|| harness.daemon.api());
    assert_eq!(api.post_json("/api/self-check", &json!({})).await.status, 202);
    let findings = harness.daemon.logs().wait_for_event("SELF_CHECK")["findings"].to_string();
    for model in &models[..3] {
        assert!(findings.contains(&format!("{model} is shut down on {soon}")), "{findings}");
    }
    assert!(!findings.contains("gpt-other"), "{findings}");
}

#[tokio::test(flavor = "multi_thread")]
async fn readyz_says_what_the_last_self_check_found_about_the_ai() {
    let options = OpenAiOptions { api_key: Some("another".into()), ..OpenAiOptions::default() };
    let harness = CallHarness::with_ai(options, |_| {}).await;
    let api = tokio::task::block_in_place(|| harness.daemon.api());
    let openai = async || api.get("/readyz").await.json()["openai"].clone();
    assert_eq!(openai().await, "ok", "nothing is known about the key yet");
    assert_eq!(api.post_json("/api/self-check", &json!({})).await.status, 202);
    until("the self-check", async || (openai().await == "error").then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_nightly_check_finds_a_refused_setting_before_the_first_call_does() {
    let (harness, api) = harness_with_refused_voice().await;
    assert_eq!(api.post_json("/api/self-check", &json!({})).await.status, 202);
    let findings = harness.daemon.logs().wait_for_event("SELF_CHECK")["findings"].to_string();
    assert!(findings.contains("audio.output.voice"), "{findings}");
    let raised = until("the alert", async || alert(&api).await).await;
    assert!(raised["detail"]["he"].as_str().unwrap().contains("audio.output.voice"), "{raised}");
    let checked = harness.ai.state().sessions.len();
    let report = harness.call(harness.plan("say 1s; listen; wait 200ms")).await;
    assert_eq!(report.streams[0].answers.len(), 1, "{report:#?}");
    let calls = &harness.ai.state().sessions[checked..];
    assert!(calls.iter().all(|session| session.errors.is_empty()), "the call leaves the field out at once");
}

fn doctor(harness: &CallHarness) -> String {
    let output = tokio::task::block_in_place(|| harness.daemon.cli(&["doctor"]));
    String::from_utf8(output.stdout).unwrap()
}
