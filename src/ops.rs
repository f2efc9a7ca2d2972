//! Operation: logs, metrics, systemd.

pub mod log;
pub mod metrics;
pub mod notify;
