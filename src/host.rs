//! The machine that the daemon runs on: its clock and time zone, disk, memory, systemd, and how a request proves that it
//! reached this machine.

pub mod clock_check;
pub mod clock_floor;
pub mod disk;
pub mod instance_challenge;
pub mod local_time;
pub mod memory;
pub mod systemd_notify;
