//! Black-box tests of the real binary.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]
#![expect(clippy::disallowed_methods, reason = "tests have their own clock and environment")]
#![expect(clippy::print_stderr, reason = "a failed test shows the daemon's log")]
#![allow(unreachable_pub, reason = "this binary is its own whole world")]

mod agent_booking;
mod ai_limits;
mod ai_settings;
mod alerts;
mod api;
mod backup;
mod booking;
mod bridge;
mod call;
mod call_control;
mod call_faults;
mod call_interruptions;
mod call_notices;
mod call_pipeline;
mod call_ring;
mod call_silence;
mod call_summary;
mod call_transfer;
mod caller_memory;
mod caller_texts;
mod care;
mod catch_up;
mod cli;
mod clock_behind;
mod config;
mod demo;
mod doctor;
mod health;
mod kill;
mod last_settings;
mod litestream;
mod log_blocked;
mod log_privacy;
mod log_size;
mod login;
mod malformed;
mod manual;
mod media_socket;
mod metrics;
mod missing_data;
mod page;
mod process;
mod promises;
mod recordings;
mod reload;
mod replays;
mod restart;
mod restore;
mod root_links;
mod schema;
mod settings;
mod simulate;
mod standby;
mod store_changes;
mod store_copy;
mod store_errors;
mod store_faults;
mod store_kill;
mod store_large;
mod store_late;
mod store_live;
mod store_open;
mod store_owner;
mod store_restore;
mod store_space;
mod store_start;
mod store_upgrade;
mod store_verify;
#[allow(dead_code, unused_imports, reason = "a tool box: not every tool is in use at every time")]
mod support;
mod support_bundle;
mod tls;
mod trial_call;
mod twilio_helper;
mod unauthenticated;
mod updates;
mod voice_hooks;
mod watchdog;
mod webhook_answers;
mod websocket_protocol;
mod whatsapp;
