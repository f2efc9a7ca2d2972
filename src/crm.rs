//! Use cases: one function for each operation of the owner, an API client, the agent or a webhook, each in one
//! transaction.

pub mod backfill;
pub mod call;
pub mod contact;
pub mod inbox;
pub mod message_clock;
pub mod order;
pub mod outbox;
pub mod password;
pub mod recording;
mod refusal;
pub mod retention;
pub mod session;
pub mod setup;
pub mod thread;
pub mod token;
pub mod user;

pub use refusal::{Error, Refusal, transact};
