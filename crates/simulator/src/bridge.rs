//! A fake WhatsApp bridge: its HTTP interface, and inbound messages that it sends to the daemon.

mod inbound;
mod link;
mod server;
mod state;

pub use inbound::{BridgeInbound, BridgeMessage, InboundAuth, InboundForm};
pub use server::Bridge;
pub use state::{BridgeBehavior, BridgeFault, BridgeFile, BridgeOptions, BridgeSent, BridgeState};

#[cfg(test)]
mod tests;
