//! OpenAI: the Realtime API for live calls, and the REST APIs for recordings and summaries.

pub mod prices;
pub mod realtime;
pub mod responses;
pub mod rest;
