//! The machine on which the daemon runs: clock, time zone, disk, memory and systemd. Also the challenge that verifies
//! that a request has reached this daemon.

pub mod clock_check;
pub mod clock_floor;
pub mod disk;
pub mod instance_challenge;
pub mod local_time;
pub mod memory;
pub mod systemd_notify;
