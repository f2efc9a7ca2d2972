//! The `agentlocator` command.

fn main() {}
