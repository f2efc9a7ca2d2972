//! AgentLocator: answers a small business's phone and WhatsApp, and keeps it all in one file.
//!
//! The rooms, from the edge inwards; arrows point one way, downwards (see ARCHITECTURE.md):
//!
//! - [`cli`], [`app`]: arguments, and the wiring of everything.
//! - [`http`]: webhooks, API, login, media socket, page.
//! - [`drive`]: the only loops: calls, outbox, watchdog, catch-up.
//! - [`engine`], [`agent`], [`providers`]: voice engines, the business's AI, each vendor's dialect.
//! - [`crm`], [`store`]: use cases, and all SQL.
//! - [`call`], [`inbox`], [`audio`]: what must be right, as pure state machines and functions.
//! - [`doctor`]: what is wrong with an installation, and what to do about it.
//! - [`config`], [`ops`], [`domain`]: settings, operation, and the words of the business.
//! - [`simulator`]: the other side of everything, for demo, rehearsal and tests.

pub mod agent;
pub mod app;
pub mod audio;
pub mod call;
pub mod cli;
pub mod clock;
pub mod config;
pub mod crm;
pub mod doctor;
pub mod domain;
pub mod drive;
pub mod engine;
pub mod entropy;
pub mod http;
pub mod inbox;
pub mod ops;
pub mod providers;
pub mod secure_open;
pub mod simulator;
pub mod store;
