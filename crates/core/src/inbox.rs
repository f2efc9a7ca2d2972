//! WhatsApp's rules as plain values and pure functions: the 24-hour window, the choice of provider and message form,
//! the next step of an outbound message, the send rate, the position of a message in its thread, the words by which
//! the owner switches who answers calls, and those by which a contact opts out of messages.

pub mod delivery;
pub mod message_clock;
pub mod message_time;
pub mod opt_out;
pub mod owner_command;
pub mod policy;
pub mod send_rate;
pub mod window;
