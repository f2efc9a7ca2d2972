//! Calls and checks of the pipeline engine with servers that answer in a form that a caller must not hear, or that do
//! not know all fields of a request.

use super::call_pipeline::Shop;
use super::pipeline_shop::{ANSWER, PIPELINE, QUESTION, turns_of};
use agentlocator::simulator::caller::EndedBy;
use agentlocator::simulator::openai::{Faults, OpenAiOptions, Turn};
use agentlocator::simulator::soniox::SonioxOptions;
use serde_json::json;

const REASONING: &str = "המתקשר שואל על שעות הפתיחה. אני צריך לענות.";
const WRITTEN_CALL: &str = "<tool_call>\n{\"name\": \"search_facts\", \"arguments\": {}}\n</tool_call>";
const BARE_CALL: &str = "{\"name\": \"search_facts\", \"arguments\": {}}";

/// Starts a shop whose model gives this answer, and whose model and synthesiser are servers of the owner.
async fn shop(answer: &str, faults: Faults) -> Shop {
    let soniox = SonioxOptions { heard: vec![QUESTION.to_owned()], ..SonioxOptions::default() };
    let ai = OpenAiOptions { turns: vec![Turn::new(QUESTION, answer)], faults, ..OpenAiOptions::default() };
    let mut shop = Shop::new(soniox, ai, PIPELINE).await;
    let url = shop.harness.ai.base_url();
    shop.harness.daemon.reconfigure(|setup| {
        for part in ["MODEL", "SPEECH"] {
            setup.env(&format!("PIPELINE_{part}_BASE_URL"), &url).env(&format!("PIPELINE_{part}_API_KEY"), "own-key");
        }
        setup.toml(&format!("{PIPELINE}synthesiser = \"speech\"\nmodel = \"qwen\"\n"));
    });
    tokio::task::block_in_place(|| shop.harness.daemon.restart());
    shop
}

impl Shop {
    async fn assert_check_finds_reasoning(&self) {
        let client = self.harness.daemon.logged_in("roni", "owner").await;
        let answer = client.post_json("/api/checks", &json!({"check": "ai"})).await.json();
        let findings = answer["findings"].as_array().unwrap();
        let found = findings.iter().find(|finding| finding["code"] == "found-pipeline-reasoning");
        let remedy = found.unwrap_or_else(|| panic!("{answer:#}"))["remedy"].as_str().unwrap();
        assert!(remedy.contains("pipeline.model_base_url"), "{answer:#}");
    }

    /// Returns the texts that the speech server received.
    fn spoken(&self) -> String {
        let requests = self.harness.ai.state().requests;
        let speech = requests.iter().filter(|(path, _)| path == "/audio/speech");
        speech.map(|(_, body)| body["input"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_caller_does_not_hear_the_reasoning_of_the_model() {
    let shop = shop(&format!("<think>\n{REASONING}\n</think>\n\n{ANSWER}"), Faults::default()).await;
    let (_, call) = shop.call("say 1500ms; listen").await;
    assert_eq!(turns_of(&call), [("caller", QUESTION), ("agent", ANSWER)], "{call:#}");
    shop.assert_check_finds_reasoning().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reasoning_without_its_first_tag_is_heard_at_most_until_its_last_tag() {
    let shop = shop(&format!("{REASONING}\n</think>\n\n{ANSWER}"), Faults::default()).await;
    let (_, call) = shop.call("say 1500ms; listen; wait 6s").await;
    let heard: String = turns_of(&call).iter().map(|(_, text)| *text).collect();
    assert!(heard.contains(ANSWER), "the answer was requested again: {call:#}");
    assert!(!shop.spoken().contains("think"), "{}", shop.spoken());
    let (_, call) = shop.call("say 1500ms; listen").await;
    assert_eq!(turns_of(&call), [("caller", QUESTION), ("agent", ANSWER)], "the server is known: {call:#}");
    shop.assert_check_finds_reasoning().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_call_as_text_is_not_read_aloud() {
    for written in [WRITTEN_CALL, BARE_CALL] {
        let shop = shop(written, Faults::default()).await;
        let (report, call) = shop.call("say 1500ms; wait 8s; say 2s; stay").await;
        assert_eq!(shop.spoken(), "", "{call:#}");
        assert_eq!((report.ended, &call["engine"]), (EndedBy::Hangup, &json!("voicemail")), "{call:#}");
        let lost = shop.harness.daemon.logs().wait_for_event("ENGINE_LOST");
        assert!(lost.to_string().contains("the model writes tool calls as text"), "{lost}");
        shop.assert_check_finds("found-pipeline-model", "--tool-call-parser", "").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_without_words_does_not_pass_the_check() {
    let shop = shop("", Faults::default()).await;
    shop.assert_check_finds("found-pipeline-model", "pipeline.model_base_url, pipeline.model_api_key", "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn compressed_audio_is_not_played() {
    let shop = shop(ANSWER, Faults { speech_is_mp3: true, ..Faults::default() }).await;
    let (_, call) = shop.call("say 1500ms; wait 6s; say 2s; stay").await;
    assert_eq!(call["engine"], "voicemail", "{call:#}");
    let lost = shop.harness.daemon.logs().wait_for_event("ENGINE_LOST");
    let reason = "MP3 instead of PCM (pipeline.speech_base_url)";
    assert!(lost.to_string().contains(reason), "{lost}");
    shop.assert_check_finds("found-pipeline-synthesiser", "pipeline.speech_base_url", "MP3").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_know_a_field_is_asked_without_it_from_then_on() {
    let faults = Faults { unknown_fields: vec!["max_completion_tokens", "stream_options"], ..Faults::default() };
    let shop = shop(ANSWER, faults).await;
    for asked in [3, 1] {
        let before = shop.harness.ai.state().requests.len();
        let (_, call) = shop.call("say 1500ms; listen").await;
        assert_eq!(turns_of(&call), [("caller", QUESTION), ("agent", ANSWER)], "{call:#}");
        let requests = shop.harness.ai.state().requests;
        let chats: Vec<_> = requests[before..].iter().filter(|(_, body)| body["stream"] == true).collect();
        assert_eq!(chats.len(), asked, "{chats:#?}");
        let last = &chats.last().unwrap().1;
        assert!(last["max_tokens"].is_u64() && last.get("max_completion_tokens").is_none(), "{last:#}");
    }
}
