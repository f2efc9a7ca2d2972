//! What the check of the AI and `doctor` say of Soniox and of the owner's own servers: each fault with its settings.

use super::call_pipeline::Shop;
use super::pipeline_shop::{ANSWER, PIPELINE, QUESTION};
use agentlocator::simulator::openai::{Faults, OpenAiOptions, Turn};
use agentlocator::simulator::soniox::SonioxOptions;
use std::net::TcpListener;

const OF_SONIOX_STT: &str = "soniox.api_key, soniox.stt_model, agent.language";
const OF_SONIOX_TTS: &str = "soniox.api_key, soniox.tts_model, soniox.voice, agent.language";
const OF_TRANSCRIPTION: &str =
    "pipeline.transcription_base_url, pipeline.transcription_api_key, pipeline.transcription_model";
const OF_MODEL: &str = "pipeline.model_base_url, pipeline.model_api_key, pipeline.model_api, pipeline.model";
const OF_SPEECH: &str =
    "pipeline.speech_base_url, pipeline.speech_api_key, pipeline.speech_model, pipeline.speech_voice";
const TRANSCRIBER: &str = "found-pipeline-transcriber";
const MODEL: &str = "found-pipeline-model";
const SYNTHESISER: &str = "found-pipeline-synthesiser";

async fn shop(toml: &str) -> Shop {
    let ai = OpenAiOptions { turns: vec![Turn::new(QUESTION, ANSWER)], ..OpenAiOptions::default() };
    Shop::new(SonioxOptions::default(), ai, &format!("{PIPELINE}{toml}")).await
}

/// Starts a shop whose pipeline uses three servers of the owner.
async fn shop_with_own_servers(toml: &str) -> Shop {
    let mut shop = shop("").await;
    let url = shop.harness.ai.base_url();
    shop.harness.daemon.reconfigure(|setup| {
        setup.env("SONIOX_API_KEY", "");
        for part in ["TRANSCRIPTION", "MODEL", "SPEECH"] {
            setup.env(&format!("PIPELINE_{part}_BASE_URL"), &url).env(&format!("PIPELINE_{part}_API_KEY"), "own-key");
        }
        let own = "transcriber = \"transcription\"\nsynthesiser = \"speech\"\nmodel = \"llama\"\n";
        setup.toml(&format!("{PIPELINE}{own}{toml}"));
    });
    tokio::task::block_in_place(|| shop.harness.daemon.restart());
    shop
}

/// Returns the address of a server that does not run.
fn closed_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/v1", listener.local_addr().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_soniox_are_reported_with_their_settings() {
    for (toml, code, settings, reason) in [
        ("", "found-pipeline-works", "", ""),
        ("[soniox]\nstt_model = \"stt-async\"\n", TRANSCRIBER, OF_SONIOX_STT, "stt-async"),
        ("[agent]\nlanguage = \"yi\"\n", TRANSCRIBER, OF_SONIOX_STT, "yi"),
        ("[soniox]\ntts_model = \"sonic\"\n", SYNTHESISER, OF_SONIOX_TTS, "sonic"),
        ("[soniox]\nvoice = \"Missing\"\n", SYNTHESISER, OF_SONIOX_TTS, "Missing"),
    ] {
        shop(toml).await.assert_check_finds(code, settings, reason).await;
    }
    let other_key = shop("").await;
    other_key.services.change(|options| options.api_key = Some("another".into()));
    other_key.assert_check_finds(TRANSCRIBER, OF_SONIOX_STT, "401").await;
    for (name, code, setting) in [
        ("SONIOX_STT_BASE_URL", TRANSCRIBER, "soniox.stt_base_url"),
        ("SONIOX_TTS_BASE_URL", SYNTHESISER, "soniox.tts_base_url"),
    ] {
        let mut shop = shop("").await;
        shop.harness.daemon.reconfigure(|setup| {
            setup.env(name, closed_address());
        });
        tokio::task::block_in_place(|| shop.harness.daemon.restart());
        shop.assert_check_finds(code, setting, "").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_the_owner_s_servers_are_reported_with_their_settings() {
    let cases: [(&str, &[&str], &str, &str, &str); 5] = [
        ("", &[], "found-pipeline-works", "", ""),
        ("transcription_model = \"no-whisper\"\n", &["no-whisper"], TRANSCRIBER, OF_TRANSCRIPTION, "model_not_found"),
        ("", &["llama"], MODEL, OF_MODEL, "model_not_found"),
        ("speech_model = \"no-kokoro\"\n", &["no-kokoro"], SYNTHESISER, OF_SPEECH, "model_not_found"),
        ("speech_voice = \"no-voice\"\n", &["no-voice"], SYNTHESISER, OF_SPEECH, "invalid_value"),
    ];
    for (toml, unknown, code, settings, reason) in cases {
        let shop = shop_with_own_servers(toml).await;
        let unknown_names = unknown.to_vec();
        shop.harness.ai.change(|options| options.faults = Faults { unknown_names, ..Faults::default() });
        shop.assert_check_finds(code, settings, reason).await;
    }
}
