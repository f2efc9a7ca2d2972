//! Simulators of the daemon's peers: a caller on Twilio's phone network, Twilio's REST interface, providers of AI,
//! transcription and speech, and the WhatsApp bridge.
//!
//! The simulators are based on the vendors' documentation and never on the daemon's types, so that they do not repeat
//! the daemon's errors. With the feature `conformance`, requests to Twilio and OpenAI are also checked against the
//! vendors' published schemas ([`specs`]). A request that does not conform is recorded as a violation in the
//! [`EventLog`].
//!
//! - [`caller`]: a simulated caller: signed webhooks, TwiML executed as Twilio does, a media stream with real-time
//!   playout.
//! - [`twilio`]: Twilio's state (calls, messages, recordings), its REST interface, and inbound WhatsApp messages.
//! - [`openai`]: OpenAI's realtime speech model, transcription, chat and speech.
//! - [`soniox`]: transcription and speech over WebSockets.
//! - [`deepgram`]: transcription over a WebSocket.
//! - [`elevenlabs`]: transcription over a WebSocket, and speech over HTTP.
//! - [`google`]: transcription and speech over gRPC.
//! - [`bridge`]: the HTTP interface of the WhatsApp bridge.
//! - [`shop_year`]: a year of calls and messages, for databases of a realistic size.
//! - [`whatsapp`]: the real bridge and a WhatsApp server for it, as child processes.
//!
//! Each server in this process has `start(listener, …)`, which returns a handle. Dropping the handle stops the server.

#![warn(missing_docs)]

pub mod bridge;
pub mod caller;
mod clock;
mod daemon_connector;
pub mod deepgram;
pub mod elevenlabs;
mod entropy;
mod event_log;
mod fault;
pub mod google;
pub mod openai;
mod server;
pub mod shop_year;
pub mod soniox;
pub mod sound;
pub mod specs;
mod transcriber;
pub mod twilio;
mod websocket;
pub mod whatsapp;

pub use daemon_connector::DaemonConnector;
pub use event_log::{Entry, EventLog, Party};
pub use fault::Fault;
pub use server::HttpRequest;

#[cfg(test)]
mod tests;
