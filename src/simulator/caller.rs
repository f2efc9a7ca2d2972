//! A person who phones, with Twilio between: signed webhooks, TwiML followed as Twilio does, media streams with real
//! playout.

mod chaos;
mod connect;
mod dial;
mod ear;
mod line;
mod media_socket;
mod person;
mod phone;
mod plan;
mod playout;
mod report;
mod script;
mod stream_rules;
mod verbs;
mod webhook;

pub use chaos::Chaos;
pub use ear::Utterance;
pub use person::Speech;
pub use phone::Phone;
pub use plan::{CallPlan, DialPlan, Phase, StreamPlan};
pub use playout::{BufferFull, Cleared, Playout};
pub use report::{Answer, CallReport, EndedBy, Interruption, Prompt, StreamEnd, StreamReport, Webhook};
pub use script::{Clip, Script, ScriptError, Step, parse_time};
