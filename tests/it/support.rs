//! Support for black-box tests: a daemon in its own temporary folder, the daemon's log and database, clients, and fake
//! external services.
//!
//! A test binds the listener itself and passes it to the daemon by socket activation. Therefore tests do not compete
//! for ports, and a restarted daemon keeps its address. Tests that run a fake vendor in the same runtime use
//! `#[tokio::test(flavor = "multi_thread")]`, because starting and stopping a daemon blocks the thread.

pub mod access;
pub mod browser;
pub mod client;
pub mod daemon;
mod database;
pub mod fake_server;
pub mod faults;
pub mod freeze;
pub mod litestream;
pub mod log;
pub mod pebble;
pub mod relay;
pub mod rng;
pub mod s3;
pub mod setup;
mod skip;
pub mod small_disk;
pub mod smtp;
pub mod store;
pub mod telephony;
pub mod tls;
pub mod whatsapp;

pub use client::{Client, Reply};
pub use daemon::Daemon;
pub use database::forget_clean_stop;
pub use log::Log;
pub use setup::Setup;
pub use skip::skipped;
