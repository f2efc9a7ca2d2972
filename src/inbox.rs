//! WhatsApp's rules as plain values and pure functions: the 24-hour windows, which provider sends and how, what an
//! outgoing message's next step is, and at what pace.

pub mod clock;
pub mod delivery;
pub mod pace;
pub mod policy;
pub mod window;
