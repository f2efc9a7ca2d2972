//! Voice engines, which listen and speak in a call. Each engine converts its own protocol to [`EngineEvent`]s and
//! accepts [`EngineCommand`]s; the call does not depend on the kind of engine.
//!
//! A further engine needs only a variant of [`Engine`] and one of [`crate::call::EngineKind`] with its capabilities.

mod pipeline;
mod realtime;
mod voicemail;

pub use pipeline::{Pipeline, PipelineSetup, PipelineTrial, try_parts};
pub use realtime::{FieldStatus, Realtime, RealtimeSetup, RejectedFields};
pub use voicemail::{Voicemail, VoicemailSetup};

use crate::call::{EngineCommand, EngineEvent};

/// An engine, open or connecting.
#[derive(Debug)]
pub enum Engine {
    /// OpenAI Realtime.
    Realtime(Box<Realtime>),
    /// A transcriber, a language model and a synthesiser.
    Pipeline(Box<Pipeline>),
    /// The recorder of voice messages.
    Voicemail(Box<Voicemail>),
}

impl Engine {
    /// The next event. Cancel safe: nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> EngineEvent {
        match self {
            Self::Realtime(engine) => engine.next().await,
            Self::Pipeline(engine) => engine.next().await,
            Self::Voicemail(engine) => engine.next().await,
        }
    }

    /// Queues a command for the next flush.
    pub fn command(&mut self, command: &EngineCommand) {
        match self {
            Self::Realtime(engine) => engine.command(command),
            Self::Pipeline(engine) => engine.command(command),
            Self::Voicemail(engine) => engine.command(command, crate::clock::instant()),
        }
    }

    /// Sends as much as the engine accepts without waiting.
    pub fn try_flush(&mut self) {
        match self {
            Self::Realtime(engine) => engine.try_flush(),
            Self::Pipeline(engine) => engine.try_flush(),
            Self::Voicemail(_) => {}
        }
    }

    /// Closes the engine.
    pub async fn close(self) {
        match self {
            Self::Realtime(engine) => engine.close().await,
            Self::Pipeline(engine) => engine.close().await,
            Self::Voicemail(_) => {}
        }
    }
}
