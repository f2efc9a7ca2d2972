//! Callers who change the language within a call: each transcriber is asked for all languages that the agent follows.

use super::pipeline_shop::{PipelineShop, turns_of};
use super::support::telephony::{CallHarness, free_port};
use agentlocator::simulator::EventLog;
use agentlocator::simulator::deepgram::{Deepgram, DeepgramOptions};
use agentlocator::simulator::elevenlabs::{ElevenLabs, ElevenLabsOptions};
use agentlocator::simulator::google::{Google, GoogleOptions, service_account};
use agentlocator::simulator::openai::{OpenAiOptions, Turn};
use serde_json::Value;

/// What the caller says, in Hebrew, English, Arabic and Russian.
const SAID: [&str; 4] = ["מתי אתם פתוחים?", "Are you open today?", "متى تفتحون اليوم؟", "Вы сегодня открыты?"];
const SCRIPT: &str = "say 1500ms; listen; say 1500ms; listen; say 1500ms; listen; say 1500ms; listen";

struct Services {
    deepgram: Deepgram,
    elevenlabs: ElevenLabs,
    google: Google,
}

type Shop = PipelineShop<Services>;

impl Shop {
    /// Starts a shop with this transcriber, which ElevenLabs speaks for.
    async fn new(transcriber: &str, settings: &str) -> Self {
        let log = EventLog::new();
        let heard: Vec<String> = SAID.map(str::to_owned).to_vec();
        let options = DeepgramOptions { heard: heard.clone(), ..DeepgramOptions::default() };
        let deepgram = Deepgram::start(free_port().await, options, log.clone()).unwrap();
        let options = ElevenLabsOptions { heard: heard.clone(), ..ElevenLabsOptions::default() };
        let elevenlabs = ElevenLabs::start(free_port().await, options, log.clone()).unwrap();
        let options = GoogleOptions { heard, ..GoogleOptions::default() };
        let google = Google::start(free_port().await, options, log.clone()).unwrap();
        let ai = OpenAiOptions { turns: turns(), ..OpenAiOptions::default() };
        let mut shop = Self::start(Services { deepgram, elevenlabs, google }, log, ai, |services, setup| {
            setup.env("DEEPGRAM_API_KEY", "deepgram-key").env("DEEPGRAM_BASE_URL", services.deepgram.base_url());
            setup.env("ELEVENLABS_API_KEY", "key").env("ELEVENLABS_BASE_URL", services.elevenlabs.base_url());
            setup.env("GCP_CREDENTIALS_JSON", service_account()).env("GOOGLE_TOKEN_URL", services.google.token_url());
            setup.env("GOOGLE_SPEECH_BASE_URL", services.google.base_url());
        })
        .await;
        let url = shop.harness.ai.base_url();
        shop.harness.daemon.reconfigure(|setup| {
            setup.env("PIPELINE_TRANSCRIPTION_BASE_URL", &url).env("PIPELINE_TRANSCRIPTION_API_KEY", "own-key");
            setup.toml(&format!(
                "[voice]\nengine = \"pipeline\"\nmessage_silence_s = 1\n[pipeline]\nspeculation = false\n\
                 transcriber = \"{transcriber}\"\nsynthesiser = \"elevenlabs\"\n{settings}"
            ));
        });
        tokio::task::block_in_place(|| shop.harness.daemon.restart());
        shop
    }
}

fn turns() -> Vec<Turn> {
    SAID.into_iter().map(|said| Turn::new(said, "כן.")).collect()
}

fn said(call: &Value) -> Vec<&str> {
    turns_of(call).into_iter().filter(|(who, _)| *who == "caller").map(|(_, text)| text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_transcriber_recognises_the_languages_that_the_agent_follows() {
    for (transcriber, settings) in [
        ("deepgram", "[deepgram]\nmultilingual = true\n"),
        ("elevenlabs", ""),
        ("google", ""),
        ("openai", ""),
        ("transcription", "transcription_model = \"gpt-transcribe\"\n"),
    ] {
        let shop = Shop::new(transcriber, settings).await;
        let (_, call) = shop.call(SCRIPT).await;
        assert_eq!(said(&call), SAID, "{transcriber}: {call:#}");
        shop.assert_no_violations();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transcriber_with_one_language_expects_that_of_the_agent() {
    for (transcriber, settings) in [("elevenlabs", "[elevenlabs]\nmultilingual = false\n"), ("deepgram", "")] {
        let shop = Shop::new(transcriber, settings).await;
        let (_, call) = shop.call("say 1500ms; listen; say 1500ms; listen").await;
        let said = said(&call);
        assert!(said[0] == SAID[0] && said[1] != SAID[1], "{transcriber}: {call:#}");
        shop.assert_no_violations();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_realtime_engine_transcribes_a_change_of_the_language() {
    let ai = OpenAiOptions { turns: turns(), ..OpenAiOptions::default() };
    let harness = CallHarness::with_ai(ai, |_| {}).await;
    let report = harness.call(harness.plan(SCRIPT)).await;
    let call = harness.ended_call(&report.call_sid).await;
    assert_eq!(said(&call), SAID, "{call:#}");
}
