//! A fake WhatsApp bridge: its HTTP interface, and inbound messages that it sends to the daemon.

mod files;
mod inbound;
mod link;
mod server;

pub use files::BridgeFile;
pub use inbound::{BridgeInbound, BridgeMessage, InboundAuth, InboundForm};
pub use server::{Bridge, BridgeBehavior, BridgeFault, BridgeOptions, BridgeSent, BridgeState};

#[cfg(test)]
mod tests;
