//! AgentLocator answers the phone and WhatsApp of a small business, and stores all data in one database file.
//!
//! The modules, from the outer to the inner layers (ARCHITECTURE.md says which modules each of them may use):
//!
//! - [`cli`], [`app`]: command line; start and wiring of the daemon.
//! - [`http`], [`doctor`], [`control`]: webhooks, API, login, media stream and web page; checks of an installation; the
//!   control socket for the command line.
//! - [`maintenance`], [`runtime`]: background maintenance; calls, outbox, jobs and catch-up.
//! - [`engine`], [`agent`], [`crm`]: voice engines; instructions and tools of the agent; use cases.
//! - [`tls`], [`backup`], [`alerting`], [`host`], [`telemetry`]: certificates, snapshots, alerts, the machine, logs and
//!   metrics.
//! - [`providers`], [`store`]: the protocol of each vendor; all SQL.
//! - [`call`], [`pipeline`], [`live`], [`inbox`], [`booking`], [`audio`], [`promise`], [`search`], [`spoken`]: decisions, as
//!   state machines and functions without I/O.
//! - [`config`], [`messages`]: settings; texts for users and callers, in Hebrew and English.
//! - [`domain`]: the types of the business.
//! - [`clock`], [`entropy`], [`secure_open`]: time, random bytes, and files in folders that another user can write to.
//! - [`simulator`]: simulated callers, Twilio, AI and WhatsApp, for the demo and the tests.

pub use agentlocator_core::{audio, booking, call, domain, inbox, live, pipeline, promise, search, spoken};
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
