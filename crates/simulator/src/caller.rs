//! A simulated caller on Twilio's network: sends signed webhooks, executes TwiML as Twilio does, and plays media
//! streams in real time.

mod call_plan;
mod callee;
mod chaos;
mod connect;
mod dial;
mod media_socket;
mod media_stream;
mod phone;
mod playout;
mod report;
mod script;
mod scripted_caller;
mod speech_monitor;
mod stream_rules;
mod verbs;
mod webhook_client;

pub use call_plan::{CallPlan, DialPlan, Phase, StreamPlan};
pub use callee::Callee;
pub use chaos::Chaos;
pub use phone::Phone;
pub use playout::{BufferFull, Cleared, Playout};
pub use report::{Answer, CallReport, EndedBy, Interruption, Prompt, StreamEnd, StreamReport, Webhook};
pub use script::{Clip, Script, ScriptError, Step, parse_time};
pub use scripted_caller::Speech;
pub use speech_monitor::Utterance;
