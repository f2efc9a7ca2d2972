//! The clients and formats of the external providers. The modules do not depend on one another.

pub mod baileys;
pub mod http_client;
pub mod mail;
pub mod openai;
pub mod public_file;
pub mod release_feed;
pub mod tls_look;
pub mod twilio;
pub mod websocket;
