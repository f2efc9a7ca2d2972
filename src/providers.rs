//! Each vendor's dialect and client. The rooms beside one another never meet.

pub mod baileys;
pub mod http_client;
pub mod mail;
pub mod openai;
pub mod public_file;
pub mod release_feed;
pub mod tls_look;
pub mod twilio;
pub mod websocket;
