//! The other side of everything: a caller on Twilio's phone network, Twilio's REST interface, an AI, and the WhatsApp
//! bridge.
//!
//! It is written from the vendors' documents and never from our own types, so that it can disagree with us. What it is
//! sent is checked against the vendors' published schemas ([`specs`]); what does not fit is a violation in the
//! [`EventLog`], and whoever runs a simulation fails on it.
//!
//! - [`caller`]: a person who phones: signed webhooks, TwiML followed as Twilio does, a media stream with real playout.
//! - [`twilio`]: Twilio's memory of calls, messages and recordings, its REST interface, WhatsApp messages in.
//! - [`openai`]: a realtime speech model, transcription, chat and speech.
//! - [`bridge`]: the HTTP of the WhatsApp bridge.
//! - [`whatsapp`]: the real bridge and a WhatsApp server for it, as processes.
//!
//! Every server is `start(listener, …) -> handle`; a handle stops its server when it is dropped.

pub mod bridge;
pub mod caller;
mod daemon_connector;
mod event_log;
pub mod openai;
mod server;
pub mod sound;
pub mod specs;
pub mod twilio;
pub mod whatsapp;

pub use daemon_connector::DaemonConnector;
pub use event_log::{Entry, EventLog, Party};

#[cfg(test)]
mod tests;
