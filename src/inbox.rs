//! WhatsApp's rules as plain values and pure functions: the 24-hour windows, which provider sends and how, what an
//! outgoing message's next step is, at what pace, and where a message stands in its thread.

pub mod delivery;
pub mod message_clock;
pub mod message_time;
pub mod pace;
pub mod policy;
pub mod window;
