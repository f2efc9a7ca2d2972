//! OpenAI: the Realtime API for live calls, and the REST API for recordings.

pub mod prices;
pub mod realtime;
pub mod rest;
