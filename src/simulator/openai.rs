//! An AI with OpenAI's interfaces: realtime speech over a WebSocket, transcription, chat and speech over HTTP.
//!
//! It understands nothing: what it hears and says is planned in [`OpenAiOptions`]. How it says it, when, and what it
//! objects to is the API's own way.

mod ids;
mod multipart;
mod options;
mod realtime;
mod record;
mod response;
mod rest;
mod server;
mod session;
mod vad;

pub use options::{Faults, FunctionCall, OpenAiOptions, Turn};
pub use record::{AnswerRecord, SessionRecord};
pub use server::{OpenAi, OpenAiState};
pub use session::{Output, Session};
