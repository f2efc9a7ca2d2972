//! A synthesiser over HTTP. Each clause is one request; its audio is played while it is received.

mod audio_format;

use super::clause_tasks::{ClauseEvents, ClauseTasks, LIMIT};
use super::parts::{ClauseEvent, PartEvent, Synthesiser};
use crate::audio::{Downsampler, EncodedAudio};
use crate::config::{Config, Secret};
use crate::domain::{AiFailure, AiFailureCause};
use crate::pipeline::{ClauseId, SpeechEvent};
use crate::providers::{elevenlabs, error_code, http_client, openai};
use audio_format::{Examined, FormatCheck};
use futures_util::future::BoxFuture;
use reqwest::RequestBuilder;
use reqwest::header::CONTENT_TYPE;
use std::sync::Arc;

#[derive(Clone, Copy, Debug)]
pub(super) enum SpeechApi {
    /// OpenAI's `/audio/speech` endpoint.
    OpenAi,
    /// ElevenLabs' text-to-speech endpoint.
    ElevenLabs,
}

pub(super) struct HttpSynthesiser {
    config: Arc<Config>,
    client: reqwest::Client,
    api: SpeechApi,
    is_reported: bool,
    clauses: ClauseTasks<SpeechEvent>,
}

impl HttpSynthesiser {
    pub(super) fn new(config: Arc<Config>, client: reqwest::Client, api: SpeechApi) -> Self {
        Self { config, client, api, is_reported: false, clauses: ClauseTasks::new() }
    }
}

impl Synthesiser for HttpSynthesiser {
    fn speak(&mut self, clause: ClauseId, text: &str, language: &str) {
        let (config, client) = (self.config.clone(), self.client.clone());
        let (api, text, language) = (self.api, text.to_owned(), language.to_owned());
        self.clauses.start(clause, |events| async move {
            let speech = api.request(&config, &client, &text, &language);
            match speak(speech, &events).await {
                Ok(()) => SpeechEvent::Done,
                Err(failed) => failed,
            }
        });
    }

    fn stop(&mut self, clause: ClauseId) {
        self.clauses.stop(clause);
    }

    fn try_flush(&mut self) {}

    fn next(&mut self) -> BoxFuture<'_, PartEvent<ClauseEvent>> {
        Box::pin(async move {
            if !std::mem::replace(&mut self.is_reported, true) {
                return PartEvent::Ready;
            }
            PartEvent::Event(self.clauses.next().await)
        })
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// The decoder converts the audio to mu-law at 8 kHz.
struct Speech {
    request: RequestBuilder,
    decoder: Decoder,
    format: FormatCheck,
    /// The setting with the address of the server.
    setting: &'static str,
}

enum Decoder {
    /// The audio is mu-law at 8 kHz, and needs no conversion.
    MuLaw,
    /// The audio is 16-bit PCM.
    Pcm(Downsampler),
}

impl Decoder {
    fn push(&mut self, chunk: &[u8]) -> Vec<u8> {
        match self {
            Self::MuLaw => chunk.to_vec(),
            Self::Pcm(downsampler) => downsampler.push(chunk),
        }
    }

    fn finish(&mut self) -> Vec<u8> {
        match self {
            Self::MuLaw => Vec::new(),
            Self::Pcm(downsampler) => downsampler.finish(),
        }
    }
}

impl SpeechApi {
    /// Returns `None` if the server's address or key is missing.
    fn request(self, config: &Config, client: &reqwest::Client, text: &str, language: &str) -> Option<Speech> {
        match self {
            Self::OpenAi => {
                let pipeline = &config.pipeline;
                let base_url = pipeline.speech_base_url.as_ref()?;
                let body = openai::rest::speech_body(pipeline, text);
                let request = client.post(format!("{base_url}/audio/speech")).json(&body);
                let request = match Secret::present(pipeline.speech_api_key.as_ref()) {
                    Some(key) => request.bearer_auth(key.expose()),
                    None => request,
                };
                let rate = pipeline.speech_sample_rate;
                let (decoder, format) = (Decoder::Pcm(Downsampler::new(rate)), FormatCheck::of_pcm(rate));
                Some(Speech { request, decoder, format, setting: "pipeline.speech_base_url" })
            }
            Self::ElevenLabs => {
                let body = elevenlabs::speech_body(&config.elevenlabs, language, text);
                let request = client.post(elevenlabs::speech_url(&config.elevenlabs)).json(&body);
                let request = request.header(elevenlabs::KEY_HEADER.name, config.elevenlabs.key()?.expose());
                let format = FormatCheck::of_mulaw();
                Some(Speech { request, decoder: Decoder::MuLaw, format, setting: "elevenlabs.base_url" })
            }
        }
    }
}

async fn speak(speech: Option<Speech>, events: &ClauseEvents<SpeechEvent>) -> Result<(), SpeechEvent> {
    let failed = |retry, reason: String| SpeechEvent::Failed { retry, retry_after: None, reason };
    let lost = |error: reqwest::Error| failed(true, format!("synthesiser: {}", http_client::root_cause(&error)));
    let Some(Speech { request, mut decoder, mut format, setting }) = speech else {
        return Err(failed(false, "synthesiser: no address or no key is set".to_owned()));
    };
    let mut response = request.timeout(LIMIT).send().await.map_err(lost)?;
    let status = response.status();
    if !status.is_success() {
        let (status, body) = (status.as_u16(), response.bytes().await.unwrap_or_default());
        let code = error_code::of(&body);
        let is_temporary =
            http_client::is_temporary(status) && !AiFailureCause::from_status(status, &code).needs_owner();
        return Err(failed(is_temporary, format!("synthesiser: {}", error_code::reason(status, &body))));
    }
    // A proxy or a wrong address may answer with a page, whose bytes would be heard as noise.
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("text/") || kind.starts_with("application/json") {
        return Err(failed(true, "synthesiser: the answer could not be read".to_owned()));
    }
    let wrong = |name: &str| {
        let reason = format!("synthesiser: the server sends {name} {} ({setting})", AiFailure::WRONG_AUDIO);
        failed(false, reason)
    };
    if let Some(name) = audio_format::compressed_type(kind) {
        return Err(wrong(name));
    }
    while let Some(chunk) = response.chunk().await.map_err(lost)? {
        match format.push(&chunk) {
            Examined::Audio(audio) => send(events, &decoder.push(&audio)).await,
            Examined::Other(name) => return Err(wrong(name)),
        }
    }
    send(events, &decoder.push(&format.finish())).await;
    send(events, &decoder.finish()).await;
    Ok(())
}

async fn send(events: &ClauseEvents<SpeechEvent>, samples: &[u8]) {
    if !samples.is_empty() {
        events.send(SpeechEvent::Audio(EncodedAudio::encode(samples))).await;
    }
}
