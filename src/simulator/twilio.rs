//! Twilio: what it remembers, what it signs, what TwiML it understands, its REST interface.
//!
//! Written from Twilio's documentation: "TwiML for Programmable Voice", "Media Streams – WebSocket messages", "Webhooks
//! security", "REST API".

mod account;
mod exchange;
mod signature;
pub mod twiml;

pub use account::{Account, random_sid};
pub use exchange::{CallError, CallRecord, CallUpdate, Exchange, RecordingRecord};
pub use signature::{sign, sign_json_url};
