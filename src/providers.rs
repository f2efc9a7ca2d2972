//! Clients and message formats of the external providers. The modules of the vendors do not depend on one another.

pub mod baileys;
pub mod deepgram;
pub mod elevenlabs;
pub mod error_code;
pub mod google;
pub mod grpc;
pub mod http_client;
pub mod mail;
pub mod media_link;
pub mod openai;
pub mod release_feed;
#[cfg(test)]
mod request_text;
pub mod safe_fetch;
pub mod soniox;
mod tls_crypto;
pub mod tls_probe;
pub mod transcription;
pub mod twilio;
pub mod websocket;
