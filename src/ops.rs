//! Operation: logs, metrics, systemd.

pub mod log;
