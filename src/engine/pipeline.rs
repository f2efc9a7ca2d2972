//! The pipeline as a voice engine: a transcriber, a language model and a synthesiser, each behind a trait
//! ([`parts`]). [`crate::pipeline`] makes the decisions without I/O; this module performs its actions.

mod caller_voice;
mod clause_tasks;
mod google;
mod http_transcriber;
mod link;
mod logged;
mod model;
mod parts;
mod response_socket;
mod soniox;
mod speech;
mod text;
mod transcriber;
mod trial;
mod warm_up;

use crate::agent::tool::ToolRegistry;
use crate::audio::VoiceDetector;
use crate::call::{EngineCommand, EngineEvent, HistoryTurn};
use crate::config::{Config, Synthesiser as SynthesiserChoice, Transcriber as TranscriberChoice};
use crate::domain::{AiFailure, AiPart, ContactName};
use crate::pipeline::{Action, ClaimCheck, PipelineInput, PipelineStep, Start};
use crate::providers::deepgram::DeepgramTranscription;
use crate::providers::elevenlabs::ElevenLabsTranscription;
use crate::providers::google::AccessTokens;
use crate::providers::openai::realtime::{caller_history_note, caller_name_note};
use crate::providers::openai::transcription::OpenAiTranscription;
use crate::providers::soniox::SonioxTranscription;
use crate::providers::websocket::DialError;
use crate::spoken::{Dictionary, clause_for_synthesis};
use crate::{clock, entropy};
pub use caller_voice::CallerVoice;
use google::{Access, GoogleSynthesiser, GoogleTranscriber};
use http_transcriber::HttpTranscriber;
use logged::LoggedLogic;
use model::LanguageModel;
pub use model::ModelMemory;
use parts::{Model, PartEvent, Question, Synthesiser, Transcriber};
use soniox::SonioxTts;
use speech::{HttpSynthesiser, SpeechApi};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};
pub use text::{TextAnswer, TextConversation};
use transcriber::SocketTranscriber;
pub use trial::{ModelAnswer, PipelineTrial, try_parts};
use warm_up::WarmUp;

#[derive(Clone, Debug)]
pub struct PipelineSetup {
    pub config: Arc<Config>,
    pub client: reqwest::Client,
    pub google: AccessTokens,
    pub model_memory: ModelMemory,
    pub instructions: Arc<str>,
    pub tools: ToolRegistry,
    /// The language that callers are expected to speak, ISO 639-1.
    pub language: String,
    /// Names that callers are likely to say, as a hint for the transcriber.
    pub terms: Vec<String>,
    /// The caller's name. The model receives it as data, not as an instruction.
    pub caller_name: ContactName,
    /// Earlier calls and messages with the caller, as JSON.
    pub caller_history: Option<String>,
    pub history: Vec<HistoryTurn>,
    /// How the agent's words are checked before they are spoken; `None` if they are not checked.
    pub claims: Option<ClaimCheck>,
    /// Whether the inputs and decisions of the engine are recorded for the input log of the call.
    pub is_logged: bool,
}

impl PipelineSetup {
    /// These messages are separate from the instructions, because part of their text comes from callers.
    fn notes(&self) -> Vec<String> {
        let name = caller_name_note(&self.caller_name);
        name.into_iter().chain(self.caller_history.as_deref().map(caller_history_note)).collect()
    }
}

pub struct Pipeline {
    logic: LoggedLogic,
    voice: VoiceDetector,
    transcriber: Box<dyn Transcriber>,
    model: Box<dyn Model>,
    synthesiser: Box<dyn Synthesiser>,
    _warm_up: WarmUp,
    readiness: Readiness,
    ready_by: Instant,
    /// The language of the conversation (ISO 639-1), for texts whose script does not indicate another language.
    language: String,
    dictionary: Dictionary,
    cents_per_hour: u32,
    /// The end of the time whose cost was reported.
    paid_until: Instant,
}

/// The additional time after the transcriber's maximum delay in which the end of an utterance may still arrive.
const ENDPOINT_GRACE: Duration = Duration::from_millis(150);
/// The time in which all connections must be ready, with the delay before they are opened. It is a little shorter than the session's own timeout, which cannot
/// say which part is missing.
const READY_LIMIT: Duration = Duration::from_millis(2800);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Readiness {
    /// The connections are being opened. The fields state which parts are ready; the model needs no connection.
    Opening {
        transcriber: bool,
        synthesiser: bool,
    },
    Open,
    Lost,
}

impl Pipeline {
    /// Creates a pipeline that opens its connections after `delay`.
    pub fn open(setup: PipelineSetup, delay: Duration) -> Self {
        let config = &setup.config;
        let start = Start {
            id: format!("pipeline-{}", entropy::random_hex::<4>()),
            history: setup.history.clone(),
            notes: setup.notes(),
            max_pause: max_pause(config),
            speculates: config.pipeline.speculation,
            duplicates: config.pipeline.duplicate_requests,
            claims: setup.claims.clone(),
        };
        let now = clock::instant();
        Self {
            logic: LoggedLogic::new(start, setup.is_logged, now),
            voice: VoiceDetector::default(),
            _warm_up: WarmUp::start(config, &setup.client, delay),
            transcriber: transcriber(&setup, delay),
            synthesiser: synthesiser(google_access(&setup), delay),
            model: Box::new(LanguageModel::new(
                config.clone(),
                setup.client,
                setup.instructions,
                setup.tools,
                setup.model_memory,
            )),
            readiness: Readiness::Opening { transcriber: false, synthesiser: false },
            ready_by: now + READY_LIMIT,
            dictionary: Dictionary::from_lines(&config.agent.pronunciation),
            cents_per_hour: config.pipeline.cents_per_hour,
            paid_until: now,
            language: setup.language,
        }
    }

    /// Returns the next event. Cancel safe: no event is lost if the future is dropped.
    pub async fn next(&mut self) -> EngineEvent {
        loop {
            self.run_actions();
            if let Some(mut event) = self.logic.poll_event() {
                match &mut event {
                    EngineEvent::Failed { .. } => self.readiness = Readiness::Lost,
                    EngineEvent::ResponseDone { usage, .. } => usage.cost_micros = self.cost_since_last(),
                    _ => {}
                }
                return event;
            }
            if self.readiness == (Readiness::Opening { transcriber: true, synthesiser: true }) {
                self.readiness = Readiness::Open;
                self.paid_until = clock::instant();
                return EngineEvent::Ready;
            }
            if self.readiness == Readiness::Lost {
                std::future::pending::<()>().await;
            }
            tokio::select! {
                biased;
                event = self.transcriber.next() => self.transcriber_event(event),
                event = self.synthesiser.next() => self.synthesiser_event(event),
                (request, event) = self.model.next() => self.handle_input(PipelineInput::Model { request, event }),
                () = tokio::time::sleep_until(self.ready_by.into()), if self.readiness != Readiness::Open => self.not_ready(),
            }
        }
    }

    /// Drops commands that arrive before the engine is ready or after it failed.
    pub fn command(&mut self, command: &EngineCommand) {
        if self.readiness != Readiness::Open {
            return;
        }
        if let EngineCommand::AppendAudio(audio) = command {
            let is_voice = self.voice.detect(audio, false);
            self.transcriber.send(audio, is_voice);
            self.handle_input(PipelineInput::Audio { ms: audio.ms(), is_voice });
        } else {
            self.handle_input(PipelineInput::Command(command.clone()));
        }
        self.run_actions();
    }

    /// Returns what the engine has received and decided since the last call of this function, each with its time.
    /// Returns nothing if the setup does not request a record.
    pub fn drain_steps(&mut self) -> impl Iterator<Item = (Instant, PipelineStep)> {
        self.logic.drain_steps()
    }

    /// Sends queued data, as far as the servers accept it without blocking.
    pub fn try_flush(&mut self) {
        self.transcriber.try_flush();
        self.synthesiser.try_flush();
    }

    /// Closes the connections immediately, because open connections cost money.
    pub async fn close(self) {
        drop(self.model);
        tokio::join!(self.transcriber.close(), self.synthesiser.close());
    }

    fn handle_input(&mut self, input: PipelineInput) {
        self.logic.handle_input(input, clock::instant());
    }

    fn run_actions(&mut self) {
        while let Some(action) = self.logic.poll_action() {
            match action {
                Action::EndUtterance => self.transcriber.end_utterance(),
                Action::Ask { request, instructions, conversation, is_twice } => {
                    self.model.ask(Question { request, instructions, conversation, is_twice });
                }
                Action::StopModel => self.model.stop(),
                Action::Speak { clause, before, text } => {
                    let (text, language) = clause_for_synthesis(&before, &text, &self.language, &self.dictionary);
                    self.synthesiser.speak(clause, &text, language);
                }
                Action::StopSpeech { clause } => self.synthesiser.stop(clause),
            }
        }
    }

    fn transcriber_event(&mut self, event: PartEvent<parts::TranscriberEvent>) {
        match event {
            PartEvent::Ready => {
                if let Readiness::Opening { transcriber, .. } = &mut self.readiness {
                    *transcriber = true;
                }
            }
            PartEvent::Event(event) => self.handle_input(PipelineInput::Transcriber(event)),
            PartEvent::Lost(error) => self.lost("transcriber", error),
        }
    }

    fn synthesiser_event(&mut self, event: PartEvent<parts::ClauseEvent>) {
        match event {
            PartEvent::Ready => {
                if let Readiness::Opening { synthesiser, .. } = &mut self.readiness {
                    *synthesiser = true;
                }
            }
            PartEvent::Event((clause, event)) => self.handle_input(PipelineInput::Speech { clause, event }),
            PartEvent::Lost(error) => self.lost("synthesiser", error),
        }
    }

    fn not_ready(&mut self) {
        let is_heard = matches!(self.readiness, Readiness::Opening { transcriber: true, .. });
        let part = if is_heard { AiPart::Synthesiser } else { AiPart::Transcriber };
        self.lost(part.as_str(), DialError { retry: true, reason: AiFailure::NOT_READY.to_owned() });
    }

    /// Returns the cost of the time since the last report, in millionths of a dollar. One cent per hour is 10,000
    /// millionths per 3,600,000 ms, so the divisor is 360.
    fn cost_since_last(&mut self) -> i64 {
        let now = clock::instant();
        let time = now.duration_since(std::mem::replace(&mut self.paid_until, now));
        i64::try_from(time.as_millis() * u128::from(self.cents_per_hour) / 360).unwrap_or(i64::MAX)
    }

    fn lost(&mut self, part: &str, DialError { retry, reason }: DialError) {
        self.handle_input(PipelineInput::Lost { retry, reason: format!("{part}: {reason}") });
    }
}

fn transcriber(setup: &PipelineSetup, delay: Duration) -> Box<dyn Transcriber> {
    let PipelineSetup { config, client, language, terms, .. } = setup;
    match config.pipeline.transcriber {
        TranscriberChoice::Soniox => {
            let protocol = SonioxTranscription::new(&config.soniox, language, terms);
            Box::new(SocketTranscriber::open(protocol, config.soniox.key().cloned(), delay))
        }
        TranscriberChoice::Deepgram => {
            let protocol = DeepgramTranscription::new(&config.deepgram, language, terms);
            Box::new(SocketTranscriber::open(protocol, config.deepgram.key().cloned(), delay))
        }
        TranscriberChoice::ElevenLabs => {
            let protocol = ElevenLabsTranscription::new(&config.elevenlabs, language, terms);
            Box::new(SocketTranscriber::open(protocol, config.elevenlabs.key().cloned(), delay))
        }
        TranscriberChoice::OpenAi => {
            let protocol = OpenAiTranscription::new(&config.openai, language, terms);
            Box::new(SocketTranscriber::open(protocol, config.openai.key().cloned(), delay))
        }
        TranscriberChoice::Google => Box::new(GoogleTranscriber::open(google_access(setup), language, terms, delay)),
        TranscriberChoice::Transcription => {
            Box::new(HttpTranscriber::new(config.clone(), client.clone(), language, terms))
        }
    }
}

fn synthesiser(access: Access, delay: Duration) -> Box<dyn Synthesiser> {
    let over_http = |Access { config, client, .. }, api| Box::new(HttpSynthesiser::new(config, client, api));
    match access.config.pipeline.synthesiser {
        SynthesiserChoice::Soniox => Box::new(SonioxTts::open(access.config, delay)),
        SynthesiserChoice::ElevenLabs => over_http(access, SpeechApi::ElevenLabs),
        SynthesiserChoice::Google => Box::new(GoogleSynthesiser::open(access, delay)),
        SynthesiserChoice::Speech => over_http(access, SpeechApi::OpenAi),
    }
}

fn google_access(setup: &PipelineSetup) -> Access {
    Access { client: setup.client.clone(), config: setup.config.clone(), tokens: setup.google.clone() }
}

/// Returns the silence after which the pipeline asks the transcriber to end an utterance. Soniox and Deepgram normally
/// end utterances themselves, so they get additional time.
fn max_pause(config: &Config) -> Duration {
    let grace = match config.pipeline.transcriber {
        TranscriberChoice::Soniox | TranscriberChoice::Deepgram => ENDPOINT_GRACE,
        TranscriberChoice::ElevenLabs
        | TranscriberChoice::Google
        | TranscriberChoice::OpenAi
        | TranscriberChoice::Transcription => Duration::ZERO,
    };
    config.max_pause() + grace
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline").field("readiness", &self.readiness).finish_non_exhaustive()
    }
}
