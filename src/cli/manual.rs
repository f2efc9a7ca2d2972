//! `agentlocator manual`: the man pages, as files. The package is made with it, so that a page can never say what the
//! program does not.

mod command_page;
mod settings_page;

use super::{Arguments, tell};
use anyhow::Context;
use clap::{Command, CommandFactory};
use std::fs;
use std::path::Path;

/// Writes every page into the folder, which is made where it is missing. The same program writes the same bytes.
pub(super) fn run(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let mut command = Arguments::command().disable_help_subcommand(true);
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
    tell(&format!("{} pages are in {}.", pages.len(), folder.display()));
    Ok(())
}

/// The page of a command, and those of the commands under it.
fn collect(command: &Command, pages: &mut Vec<(String, Vec<u8>)>) -> anyhow::Result<()> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    pages.push((format!("{name}.1"), command_page::render(command)?));
    for under in command.get_subcommands().filter(|command| !command.is_hide_set()) {
        collect(under, pages)?;
    }
    Ok(())
}

/// The service as a whole: its files, units, sockets and signals.
const SERVICE: &str = include_str!("manual/agentlocator.8");
