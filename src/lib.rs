//! AgentLocator: answers a small business's phone and WhatsApp, and keeps it all in one file.
//!
//! The modules, from the edge inwards; a module uses only those below it (see ARCHITECTURE.md):
//!
//! - [`cli`], [`app`]: arguments, and the composition root.
//! - [`http`], [`control`]: webhooks, API, login, media stream, page; the command line's connection to the daemon.
//! - [`maintenance`], [`runtime`]: the daemon's own upkeep; calls, outbox, jobs, catch-up.
//! - [`engine`], [`agent`], [`providers`]: voice engines, instructions and tools, each vendor's protocol.
//! - [`crm`], [`store`]: use cases, and all SQL.
//! - [`call`], [`pipeline`], [`inbox`], [`audio`], [`search`], [`spoken`]: the decisions, as pure state machines and functions.
//! - [`doctor`]: checks of an installation.
//! - [`tls`], [`backup`], [`alerting`], [`host`], [`telemetry`]: certificates, snapshots, alerts, the machine, logs and metrics.
//! - [`messages`]: the texts for people, in Hebrew and English.
//! - [`config`], [`domain`]: settings, and the business's types.
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
