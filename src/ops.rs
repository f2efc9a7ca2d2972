//! Operation: logs, metrics, memory, systemd, certificates, what needs a person, and who we are.

pub mod alert;
pub mod clock_check;
pub mod clock_floor;
pub mod disk;
pub mod identity;
pub mod local_time;
pub mod log;
pub mod memory;
pub mod metrics;
pub mod notify;
pub mod snapshots;
pub mod tls;
