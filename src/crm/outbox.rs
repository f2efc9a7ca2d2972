//! What goes out by WhatsApp: a message and its place in the outbox in one transaction, and what becomes of it.

mod attempt;
mod new_chats;
mod owner;
mod reason;
mod send;

pub use attempt::{begin, finish};
pub use new_chats::NewChatLimits;
pub use owner::send_to_owner;
pub use reason::reason;
pub use send::{SendAnswer, SendError, SendRequest, able, send};
