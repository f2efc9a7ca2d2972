//! The WhatsApp bridge: its HTTP interface, and the messages of people that it hands on.
//!
//! The bridge and the box are two programs with a contract between them; this stands in for the bridge.

mod files;
mod inbound;
mod link;
mod server;

pub use files::BridgeFile;
pub use inbound::{BridgeInbound, BridgeMessage, InboundAuth, InboundForm};
pub use server::{Bridge, BridgeBehavior, BridgeFault, BridgeOptions, BridgeSent, BridgeState};

#[cfg(test)]
mod tests;
