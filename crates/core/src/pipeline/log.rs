//! The inputs and the decisions of a pipeline, for the log of a call's inputs. A new pipeline with the same [`Start`]
//! and the same inputs makes the same decisions.

use super::action::{Action, ClauseId};
use super::event::{ModelEvent, SpeechEvent, TranscriberEvent};
use super::{Pipeline, Start};
use crate::call::{EngineCommand, EngineEvent, ItemId};
use serde::{Deserialize, Serialize};
use std::time::Instant;

/// An input of a pipeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PipelineInput {
    /// A piece of the caller's audio was sent to the transcriber.
    Audio {
        /// The length in milliseconds.
        ms: u64,
        /// Whether the local detector found voice in it.
        is_voice: bool,
    },
    /// A command of the session, except [`EngineCommand::AppendAudio`].
    Command(EngineCommand),
    /// A report of the transcriber.
    Transcriber(TranscriberEvent),
    /// An event of the model.
    Model {
        /// The number of the request.
        request: u64,
        /// What happened.
        event: ModelEvent,
    },
    /// An event of the synthesiser.
    Speech {
        /// The synthesis of a clause.
        clause: ClauseId,
        /// What happened.
        event: SpeechEvent,
    },
    /// The connection to one of the services is lost.
    Lost {
        /// Whether another attempt may succeed.
        retry: bool,
        /// Which connection was lost, and why.
        reason: String,
    },
}

/// A decision of a pipeline.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PipelineOutput {
    /// An action that the driver performs.
    Action(Action),
    /// Audio of the agent, which is passed on to the session.
    Audio {
        /// The utterance of the agent.
        item: ItemId,
        /// The length in samples.
        length: usize,
    },
    /// Another event for the session.
    Event(EngineEvent),
}

/// What happened in a pipeline.
#[derive(Clone, Debug)]
pub enum PipelineStep {
    /// The pipeline was created.
    Start(Box<Start>),
    /// The pipeline received an input.
    Input(PipelineInput),
    /// The pipeline has decided something.
    Output(PipelineOutput),
}

impl From<&EngineEvent> for PipelineOutput {
    fn from(event: &EngineEvent) -> Self {
        match event {
            EngineEvent::AudioDelta { item, audio, .. } => Self::Audio { item: item.clone(), length: audio.len() },
            event => Self::Event(event.clone()),
        }
    }
}

impl Pipeline {
    /// Handles an input.
    pub fn handle_input(&mut self, input: PipelineInput, now: Instant) {
        match input {
            PipelineInput::Audio { ms, is_voice } => self.handle_audio(ms, is_voice, now),
            PipelineInput::Command(command) => self.handle_command(&command, now),
            PipelineInput::Transcriber(event) => self.handle_transcriber_event(event, now),
            PipelineInput::Model { request, event } => self.handle_model(request, event, now),
            PipelineInput::Speech { clause, event } => self.handle_speech(clause, event, now),
            PipelineInput::Lost { retry, reason } => self.fail(retry, reason),
        }
    }
}

/// Serializes audio as its length in samples. Silence of this length is read back.
pub(super) mod length {
    use crate::audio::{EncodedAudio, mulaw};
    use serde::{Deserialize, Deserializer, Serializer};

    /// The maximum length that is read: a minute.
    const MAX: usize = 480_000;

    pub(in crate::pipeline) fn serialize<S: Serializer>(
        audio: &EncodedAudio,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(audio.len() as u64)
    }

    pub(in crate::pipeline) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<EncodedAudio, D::Error> {
        let length = usize::deserialize(deserializer)?;
        Ok(EncodedAudio::encode(&vec![mulaw::SILENCE; length.min(MAX)]))
    }
}
