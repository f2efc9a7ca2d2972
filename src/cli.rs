//! The command line. Each command has its own file.

mod alerts;
mod as_data_owner;
mod backup;
mod completions;
mod config;
mod daemon_client;
mod demo;
mod doctor;
mod interruption;
mod man_pages;
mod migrate;
mod openapi;
mod output;
mod password_prompt;
mod privileges;
mod promote;
mod rehearse;
mod reload;
mod replay;
mod restore;
mod retention;
mod serve;
mod settings;
mod setup;
mod simulate;
mod snapshots;
mod standby;
mod support_bundle;
mod temporary_folder;
#[cfg(test)]
mod tests;
mod token;
mod unit_settings;
mod user;
mod version;

use crate::config::{ConfigErrors, process_env};
use clap::{CommandFactory, Parser, Subcommand, ValueHint};
use output::print_status;
use settings::Settings;
use std::path::PathBuf;
use std::process::ExitCode;

/// Answers a small business's phone and WhatsApp, and stores everything in one SQLite file.
#[derive(Debug, Parser)]
#[command(name = "agentlocator", version, after_help = EXAMPLES, arg_required_else_help = true)]
struct Arguments {
    /// The settings file; by default /etc/agentlocator/config.toml, if it exists.
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon in the foreground until SIGTERM or SIGINT.
    ///
    /// No setting is required: the daemon listens on port 8080 and stores its data in ./data, or, as a systemd service, in the
    /// service's state folder. At the first start it logs a one-time code for creating the first owner. After SIGTERM, running
    /// calls finish first.
    Serve,
    /// Print the URL and a one-time code for creating the first owner.
    ///
    /// It prints a new code each time, until there is an owner.
    Setup(setup::Arguments),
    /// Manage the users who may log in.
    #[command(subcommand)]
    User(user::User),
    /// Manage API tokens.
    #[command(subcommand)]
    Token(token::Token),
    /// List alerts, or send a test notification.
    #[command(subcommand)]
    Alerts(alerts::Alerts),
    Retention(retention::Retention),
    /// Validate or show the settings.
    #[command(subcommand)]
    Config(config::Command),
    /// Check the whole installation and suggest fixes.
    ///
    /// It checks settings, services, data folder, disk, clock, public address, certificate, Twilio, the AI and the
    /// bridge. It works with and without a running daemon. Run it as root to check everything that it can. It fails if
    /// it finds an error; warnings do not fail it.
    Doctor(doctor::Arguments),
    /// Collect diagnostics in one file, without secrets and without the content of calls and messages.
    ///
    /// The file contains versions, settings without secrets and texts, doctor's findings, metrics, the services' logs with masked
    /// phone numbers, tables and their row counts, disk and memory. Nothing is sent anywhere.
    SupportBundle(support_bundle::Arguments),
    /// Run a business day on a new data folder: calls, WhatsApp messages, failures; then show the content of the CRM.
    Demo(demo::Arguments),
    /// Simulate a caller, a WhatsApp contact, Twilio, the AI or the bridge, to test a server.
    #[command(subcommand)]
    Simulate(simulate::Command),
    /// Reload settings and certificates in the running daemon, and report the result.
    ///
    /// The same as systemctl reload. The settings file, the settings of the page and the files that _FILE variables name are read
    /// and validated together. If a setting of the page is invalid, it is ignored with a warning; if anything else is invalid,
    /// nothing changes. Running calls keep the settings with which they began. The environment and the service's credentials are
    /// those of the last start.
    Reload {
        /// Print the result as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Apply database migrations and exit.
    ///
    /// The daemon does the same at its start, so this command is for a stopped daemon. A copy of the previous database is kept in
    /// `snapshots` beside the database.
    Migrate,
    /// Write a verified copy of the database into one file. The daemon may be running or stopped.
    ///
    /// The copy contains everything that was acknowledged before the command began. It is opened and read completely before it is
    /// renamed to FILE; an existing FILE stays until then. No other file is needed with it.
    Backup(backup::Arguments),
    /// Replace the database by a copy, and keep the old database beside it.
    ///
    /// The copy is verified first. If systemd runs the daemon, the command stops it and starts it again; if the daemon does not
    /// come up with the copy, the old database is restored. Without systemd, stop the daemon first.
    Restore(restore::Arguments),
    /// Keep a copy of another machine's database current, from its replica, until the process is stopped.
    ///
    /// The other machine replicates its database with Litestream, and has store.litestream set. Here Litestream restores the
    /// replica into `standby` beside the database, and applies each change within seconds. The database of this machine is not
    /// changed; `agentlocator promote` replaces it by the copy.
    Standby(standby::Arguments),
    /// Activate the standby copy on this machine, after the other machine has failed or was stopped.
    ///
    /// The copy is first brought up to the newest change of the replica, and verified. The current database is kept beside it.
    /// Messages that were waiting to be sent are held for review, because the other machine may have sent them.
    Promote(promote::Arguments),
    /// List, create, verify, prune or fetch snapshots of the database.
    ///
    /// Snapshots are verified copies with a retention. The daemon creates one each night.
    #[command(subcommand)]
    Snapshots(snapshots::Command),
    /// Steps in the data folder that root's commands run as the folder's owner.
    #[command(subcommand, hide = true)]
    AsDataOwner(as_data_owner::Command),
    /// Hold written conversations with the agent, and check what it said and did.
    ///
    /// A scenario says what a caller says, and what is expected afterwards: appointments, messages, tools, words. The agent is the
    /// owner's own: its model, instructions and tools. Nothing is sent, and the database is not changed. The model costs money.
    Rehearse(rehearse::Arguments),
    /// Show what happened in a call, and check whether this program decides the same again.
    ///
    /// The daemon logs what each call receives (audio, events of the AI, results of tools, with their times), and what it decided. The
    /// log is fed into the call's logic again, without any service. A call in which something went wrong thereby becomes a test.
    Replay(replay::Arguments),
    /// Print the OpenAPI document of the API.
    Openapi,
    /// Print the version, commit, build time and deploy id.
    Version {
        /// Print JSON, like /version.
        #[arg(long)]
        json: bool,
        /// Also check once for a newer release, at updates.feed_url.
        #[arg(long)]
        check: bool,
    },
    /// Print shell completions.
    ///
    /// The package installs them. To install them by hand, for bash: agentlocator completions bash >
    /// ~/.local/share/bash-completion/completions/agentlocator
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Write the man pages into a folder.
    #[command(hide = true)]
    Manual {
        /// The folder; it is created if it is missing.
        #[arg(value_hint = ValueHint::DirPath)]
        folder: PathBuf,
    },
}

/// Runs the command that the arguments name. Exit status: 0 on success, 1 on failure, 2 for wrong usage; under systemd
/// 78 if a restart would not help.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let settings = Settings { file: arguments.config };
    let done = if arguments.command.opens_database() {
        let needs_bucket = matches!(arguments.command, Command::Snapshots(_));
        privileges::drop_to_data_owner(&settings, needs_bucket)
    } else {
        Ok(())
    };
    match done.and_then(|()| run(arguments.command, &settings)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let text = format!("{error:#}");
            print_status(&format!("agentlocator: {text}"));
            if text.contains("Permission denied")
                && !privileges::is_run_by_root()
                && process_env("NOTIFY_SOCKET").is_none()
            {
                print_status(
                    "If AgentLocator is installed as a service, its commands need root: put sudo before them.",
                );
            }
            exit_code(&error)
        }
    }
}

impl Command {
    /// Returns true if the command itself opens the database, or writes into the data folder, while no daemon runs.
    fn opens_database(&self) -> bool {
        match self {
            // Run `verify` with a key file as the current user, because the key file may be readable only by root.
            // `verify` leaves no files behind.
            Self::Snapshots(snapshots) => !snapshots.has_identity(),
            Self::Setup(_)
            | Self::User(_)
            | Self::Token(_)
            | Self::Alerts(_)
            | Self::Retention(_)
            | Self::Standby(_)
            | Self::Migrate
            | Self::Simulate(simulate::Command::Crm(_)) => true,
            _ => false,
        }
    }
}

/// Returns 78 (`EX_CONFIG` of sysexits.h) under systemd for errors that a restart cannot fix: the unit does not restart
/// the service after this exit status.
fn exit_code(error: &anyhow::Error) -> ExitCode {
    let is_permanent = error
        .chain()
        .any(|cause| cause.is::<ConfigErrors>() || matches!(cause.downcast_ref(), Some(crate::store::Error::Newer(_))));
    if is_permanent && process_env("NOTIFY_SOCKET").is_some() { ExitCode::from(78) } else { ExitCode::FAILURE }
}

fn run(command: Command, settings: &Settings) -> anyhow::Result<()> {
    match command {
        Command::Serve => serve::run(settings.clone()),
        Command::Setup(arguments) => setup::run(&arguments, settings),
        Command::User(command) => user::run(command, settings),
        Command::Token(command) => token::run(command, settings),
        Command::Retention(arguments) => retention::run(&arguments, settings),
        Command::Alerts(command) => alerts::run(&command, settings),
        Command::Config(command) => config::run(&command, settings),
        Command::SupportBundle(arguments) => support_bundle::run(&arguments, settings),
        Command::Doctor(arguments) => doctor::run(&arguments, settings),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Simulate(command) => simulate::run(command, settings),
        Command::Reload { json } => reload::run(json, settings),
        Command::Migrate => migrate::run(settings),
        Command::Backup(arguments) => backup::run(&arguments, settings),
        Command::Restore(arguments) => restore::run(&arguments, settings),
        Command::Standby(arguments) => standby::run(&arguments, settings),
        Command::Promote(arguments) => promote::run(&arguments, settings),
        Command::Snapshots(command) => snapshots::run(&command, settings),
        Command::AsDataOwner(command) => as_data_owner::run(&command),
        Command::Rehearse(arguments) => rehearse::run(&arguments, settings),
        Command::Replay(arguments) => replay::run(&arguments, settings),
        Command::Openapi => openapi::run(),
        Command::Version { json, check } => version::run(json, check, settings),
        Command::Completions { shell } => completions::run(shell, Arguments::command()),
        Command::Manual { folder } => man_pages::run(&folder, Arguments::command()),
    }
}

const EXAMPLES: &str = "\
Examples:
  agentlocator serve                          run with the settings of the environment, on port 8080
  PORT=9000 agentlocator serve                run on another port
  agentlocator --config shop.toml serve       run with a settings file
  agentlocator config show                    show the active settings and their sources
  agentlocator setup                          print the URL and code for creating the first owner
  agentlocator user add dana --role staff     add a user; asks for the password
  agentlocator token create till --role staff create an API token and print it
  agentlocator doctor                         check the installation
  agentlocator simulate call                  simulate a call to the daemon on this machine

Environment (all optional; the settings file has a key for each):
  PORT, PUBLIC_BASE_URL, DATABASE_URL, LOG_LEVEL, TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_WA_FROM,
  OPENAI_API_KEY, WA_SHARED_SECRET, CRM_LISTEN, … as config.toml.example lists them.

user, token and setup send requests to the running daemon; if none runs, they open the database.
Only setup creates a missing database.
Exit status: 0 success, 1 failure (the reason is on stderr), 2 wrong usage.
As a systemd service, the daemon exits with 78 if a restart would not help.
";
