//! Outbound WhatsApp messages: a message and its outbox entry in one transaction, and the outcomes of its attempts.

mod attempt;
mod late_refusal;
mod new_chats;
mod notify_owner;
mod preview;
mod queue;
mod reason;
mod request;
mod send;
mod text;

pub use attempt::{begin, finish};
pub use late_refusal::{LateOutcome, refuse_late, status_of_refused_attempt};
pub use notify_owner::{NotifyOwnerError, notify_owner};
pub use preview::{PreviewContext, RoutePreview, RouteReason, conversation_with, preview, preview_to_contact};
pub use queue::{cancel, discard_held, hasten, hasten_postponed, postpone, recover, recover_one, release_held};
pub use reason::{reason, unconfirmed};
pub use request::{LocalFile, NewChatLimits, SendError, SendMessageResponse, SendRefusal, SendRequest};
pub use send::{capable_providers, check, first_response, send};
pub use text::{MAX_TEXT_CHARS, TextError, check_text, max_chars};
