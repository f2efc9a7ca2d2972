//! The only loops, and what they are fed with: whatever runs on by itself. Nothing here decides; that is for `call`,
//! `inbox` and `crm`.

pub mod control;
pub mod jobs;
mod prompts;

pub use prompts::{Prompt, Prompts};
