//! Voice engines, which listen and speak in a call. Each converts its own protocol to [`EngineEvent`]s and accepts
//! [`EngineCommand`]s; the call knows none of them by name.
//!
//! A third one needs a variant of [`Engine`], one of [`crate::call::EngineKind`] with its capabilities, and nothing else.

mod realtime;
mod voicemail;

pub use realtime::{Realtime, RealtimeSetup, RejectedFields};
pub use voicemail::{Voicemail, VoicemailSetup};

use crate::call::{EngineCommand, EngineEvent};

/// An open engine, or one on its way.
#[derive(Debug)]
pub enum Engine {
    /// OpenAI Realtime.
    Realtime(Box<Realtime>),
    /// Takes a message.
    Voicemail(Box<Voicemail>),
}

impl Engine {
    /// The next event. Cancel safe: nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> EngineEvent {
        match self {
            Self::Realtime(engine) => engine.next().await,
            Self::Voicemail(engine) => engine.next().await,
        }
    }

    /// Takes a command; it goes out with the next flush.
    pub fn command(&mut self, command: &EngineCommand) {
        match self {
            Self::Realtime(engine) => engine.command(command),
            Self::Voicemail(engine) => engine.command(command, crate::clock::instant()),
        }
    }

    /// Sends what the engine takes at once.
    pub fn try_flush(&mut self) {
        match self {
            Self::Realtime(engine) => engine.try_flush(),
            Self::Voicemail(_) => {}
        }
    }

    /// Ends it.
    pub async fn close(self) {
        match self {
            Self::Realtime(engine) => engine.close().await,
            Self::Voicemail(_) => {}
        }
    }
}
