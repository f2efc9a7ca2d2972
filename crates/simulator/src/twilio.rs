//! A fake Twilio: its state, its signatures, its TwiML, its REST interface.
//!
//! Based on Twilio's documentation: "TwiML for Programmable Voice", "Media Streams – WebSocket messages", "Webhooks
//! security", "REST API".

mod records;
mod request;
mod rest;
mod signature;
mod state;
pub mod twiml;
mod whatsapp;

pub use records::{
    Account, AccountState, CallRecord, CallUpdate, DialRequest, MediaRecord, MessageRecord, NumberRecord,
    RecordingRecord, SenderRecord, random_sid,
};
pub(crate) use request::SignedRequest;
pub use request::{SignaturePlan, WebhookResponse};
pub use rest::{Fault, Operation, RecordedRequest, TwilioOptions, TwilioRest};
pub use signature::{sign, sign_json_url};
pub use state::{CallError, TwilioState};
pub use whatsapp::{InboundMessage, WhatsAppNetwork};
