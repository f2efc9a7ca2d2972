//! The only loops, and what they are fed with: whatever runs on by itself. Nothing here decides; that is for `call`,
//! `inbox` and `crm`.

mod call;
pub mod calls;
mod clips;
pub mod control;
pub mod fallback;
pub mod heartbeat;
pub mod housekeeping;
pub mod jobs;
pub mod message_files;
pub mod message_news;
pub mod outbox;
mod prompts;
pub mod recordings;
pub mod sweep;

pub use clips::Clips;
pub use prompts::{Prompt, Prompts};

/// Where the business is. Its own setting comes with the settings of the business.
const TIME_ZONE: &str = "Asia/Jerusalem";
