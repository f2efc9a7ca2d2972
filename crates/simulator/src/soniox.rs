//! A fake Soniox: real-time transcription and speech over WebSockets.
//!
//! Based on Soniox's documentation: "Speech-to-Text, WebSocket API", "Endpoint detection", "Manual finalization",
//! "Text-to-Speech, WebSocket API", "WebSocket authentication".

mod options;
mod server;
mod state;
mod stt;
mod tts;

pub use options::{SonioxFaults, SonioxOptions};
pub use server::Soniox;
pub use state::{SonioxState, SpeechRecord, TranscriptionRecord};
