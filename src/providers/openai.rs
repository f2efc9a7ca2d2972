//! OpenAI: the Realtime API for live calls, and the REST APIs for recordings, summaries and the pipeline engine.

pub mod answer_text;
pub mod chat;
pub mod live;
pub mod prices;
pub mod realtime;
pub mod response_stream;
pub mod rest;
pub mod sse;
pub mod structured;
pub mod transcription;

pub use chat::ChatRole;
