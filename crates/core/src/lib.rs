//! The business logic of AgentLocator, without I/O: values, pure functions and state machines.
//! Functions receive the time and random bytes as arguments, so tests can run any order of events in virtual time.
//!
//! - [`domain`]: the business's types.
//! - [`call`]: the phone call.
//! - [`pipeline`]: the voice engine that combines a transcriber, a language model and a speech synthesiser.
//! - [`live`]: the turns of a voice engine that listens and speaks at the same time.
//! - [`inbox`]: the rules for sending and receiving messages.
//! - [`booking`]: free times, opening hours and holidays.
//! - [`promise`]: detection of actions that the agent claims in a call but has not performed.
//! - [`spoken`]: conversion of written text into words that a speech synthesiser pronounces correctly.
//! - [`search`]: normalisation of spellings, search queries, and the position of their hits in a text.
//! - [`audio`]: mu-law, WAV, MP3 and Opus, voice detection, and the recording of both sides of a call.

#![warn(missing_docs)]

pub mod audio;
pub mod booking;
pub mod call;
mod completeness;
pub mod domain;
pub mod inbox;
pub mod live;
pub mod pipeline;
pub mod promise;
pub mod search;
pub mod spoken;
