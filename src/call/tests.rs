//! The session in virtual time, through its public face alone.

mod properties;
mod rig;
mod scenarios;
