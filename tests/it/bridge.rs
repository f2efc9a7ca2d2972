//! The daemon, the real bridge and a WhatsApp server, as three processes that communicate only by sockets.

mod challenge;
mod failover;
mod flow;
mod harness;
mod kill;
mod pairing;
mod sockets;
mod wire_tap;
