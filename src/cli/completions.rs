//! `agentlocator completions`: prints shell completions.

use super::{Arguments, print};
use clap::CommandFactory;
use clap_complete::Shell;

pub(super) fn run(shell: Shell) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "agentlocator", &mut script);
    print(&String::from_utf8(script)?)
}
