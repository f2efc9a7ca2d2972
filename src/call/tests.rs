//! The session in virtual time, through its public face alone.

mod losses;
mod properties;
mod rig;
mod scenarios;
mod transfers;
mod waiting;

pub(super) use rig::start;
