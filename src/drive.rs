//! The only loops: whatever runs on by itself.

pub mod control;
