//! The clients and formats of the external providers. The modules do not depend on one another.

pub mod baileys;
pub mod http_client;
pub mod mail;
pub mod media_link;
pub mod openai;
pub mod release_feed;
#[cfg(test)]
mod request_text;
pub mod safe_fetch;
pub mod soniox;
pub mod tls_probe;
pub mod twilio;
pub mod websocket;
