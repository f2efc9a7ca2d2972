//! Sound as numbers: pure functions and small state machines, without I/O and clocks.

pub mod mp3;
