//! Use cases: one function for each operation of the owner, an API client, the agent or a webhook, each in one
//! transaction.

pub mod admin_command;
pub mod appointment;
pub mod backfill;
pub mod backup;
pub mod booking;
pub mod business_profile;
pub mod call;
pub mod call_notice;
pub mod call_review;
pub mod call_summary;
pub mod caller_booking;
pub mod caller_memory;
pub mod caller_text;
pub mod contact;
pub mod conversation;
pub mod custom_field;
mod error;
pub mod fact;
pub mod greeting;
pub mod inbox;
pub mod knowledge_gap;
pub mod lead;
pub mod message_clock;
pub mod note;
pub mod outbox;
pub mod password;
pub mod privacy;
pub mod recording;
pub mod retention;
pub mod saved_reply;
pub mod scheduled_message;
pub mod seed;
pub mod session;
pub mod setting;
pub mod setup;
pub mod tag;
pub mod task;
mod text;
pub mod thread;
pub mod token;
pub mod twilio_number;
pub mod user;
pub mod waiting_list;

pub use error::{Error, RequestError, read, read_long, rehearse, transact};
