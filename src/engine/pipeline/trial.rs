//! Tests each part of a pipeline with its settings, in the same way as a call uses it: the transcriber transcribes one
//! second of silence, the model answers a question, and the synthesiser speaks a word.

use super::parts::{Model, PartEvent, Question, TranscriberEvent};
use super::{LanguageModel, PipelineSetup, google_access, synthesiser, transcriber};
use crate::audio::EncodedAudio;
use crate::clock;
use crate::config::Transcriber as TranscriberChoice;
use crate::domain::{AiFailure, AiPart};
use crate::pipeline::{ClauseId, Entry, ModelEvent, SpeechEvent};
use crate::spoken::{Dictionary, spoken};
use std::time::Duration;

/// The time limit for each part, and for each request to the model.
const LIMIT: Duration = Duration::from_secs(8);
/// How long to wait for a rejection after the audio was sent to the transcriber.
const REJECTION_LIMIT: Duration = Duration::from_millis(1500);
const SILENCE_MS: u64 = 1000;

/// The result of the test of a part: how long a caller would have waited for it, or the reason why it cannot be used.
pub(super) type PartTrial = Result<Duration, String>;

/// The result of the test of the model.
pub(super) type ModelTrial = Result<ModelAnswer, String>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelAnswer {
    /// Until the first word or tool call.
    pub waited: Duration,
    /// Whether the answer contained reasoning, which calls leave out.
    pub writes_reasoning: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PipelineTrial {
    /// Of a transcriber over a socket, a rejection later than 1.5 s after the audio is not noticed, and the duration is that
    /// of the connection.
    pub transcriber: PartTrial,
    pub model: ModelTrial,
    /// Until the first audio.
    pub synthesiser: PartTrial,
}

/// Tests all parts concurrently. The providers charge less than one cent for the test.
pub async fn try_parts(setup: PipelineSetup) -> PipelineTrial {
    let (transcriber, model, synthesiser) =
        tokio::join!(in_time(transcribe(&setup)), answer(&setup), in_time(speak(&setup)));
    PipelineTrial { transcriber, model, synthesiser }
}

async fn in_time<T>(trial: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    tokio::time::timeout(LIMIT, trial).await.unwrap_or_else(|_| Err(no_answer()))
}

fn no_answer() -> String {
    format!("no answer within {} s", LIMIT.as_secs())
}

/// Services reject a wrong key, model or language when the session opens, or soon after the first audio.
async fn transcribe(setup: &PipelineSetup) -> PartTrial {
    let is_request = setup.config.pipeline.transcriber == TranscriberChoice::Transcription;
    let mut since = clock::instant();
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
    let connected = clock::instant().duration_since(since);
    if is_request {
        since = clock::instant();
    }
    transcriber.end_utterance();
    transcriber.try_flush();
    let finished = async {
        loop {
            match transcriber.next().await {
                PartEvent::Lost(error) => return Err(error.reason),
                PartEvent::Event(TranscriberEvent::End) if is_request => {
                    return Ok(clock::instant().duration_since(since));
                }
                PartEvent::Ready | PartEvent::Event(_) => {}
            }
        }
    };
    let limit = if is_request { LIMIT } else { REJECTION_LIMIT };
    let outcome = tokio::time::timeout(limit, finished).await;
    transcriber.close().await;
    outcome.unwrap_or(Ok(connected))
}

/// A request that only a tool can fulfil, so that a server that does not recognise tool calls is noticed.
const REQUEST: &str = "Please take a message for the owner: Dana asks to be called back tomorrow. My number is the one that I am calling from.";

async fn answer(setup: &PipelineSetup) -> ModelTrial {
    let PipelineSetup { config, client, instructions, tools, model_memory, .. } = setup;
    let (client, memory) = (client.clone(), model_memory.clone());
    let mut model = LanguageModel::new(config.clone(), client, instructions.clone(), tools.clone(), memory);
    let mut waited = first_words(&mut model, 1).await;
    // An answer that began with reasoning. A call asks again too, but only once for each model, so the time of the first
    // answer does not count.
    if matches!(waited, Err(Unanswered::Failed(_))) && model.writes_reasoning() {
        waited = first_words(&mut model, 2).await;
    }
    match waited {
        Ok(waited) => Ok(ModelAnswer { waited, writes_reasoning: model.writes_reasoning() }),
        Err(Unanswered::Failed(reason)) => Err(reason),
        Err(Unanswered::Late) => Err(format!("{}: {}", AiPart::Model.as_str(), no_answer())),
        Err(Unanswered::NoWords) => Err(format!("{}: {}", AiPart::Model.as_str(), AiFailure::NO_WORDS)),
    }
}

/// Why a request has no words in its answer.
enum Unanswered {
    Failed(String),
    Late,
    NoWords,
}

/// Reads the answer to its end, or as far as it arrives in time. Returns how long its first word or tool call took.
async fn first_words(model: &mut LanguageModel, request: u64) -> Result<Duration, Unanswered> {
    let (since, mut waited) = (clock::instant(), None);
    let conversation = vec![Entry::Caller(REQUEST.to_owned())];
    model.ask(Question { request, instructions: None, conversation, is_twice: false });
    let read = async {
        loop {
            match model.next().await.1 {
                ModelEvent::Text(text) if !text.chars().any(char::is_alphanumeric) => {}
                ModelEvent::Activity => {}
                ModelEvent::Text(_) | ModelEvent::ToolCall { .. } => {
                    waited.get_or_insert(clock::instant().duration_since(since));
                }
                ModelEvent::Done { .. } => return Ok(()),
                ModelEvent::Failed { reason, .. } => return Err(Unanswered::Failed(reason)),
            }
        }
    };
    // A long answer may be cut off here.
    let outcome = tokio::time::timeout(LIMIT, read).await;
    let missing = if outcome.is_ok() { Unanswered::NoWords } else { Unanswered::Late };
    outcome.unwrap_or(Ok(()))?;
    waited.ok_or(missing)
}

async fn speak(setup: &PipelineSetup) -> PartTrial {
    let mut since = clock::instant();
    let mut synthesiser = synthesiser(google_access(setup), Duration::ZERO);
    // A digit, because it can be spoken in every language.
    let word = spoken("1", &setup.language, &Dictionary::default());
    loop {
        match synthesiser.next().await {
            PartEvent::Ready => {
                since = clock::instant();
                synthesiser.speak(ClauseId { answer: 1, index: 0, copy: 0 }, &word, &setup.language);
                synthesiser.try_flush();
            }
            PartEvent::Event((_, SpeechEvent::Audio(_))) => {
                let waited = clock::instant().duration_since(since);
                synthesiser.close().await;
                return Ok(waited);
            }
            PartEvent::Event((_, SpeechEvent::Done)) => return Err("no audio".to_owned()),
            PartEvent::Event((_, SpeechEvent::Failed { reason, .. })) => return Err(reason),
            PartEvent::Lost(error) => return Err(error.reason),
        }
    }
}
