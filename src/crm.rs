//! Use cases: one function for each operation of the owner, an API client, the agent or a webhook. Each runs in one
//! transaction, except [`business_profile::search_facts`]: that function writes only if no fact matches, and a search
//! must not occupy the writer.

pub mod admin_command;
pub mod agent_tool;
pub mod answering;
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
pub mod contact_details;
pub mod conversation;
pub mod custom_field;
mod error;
pub mod fact;
pub mod greeting;
mod idempotency;
pub mod inbox;
pub mod knowledge_gap;
pub mod lead;
pub mod media;
pub mod message_clock;
pub mod note;
pub mod outbound_call;
pub mod outbox;
pub mod password;
pub mod privacy;
pub mod recording;
pub mod rehearsal;
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
pub mod webhook_log;

pub use error::{Error, RequestError, Transactions, read, read_long, rehearse, transact};
