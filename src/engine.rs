//! Voice engines: what hears and speaks in a call. Each turns its own dialect into [`EngineEvent`]s and takes
//! [`EngineCommand`]s; the call knows none of them by name.
//!
//! A third one needs a variant of [`Engine`], a word in [`crate::call::EngineKind`] with its capabilities, and nothing else.

mod realtime;
mod voicemail;

pub use realtime::{Realtime, RealtimeSetup, RefusedFields};
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
    /// The next news. Nothing is lost if the future is dropped.
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
