//! The machine that the daemon runs on: clock, time zone, disk, memory, systemd, and the proof that a request has
//! reached this machine.

pub mod clock_check;
pub mod clock_floor;
pub mod disk;
pub mod instance_challenge;
pub mod local_time;
pub mod memory;
pub mod systemd_notify;
