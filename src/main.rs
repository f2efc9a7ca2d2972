//! The `agentlocator` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    agentlocator::cli::main()
}
