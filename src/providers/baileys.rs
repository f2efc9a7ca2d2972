//! The WhatsApp bridge: a local process that is linked to the WhatsApp account of the business.

pub mod bridge;
pub mod signature;
pub mod webhook;
