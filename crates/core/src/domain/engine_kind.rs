//! The engines that conduct calls.

use super::text_enum;

text_enum! {
    /// The kind of an engine, which conducts the conversation with the caller.
    EngineKind {
        /// OpenAI Realtime: speech to speech.
        Realtime = "realtime",
        /// A transcriber, a language model and a speech synthesiser.
        Pipeline = "pipeline",
        /// Takes a message; needs no external service.
        Voicemail = "voicemail",
    }
}

impl EngineKind {
    /// Returns true if an AI speaks with the caller.
    pub const fn is_ai(self) -> bool {
        match self {
            Self::Realtime | Self::Pipeline => true,
            Self::Voicemail => false,
        }
    }
}
