//! A fake AI provider with OpenAI's interfaces: realtime speech over a WebSocket, and transcription, chat and speech
//! over HTTP.
//!
//! No model runs: the transcripts, the answers and the timing are configured in [`OpenAiOptions`]. The events and the
//! errors are those of the API.

mod chat;
mod live;
mod multipart;
pub(crate) mod options;
mod realtime;
mod record;
mod response;
mod response_stream;
mod rest;
mod server;
mod session;
mod state;
pub(crate) mod vad;

pub use options::{Faults, FunctionCall, OpenAiOptions, Turn};
pub use record::{AnswerRecord, SessionRecord};
pub use server::OpenAi;
pub use session::{Output, Session};
pub use state::OpenAiState;
