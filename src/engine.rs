//! Voice engines, which listen and speak in a phone call. Each engine converts its own protocol to [`EngineEvent`]s and
//! accepts [`EngineCommand`]s, so that the call session does not depend on the kind of engine.
//!
//! To add an engine, add a variant to [`Engine`], and a variant with its capabilities to [`crate::call::EngineKind`].

mod live;
mod pipeline;
mod realtime;
mod voicemail;

pub use live::Live;
pub use pipeline::{
    CallerVoice, ModelAnswer, ModelMemory, Pipeline, PipelineSetup, PipelineTrial, TextAnswer, TextConversation,
    try_parts,
};
pub use realtime::{FieldStatus, Realtime, RealtimeSetup, RejectedFields};
pub use voicemail::{Voicemail, VoicemailSetup};

use crate::call::{EngineCommand, EngineEvent};
use crate::pipeline::PipelineStep;
use std::time::Instant;

#[derive(Debug)]
pub enum Engine {
    /// OpenAI Realtime.
    Realtime(Box<Realtime>),
    /// OpenAI GPT-Live.
    Live(Box<Live>),
    /// A transcriber, a language model and a synthesiser.
    Pipeline(Box<Pipeline>),
    /// The recorder of voicemail messages.
    Voicemail(Box<Voicemail>),
}

impl Engine {
    /// Returns the next event. Cancel safe: no event is lost if the future is dropped.
    pub async fn next(&mut self) -> EngineEvent {
        match self {
            Self::Realtime(engine) => engine.next().await,
            Self::Live(engine) => engine.next().await,
            Self::Pipeline(engine) => engine.next().await,
            Self::Voicemail(engine) => engine.next().await,
        }
    }

    /// Queues a command for the next flush. Voicemail has no connection, and handles the command at once.
    pub fn command(&mut self, command: &EngineCommand) {
        match self {
            Self::Realtime(engine) => engine.command(command),
            Self::Live(engine) => engine.command(command, crate::clock::instant()),
            Self::Pipeline(engine) => engine.command(command),
            Self::Voicemail(engine) => engine.command(command, crate::clock::instant()),
        }
    }

    /// Sends queued data, as far as the server accepts it without blocking.
    pub fn try_flush(&mut self) {
        match self {
            Self::Realtime(engine) => engine.try_flush(),
            Self::Live(engine) => engine.try_flush(),
            Self::Pipeline(engine) => engine.try_flush(),
            Self::Voicemail(_) => {}
        }
    }

    /// Passes what a pipeline has received and decided since the last call of this function to `log`, each step with its
    /// time. The other engines decide nothing that the session's own inputs do not contain.
    pub fn drain_steps(&mut self, log: impl FnMut((Instant, PipelineStep))) {
        if let Self::Pipeline(engine) = self {
            engine.drain_steps().for_each(log);
        }
    }

    pub async fn close(self) {
        match self {
            Self::Realtime(engine) => engine.close().await,
            Self::Live(engine) => engine.close().await,
            Self::Pipeline(engine) => engine.close().await,
            Self::Voicemail(_) => {}
        }
    }
}
