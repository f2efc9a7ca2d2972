//! `agentlocator manual`: writes the man pages. The package build runs it, so the pages match the program.

mod command_page;
mod settings_page;

use super::output::print_status;
use anyhow::Context;
use clap::Command;
use std::fs;
use std::path::Path;

/// The output is deterministic.
pub(super) fn run(folder: &Path, command: Command) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create the folder {}", folder.display()))?;
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let mut pages = vec![
        ("agentlocator.8".to_owned(), SERVICE.as_bytes().to_vec()),
        ("agentlocator.toml.5".to_owned(), settings_page::render().into_bytes()),
    ];
    collect(&command, &mut pages)?;
    for (name, page) in &pages {
        let file = folder.join(name);
        fs::write(&file, page).with_context(|| format!("cannot write {}", file.display()))?;
    }
    print_status(&format!("Wrote {} pages to {}.", pages.len(), folder.display()));
    Ok(())
}

fn collect(command: &Command, pages: &mut Vec<(String, Vec<u8>)>) -> anyhow::Result<()> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    pages.push((format!("{name}.1"), command_page::render(command)?));
    for under in command.get_subcommands().filter(|command| !command.is_hide_set()) {
        collect(under, pages)?;
    }
    Ok(())
}

/// The man page of the service, which describes its files, units, sockets and signals.
const SERVICE: &str = include_str!("man_pages/agentlocator.8");
