//! The business's AI agent: its instructions and its tools.

pub mod instructions;
pub mod tool;
