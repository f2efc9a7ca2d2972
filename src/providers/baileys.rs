//! The WhatsApp bridge: a separate process that is linked to the WhatsApp account of the business.

pub mod bridge;
pub mod signature;
pub mod webhook;
