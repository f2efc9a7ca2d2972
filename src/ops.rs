//! Operation of the daemon: logs, metrics, memory, systemd, certificates, snapshots, alerts, and the instance
//! challenge.

pub mod alert;
pub mod clock_check;
pub mod clock_floor;
pub mod disk;
pub mod instance_challenge;
pub mod local_time;
pub mod log;
pub mod memory;
pub mod metrics;
pub mod snapshots;
pub mod systemd_notify;
pub mod tls;
