//! The bridge: the small process beside us that is linked to the business's own WhatsApp.

pub mod bridge;
pub mod signature;
pub mod webhook;
