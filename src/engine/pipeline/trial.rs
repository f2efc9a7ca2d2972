//! Tests each part of a pipeline with its settings, in the same way as a call uses it: the transcriber transcribes one
//! second of silence, the model answers a question, and the synthesiser speaks a word.

use super::parts::{Model, PartEvent, Question};
use super::{LanguageModel, PipelineSetup, google_access, synthesiser, transcriber};
use crate::audio::EncodedAudio;
use crate::pipeline::{ClauseId, Entry, ModelEvent, SpeechEvent};
use crate::spoken::{Dictionary, spoken};
use std::time::Duration;

/// The time limit for each part.
const LIMIT: Duration = Duration::from_secs(8);
/// How long to wait for a rejection after the audio was sent to the transcriber.
const REJECTION_LIMIT: Duration = Duration::from_millis(1500);
const SILENCE_MS: u64 = 1000;

/// The result of the test: for each part the reason why it cannot be used, or `None` if it works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PipelineTrial {
    /// A rejection later than 1.5 s after the audio is not noticed.
    pub transcriber: Option<String>,
    pub model: Option<String>,
    pub synthesiser: Option<String>,
}

/// Tests all parts concurrently. The providers charge less than one cent for the test.
pub async fn try_parts(setup: PipelineSetup) -> PipelineTrial {
    let (transcriber, model, synthesiser) =
        tokio::join!(in_time(transcribe(&setup)), in_time(answer(&setup)), in_time(speak(&setup)));
    PipelineTrial { transcriber: transcriber.err(), model: model.err(), synthesiser: synthesiser.err() }
}

async fn in_time(trial: impl Future<Output = Result<(), String>>) -> Result<(), String> {
    let late = |_| Err(format!("no answer within {} s", LIMIT.as_secs()));
    tokio::time::timeout(LIMIT, trial).await.unwrap_or_else(late)
}

/// Services reject a wrong key, model or language when the session opens, or soon after the first audio.
async fn transcribe(setup: &PipelineSetup) -> Result<(), String> {
    let mut transcriber = transcriber(setup, Duration::ZERO);
    loop {
        match transcriber.next().await {
            PartEvent::Ready => break,
            PartEvent::Event(_) => {}
            PartEvent::Lost(error) => return Err(error.reason),
        }
    }
    // The silence is marked as voice, because the HTTP transcriber sends a request only for voice.
    for _ in 0..SILENCE_MS / 20 {
        transcriber.send(&EncodedAudio::silence(20), true);
    }
    transcriber.end_utterance();
    transcriber.try_flush();
    let rejected = async {
        loop {
            if let PartEvent::Lost(error) = transcriber.next().await {
                return error.reason;
            }
        }
    };
    let outcome = tokio::time::timeout(REJECTION_LIMIT, rejected).await;
    transcriber.close().await;
    outcome.map_or(Ok(()), Err)
}

async fn answer(setup: &PipelineSetup) -> Result<(), String> {
    let PipelineSetup { config, client, instructions, tools, .. } = setup;
    let mut model = LanguageModel::new(config.clone(), client.clone(), instructions.clone(), tools.clone());
    let conversation = vec![Entry::Caller("?".to_owned())];
    model.ask(Question { request: 1, instructions: None, conversation, is_twice: false });
    loop {
        match model.next().await.1 {
            ModelEvent::Activity => {}
            ModelEvent::Text(_) | ModelEvent::ToolCall { .. } | ModelEvent::Done { .. } => return Ok(()),
            ModelEvent::Failed { reason, .. } => return Err(reason),
        }
    }
}

async fn speak(setup: &PipelineSetup) -> Result<(), String> {
    let mut synthesiser = synthesiser(google_access(setup), Duration::ZERO);
    // A digit, because it can be spoken in every language.
    let word = spoken("1", &setup.language, &Dictionary::default());
    loop {
        match synthesiser.next().await {
            PartEvent::Ready => {
                synthesiser.speak(ClauseId { answer: 1, index: 0, copy: 0 }, &word, &setup.language);
                synthesiser.try_flush();
            }
            PartEvent::Event((_, SpeechEvent::Audio(_))) => {
                synthesiser.close().await;
                return Ok(());
            }
            PartEvent::Event((_, SpeechEvent::Done)) => return Err("no audio".to_owned()),
            PartEvent::Event((_, SpeechEvent::Failed { reason, .. })) => return Err(reason),
            PartEvent::Lost(error) => return Err(error.reason),
        }
    }
}
