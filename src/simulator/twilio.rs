//! Twilio: what it remembers, what it signs, what TwiML it understands, its REST interface.
//!
//! Written from Twilio's documentation: "TwiML for Programmable Voice", "Media Streams – WebSocket messages", "Webhooks
//! security", "REST API".

mod account;
mod exchange;
mod message;
mod request;
mod rest;
mod signature;
pub mod twiml;
mod whatsapp;

pub use account::{Account, random_sid};
pub use exchange::{AccountState, CallError, CallRecord, CallUpdate, Exchange, NumberRecord, RecordingRecord};
pub use message::{MediaRecord, MessageRecord};
pub(in crate::simulator) use request::SignedRequest;
pub use request::{BoxAnswer, SignaturePlan};
pub use rest::{Asked, Fault, Operation, TwilioOptions, TwilioRest};
pub use signature::{sign, sign_json_url};
pub use whatsapp::{InboundMessage, WhatsAppNetwork};
