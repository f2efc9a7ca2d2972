//! Twilio: what it remembers, what it signs, what TwiML it understands, its REST interface.
//!
//! Written from Twilio's documentation: "TwiML for Programmable Voice", "Media Streams – WebSocket messages", "Webhooks
//! security", "REST API".

mod account;
mod message;
mod request;
mod rest;
mod signature;
mod state;
pub mod twiml;
mod whatsapp;

pub use account::{Account, random_sid};
pub use message::{MediaRecord, MessageRecord};
pub(in crate::simulator) use request::SignedRequest;
pub use request::{SignaturePlan, WebhookResponse};
pub use rest::{Fault, Operation, RecordedRequest, TwilioOptions, TwilioRest};
pub use signature::{sign, sign_json_url};
pub use state::{AccountState, CallError, CallRecord, CallUpdate, NumberRecord, RecordingRecord, TwilioState};
pub use whatsapp::{InboundMessage, WhatsAppNetwork};
