//! OpenAI: the Realtime interface for live calls, and the REST interface for recordings.

pub mod prices;
pub mod realtime;
pub mod rest;
