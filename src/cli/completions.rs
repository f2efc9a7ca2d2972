//! `agentlocator completions`: prints shell completions.

use super::output::print;
use clap::Command;
use clap_complete::Shell;

pub(super) fn run(shell: Shell, mut command: Command) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "agentlocator", &mut script);
    print(&String::from_utf8(script)?)
}
