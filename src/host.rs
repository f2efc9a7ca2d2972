//! The machine on which the daemon runs.

pub mod clock_check;
pub mod clock_floor;
pub mod disk;
pub mod instance_challenge;
pub mod local_time;
pub mod memory;
pub mod program;
pub mod systemd_notify;
