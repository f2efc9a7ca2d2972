//! The bridge: a local process that is linked to the business's own WhatsApp account.

pub mod bridge;
pub mod signature;
pub mod webhook;
