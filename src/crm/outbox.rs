//! Outbound WhatsApp messages: a message and its outbox entry in one transaction, and the outcomes of its attempts.

mod attempt;
mod late_refusal;
mod new_chats;
mod notify_owner;
mod preview;
mod reason;
mod send;
mod text;

pub(in crate::crm) use attempt::answer_failed;
pub use attempt::{begin, finish};
pub use late_refusal::{refuse_late, status_of_refused_attempt};
pub use new_chats::NewChatLimits;
pub use notify_owner::notify_owner;
pub use preview::{RoutePreview, RouteReason, preview};
pub use reason::{reason, unconfirmed};
pub use send::{LocalFile, SendError, SendMessageResponse, SendRequest, capable_providers, send};
pub use text::{MAX_TEXT_CHARS, TextError, check_text};
