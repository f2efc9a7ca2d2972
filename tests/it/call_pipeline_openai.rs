//! Calls with the pipeline engine, with transcription by OpenAI's real-time transcription and speech by ElevenLabs.

use super::booking::offer_haircuts;
use super::call_silence::assert_no_silence;
use super::pipeline_shop::{ANSWER, PipelineShop, QUESTION, turns_of};
use super::support::telephony::free_port;
use super::support::whatsapp::until;
use agentlocator::simulator::EventLog;
use agentlocator::simulator::caller::EndedBy;
use agentlocator::simulator::elevenlabs::{ElevenLabs, ElevenLabsOptions};
use agentlocator::simulator::openai::{Faults, OpenAiOptions, SessionRecord, Turn};
use serde_json::json;
use std::time::Duration;

type Shop = PipelineShop<ElevenLabs>;

impl Shop {
    async fn new(ai: OpenAiOptions, openai: &str) -> Self {
        let log = EventLog::new();
        let elevenlabs = ElevenLabs::start(free_port().await, ElevenLabsOptions::default(), log.clone()).unwrap();
        Self::start(elevenlabs, log, ai, |elevenlabs, setup| {
            setup.env("ELEVENLABS_API_KEY", "elevenlabs-key").env("ELEVENLABS_BASE_URL", elevenlabs.base_url());
            setup.toml(&format!(
                "[voice]\nengine = \"pipeline\"\nmessage_silence_s = 1\n\
                 [pipeline]\ntranscriber = \"openai\"\nsynthesiser = \"elevenlabs\"\n[openai]\n{openai}"
            ));
        })
        .await
    }

    fn sessions(&self) -> Vec<SessionRecord> {
        self.harness.ai.state().sessions
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_turns_are_transcribed_while_the_caller_speaks() {
    let second = "אפשר לקבוע תור?";
    for (settings, format) in [
        ("", json!({"type": "audio/pcmu"})),
        (
            "audio_format = \"pcm\"\nlive_transcription_model = \"whisper\"\n",
            json!({"type": "audio/pcm", "rate": 24_000}),
        ),
    ] {
        let turns = vec![Turn::new(QUESTION, ANSWER), Turn::new(second, "כן, למתי?")];
        let shop = Shop::new(OpenAiOptions { turns, ..OpenAiOptions::default() }, settings).await;
        offer_haircuts(&shop.harness.daemon.logged_in("roni", "owner").await).await;
        let (report, call) = shop.call("say 1500ms; listen; say 1s; listen").await;
        assert_eq!(report.ended, EndedBy::Caller, "{report:#?}");
        let expected = [("caller", QUESTION), ("agent", ANSWER), ("caller", second), ("agent", "כן, למתי?")];
        assert_eq!(turns_of(&call), expected, "{call:#}");
        assert_eq!(call["engine"], "pipeline", "{call:#}");
        assert_no_silence(&report);
        let sessions = shop.sessions();
        assert_eq!(sessions.len(), 1, "{sessions:#?}");
        assert_eq!((sessions[0].early_appends, sessions[0].errors.len()), (0, 0), "{sessions:#?}");
        let input = &sessions[0].config["audio"]["input"];
        assert_eq!((&input["format"], &input["turn_detection"]), (&format, &json!(null)), "{input:#}");
        let keywords = if settings.is_empty() { json!(["תספורת"]) } else { json!(null) };
        let transcription = &input["transcription"];
        assert_eq!(transcription["keywords"], keywords, "{input:#}");
        let languages = (&transcription["language"], &transcription["languages"]);
        let several = json!(["he", "en", "ar", "ru"]);
        let expected = if settings.is_empty() { (&json!(null), &several) } else { (&json!("he"), &json!(null)) };
        assert_eq!(languages, expected, "{input:#}");
        shop.assert_no_violations();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_at_its_limit_is_reopened() {
    let options = OpenAiOptions {
        turns: vec![Turn::new(QUESTION, ANSWER)],
        session_limit: Duration::from_secs(2),
        ..OpenAiOptions::default()
    };
    let shop = Shop::new(options, "").await;
    let (phone, plan) = (shop.harness.phone.clone(), shop.harness.plan("wait 3s; say 1500ms; listen"));
    let placed = tokio::spawn(async move { phone.place_call(plan).await });
    until("the first session", async || (!shop.sessions().is_empty()).then_some(())).await;
    shop.harness.ai.change(|options| options.session_limit = Duration::from_hours(1));
    let report = placed.await.unwrap();
    let call = shop.harness.ended_call(&report.call_sid).await;
    assert_eq!(shop.sessions().len(), 2, "{:#?}", shop.sessions());
    assert_eq!(call["engine"], "pipeline", "{call:#}");
    assert_eq!(turns_of(&call), [("caller", QUESTION), ("agent", ANSWER)], "{call:#}");
    assert_no_silence(&report);
    shop.assert_no_violations();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_check_names_the_settings_of_a_rejected_session() {
    for (faults, code, settings, reason) in [
        (Faults::default(), "found-pipeline-works", "", ""),
        (
            Faults { refuse_field: Some("audio.input.transcription.model"), ..Faults::default() },
            "found-pipeline-transcriber",
            "openai.api_key, openai.live_transcription_model, openai.audio_format, agent.language",
            "audio.input.transcription.model",
        ),
    ] {
        let shop = Shop::new(OpenAiOptions { faults, ..OpenAiOptions::default() }, "").await;
        shop.assert_check_finds(code, settings, reason).await;
    }
}
