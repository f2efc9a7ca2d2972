//! A fake Twilio: its state, its signatures, its TwiML, its REST interface.
//!
//! Based on Twilio's documentation: "TwiML for Programmable Voice", "Media Streams – WebSocket messages", "Webhooks
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
pub(crate) use request::SignedRequest;
pub use request::{SignaturePlan, WebhookResponse};
pub use rest::{Fault, Operation, RecordedRequest, TwilioOptions, TwilioRest};
pub use signature::{sign, sign_json_url};
pub use state::{AccountState, CallError, CallRecord, CallUpdate, NumberRecord, RecordingRecord, TwilioState};
pub use whatsapp::{InboundMessage, WhatsAppNetwork};
