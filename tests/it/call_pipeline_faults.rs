//! Each part of the pipeline by each provider, with each fault that a network service can have.

use super::call_silence::{MAX_SILENCE_MS, longest_silence};
use super::pipeline_shop::{ANSWER, PIPELINE, PipelineShop, QUESTION, turns_of};
use super::support::telephony::free_port;
use agentlocator::simulator::deepgram::{Deepgram, DeepgramOptions};
use agentlocator::simulator::elevenlabs::{ElevenLabs, ElevenLabsOptions};
use agentlocator::simulator::google::{Google, GoogleOptions, service_account};
use agentlocator::simulator::openai::{OpenAiOptions, Turn};
use agentlocator::simulator::soniox::{Soniox, SonioxOptions};
use agentlocator::simulator::{EventLog, Fault};
use std::time::Duration;

/// All services that a part of the pipeline can have, besides the fake AI.
struct Services {
    soniox: Soniox,
    deepgram: Deepgram,
    elevenlabs: ElevenLabs,
    google: Google,
}

#[derive(Clone, Copy)]
enum Server {
    Ai,
    Deepgram,
    ElevenLabs,
    Google,
    Soniox,
}

/// A part of the pipeline: its name, the setting that selects its provider, the server, and the paths of its requests.
type Part = (&'static str, &'static str, Server, &'static str);

const TRANSCRIBERS: [Part; 6] = [
    ("soniox", "transcriber = \"soniox\"", Server::Soniox, "/transcribe-websocket"),
    ("deepgram", "transcriber = \"deepgram\"", Server::Deepgram, "/v1/listen"),
    ("elevenlabs", "transcriber = \"elevenlabs\"", Server::ElevenLabs, "/v1/speech-to-text"),
    ("google", "transcriber = \"google\"", Server::Google, "/google.cloud.speech"),
    ("openai", "transcriber = \"openai\"", Server::Ai, "/v1/realtime"),
    (
        "own server",
        "transcriber = \"transcription\"\ntranscription_model = \"whisper-1\"",
        Server::Ai,
        "/v1/audio/transcriptions",
    ),
];

const MODELS: [Part; 2] = [
    ("responses", "model_api = \"responses\"", Server::Ai, "/v1/responses"),
    ("chat completions", "model_api = \"chat\"", Server::Ai, "/v1/chat/completions"),
];

const SYNTHESISERS: [Part; 4] = [
    ("soniox", "synthesiser = \"soniox\"", Server::Soniox, "/tts-websocket"),
    ("elevenlabs", "synthesiser = \"elevenlabs\"", Server::ElevenLabs, "/v1/text-to-speech"),
    ("google", "synthesiser = \"google\"", Server::Google, "/google.cloud.texttospeech"),
    ("own server", "synthesiser = \"speech\"", Server::Ai, "/v1/audio/speech"),
];

const FAULTS: [(&str, Fault); 5] = [
    ("slow", Fault::Delay(Duration::from_millis(300))),
    ("mute", Fault::Mute),
    ("closing", Fault::CloseAfter(1)),
    ("429", Fault::Reject(429)),
    ("malformed", Fault::Malformed),
];

async fn shop(setting: &str) -> PipelineShop<Services> {
    let (heard, log) = (vec![QUESTION.to_owned()], EventLog::new());
    let soniox = SonioxOptions { heard: heard.clone(), ..SonioxOptions::default() };
    let deepgram = DeepgramOptions { heard: heard.clone(), ..DeepgramOptions::default() };
    let elevenlabs = ElevenLabsOptions { heard: heard.clone(), ..ElevenLabsOptions::default() };
    let services = Services {
        soniox: Soniox::start(free_port().await, soniox, log.clone()).unwrap(),
        deepgram: Deepgram::start(free_port().await, deepgram, log.clone()).unwrap(),
        elevenlabs: ElevenLabs::start(free_port().await, elevenlabs, log.clone()).unwrap(),
        google: Google::start(free_port().await, GoogleOptions { heard, ..GoogleOptions::default() }, log.clone())
            .unwrap(),
    };
    let ai = OpenAiOptions { turns: vec![Turn::new(QUESTION, ANSWER)], ..OpenAiOptions::default() };
    let shop = PipelineShop::start(services, log, ai, |services, setup| {
        let Services { soniox, deepgram, elevenlabs, google } = services;
        setup.env("SONIOX_API_KEY", "soniox-key");
        setup.env("SONIOX_STT_BASE_URL", soniox.base_url()).env("SONIOX_TTS_BASE_URL", soniox.base_url());
        setup.env("DEEPGRAM_API_KEY", "deepgram-key").env("DEEPGRAM_BASE_URL", deepgram.base_url());
        setup.env("ELEVENLABS_API_KEY", "elevenlabs-key").env("ELEVENLABS_BASE_URL", elevenlabs.base_url());
        setup.env("GCP_CREDENTIALS_JSON", service_account()).env("GOOGLE_TOKEN_URL", google.token_url());
        setup.env("GOOGLE_SPEECH_BASE_URL", google.base_url()).env("GOOGLE_TTS_BASE_URL", google.base_url());
    });
    let mut shop = shop.await;
    let url = shop.harness.ai.base_url();
    shop.harness.daemon.reconfigure(|setup| {
        setup.env("PIPELINE_SPEECH_BASE_URL", &url).env("PIPELINE_SPEECH_API_KEY", "speech-key");
        setup.env("PIPELINE_TRANSCRIPTION_BASE_URL", &url).env("PIPELINE_TRANSCRIPTION_API_KEY", "transcription-key");
        // The caller, who says nothing more, is not asked about it.
        let pipeline = PIPELINE.replace("[voice]\n", "[voice]\nidle_prompt_s = 60\n");
        setup.toml(&format!("{pipeline}{setting}\n"));
    });
    tokio::task::block_in_place(|| shop.harness.daemon.restart());
    shop
}

/// Makes a call in which the part has the fault. The caller must never hear silence, and must be answered, or be asked for
/// a message if the part cannot work.
async fn check((part, setting, server, requests): Part, (name, fault): (&str, Fault)) {
    let case = format!("{part}, {name}");
    let shop = shop(setting).await;
    let Services { soniox, deepgram, elevenlabs, google } = &shop.services;
    match server {
        Server::Ai => shop.harness.ai.set_fault(requests, fault),
        Server::Deepgram => deepgram.set_fault(requests, fault),
        Server::ElevenLabs => elevenlabs.set_fault(requests, fault),
        Server::Google => google.set_fault(requests, fault),
        Server::Soniox => soniox.set_fault(requests, fault),
    }
    let (report, call) = shop.call("say 1500ms; wait 20s").await;
    let mut stream = report.streams[0].clone();
    if call["engine"] == "voicemail" {
        // After the beep the caller says nothing more, until voicemail says thanks.
        stream.utterances.pop();
    }
    let silence = longest_silence(&stream);
    assert!(silence <= MAX_SILENCE_MS, "{case}: {silence} ms of silence: {:?} {call:#}", stream.utterances);
    let is_answered = turns_of(&call).contains(&("agent", ANSWER));
    match fault {
        Fault::Delay(_) => assert!(is_answered, "{case}: {call:#}"),
        Fault::Mute | Fault::Reject(_) => assert_eq!(call["engine"], "voicemail", "{case}: {call:#}"),
        // The words of one utterance may be lost, which the agent knows of.
        Fault::CloseAfter(_) | Fault::Deaf | Fault::Malformed => {
            assert!(is_answered || call["engine"] == "voicemail", "{case}: {call:#}");
        }
    }
    shop.assert_no_violations();
}

async fn check_all(parts: &[Part], faults: &[(&str, Fault)]) {
    for part in parts {
        futures_util::future::join_all(faults.iter().map(|fault| check(*part, *fault))).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes long: make test-all"]
async fn long_no_fault_of_a_transcriber_is_heard_as_silence() {
    check_all(&TRANSCRIBERS, &FAULTS).await;
    check_all(&TRANSCRIBERS, &[("deaf", Fault::Deaf)]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes long: make test-all"]
async fn long_no_fault_of_a_model_is_heard_as_silence() {
    check_all(&MODELS, &FAULTS).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes long: make test-all"]
async fn long_no_fault_of_a_synthesiser_is_heard_as_silence() {
    check_all(&SYNTHESISERS, &FAULTS).await;
}
