//! WhatsApp's rules as plain values and pure functions: the 24-hour window, the choice of provider and message form,
//! the next step of an outbound message, the send rate, and the position of a message in its thread.

pub mod delivery;
pub mod message_clock;
pub mod message_time;
pub mod policy;
pub mod send_rate;
pub mod window;
