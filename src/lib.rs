//! AgentLocator: answers a small business's phone and WhatsApp, and keeps it all in one file.
//!
//! The modules, from the edge inwards (what each may use is in ARCHITECTURE.md):
//!
//! - [`cli`], [`app`]: arguments, and the composition root.
//! - [`http`], [`doctor`], [`control`]: webhooks, API, login, media stream, page; checks of an installation; the command line's
//!   connection to the daemon.
//! - [`maintenance`], [`runtime`]: the daemon's own upkeep; calls, outbox, jobs, catch-up.
//! - [`engine`], [`agent`], [`crm`]: voice engines, instructions and tools, use cases.
//! - [`tls`], [`backup`], [`alerting`], [`host`], [`telemetry`]: certificates, snapshots, alerts, the machine, logs and metrics.
//! - [`providers`], [`store`]: each vendor's protocol, and all SQL.
//! - [`call`], [`pipeline`], [`inbox`], [`booking`], [`audio`], [`promise`], [`search`], [`spoken`]: the decisions, as pure state
//!   machines and functions.
//! - [`messages`]: the texts for people, in Hebrew and English.
//! - [`config`], [`domain`]: settings, and the business's types.
//! - [`clock`], [`entropy`], [`secure_open`]: time, random bytes, and files in folders that another user can write to.
//! - [`simulator`]: callers, Twilio, the AI and WhatsApp, for the demo and the tests.

pub use agentlocator_core::{audio, booking, call, domain, inbox, pipeline, promise, search, spoken};
pub use agentlocator_simulator as simulator;

pub mod agent;
pub mod alerting;
pub mod app;
pub mod backup;
pub mod cli;
pub mod clock;
pub mod config;
pub mod control;
pub mod crm;
pub mod doctor;
pub mod engine;
pub mod entropy;
pub mod host;
pub mod http;
pub mod maintenance;
pub mod messages;
pub mod providers;
pub mod runtime;
pub mod secure_open;
pub mod store;
pub mod telemetry;
pub mod tls;
