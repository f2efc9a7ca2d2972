//! What goes out by WhatsApp: a message and its place in the outbox in one transaction, and what becomes of it.

mod attempt;
mod send;

pub use attempt::{begin, finish};
pub use send::{SendAnswer, SendError, SendRequest, send};
