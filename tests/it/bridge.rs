//! The daemon, the real bridge and a WhatsApp server: three processes that nothing but sockets connects.

mod failover;
mod flow;
mod harness;
mod kill;
mod pairing;
mod sockets;
