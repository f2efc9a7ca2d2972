//! The decisions of AgentLocator, without I/O: what must be right is a plain value, a pure function or a state machine.
//! The caller passes the time and random bytes as arguments, so tests can run every order of events in virtual time.
//!
//! - [`domain`]: the business's types.
//! - [`call`]: the phone call.
//! - [`pipeline`]: a voice engine of transcriber, model and synthesiser.
//! - [`inbox`]: the rules of the messages.
//! - [`booking`]: free times, opening hours and holidays.
//! - [`promise`]: what the agent says that it did, compared with what it did.
//! - [`spoken`]: texts as they are spoken.
//! - [`search`]: folding of spellings, queries, and their hits in a text.
//! - [`audio`]: mu-law, WAV, Opus, voice detection, the recording of both sides.

#![warn(missing_docs)]

pub mod audio;
pub mod booking;
pub mod call;
pub mod domain;
pub mod inbox;
pub mod pipeline;
pub mod promise;
pub mod search;
pub mod spoken;
