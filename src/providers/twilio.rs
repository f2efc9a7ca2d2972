//! Twilio: webhooks, TwiML, media streams, and the REST API.

pub mod account;
pub mod call_progress;
pub mod error_messages;
pub mod forms;
pub mod lists;
pub mod media;
pub mod media_stream;
pub mod messages;
pub mod rest;
pub mod senders;
pub mod signature;
pub mod stream_token;
pub mod twiml;
pub mod whatsapp;
