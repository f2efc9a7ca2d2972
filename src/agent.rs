//! The business's AI: what it is told about itself, and what it can do.

pub mod instructions;
pub mod tools;
