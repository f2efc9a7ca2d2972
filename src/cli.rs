//! The command line: one file for each command.

mod serve;

use crate::config::{Config, ConfigErrors, load, process_env};
use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Answers a small business's phone and WhatsApp, and keeps it all in one file.
#[derive(Debug, Parser)]
#[command(name = "agentlocator", disable_version_flag = true, propagate_version = false, after_help = EXAMPLES)]
struct Arguments {
    /// The settings; none means /etc/agentlocator/config.toml where that exists.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon in the foreground until SIGTERM or SIGINT.
    ///
    /// Nothing has to be set: it listens on port 8080 and keeps its data in ./data. SIGTERM lets running calls end
    /// first.
    Serve,
}

/// Runs the command that the arguments name: 0 when done, 1 when it failed, 2 for wrong usage.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let settings = Settings { file: arguments.config };
    let outcome = match arguments.command {
        Command::Serve => serve::run(&settings),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

/// Where the settings come from.
pub(crate) struct Settings {
    /// `--config`.
    file: Option<PathBuf>,
}

impl Settings {
    /// The settings file, if there is one.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.file.as_deref().or_else(|| Some(Path::new(DEFAULT_FILE)).filter(|path| path.exists()))
    }

    /// The settings, checked whole.
    pub(crate) fn load(&self) -> Result<Config, ConfigErrors> {
        load(self.file(), &process_env)
    }
}

#[expect(clippy::print_stderr, reason = "the reason of a failure belongs on stderr")]
fn complain(error: &anyhow::Error) {
    eprintln!("agentlocator: {error:#}");
}

const DEFAULT_FILE: &str = "/etc/agentlocator/config.toml";

const EXAMPLES: &str = "\
Examples:
  agentlocator serve                       run with what the environment says, on port 8080
  PORT=9000 agentlocator serve             the same on another port
  agentlocator --config shop.toml serve    with a settings file
";
