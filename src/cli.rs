//! The command line: one file per command.

mod alerts;
mod as_data_owner;
mod backup;
mod completions;
mod config;
mod daemon_client;
mod demo;
mod doctor;
mod man_pages;
mod migrate;
mod openapi;
mod password_prompt;
mod privileges;
mod promote;
mod reload;
mod restore;
mod retention;
mod serve;
mod setup;
mod simulate;
mod snapshots;
mod standby;
mod support_bundle;
mod table;
#[cfg(test)]
mod tests;
mod token;
mod unit_settings;
mod user;
mod version;

use crate::config::{
    Config, ConfigErrors, DataMarker, LastGood, Origin, StoreConfig, find_data_marker, find_last_good, find_store,
    load, process_env,
};
use crate::domain::Role;
use crate::runtime::TwilioPrompts;
use crate::store::{self, Store};
use clap::{Parser, Subcommand, ValueHint};
use rustix::process::geteuid;
use serde::Serialize;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use unit_settings::UnitSettings;

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
    /// It checks settings, services, data folder, disk, clock, public address, certificate, Twilio, the AI and the bridge. It
    /// works with and without a running daemon; as root it can check most. It fails if it finds an error; warnings do not fail it.
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
    /// and validated together; if any of them is invalid, nothing changes. Running calls keep the settings with which they began.
    /// The environment and the service's credentials are those of the last start.
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
    /// Write a verified copy of the database into one file, while the daemon runs or not.
    ///
    /// The copy contains everything that was acknowledged before the command began. It is opened and read completely before it is
    /// renamed to FILE; an existing FILE stays until then. No other file is needed with it.
    Backup(backup::Arguments),
    /// Replace the database by a copy, and keep the old database beside it.
    ///
    /// The copy is verified first. If systemd runs the daemon, the command stops it and starts it again; if the daemon does not
    /// come up with the copy, the old database is put back. Without systemd, stop the daemon first.
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
    /// List, create, verify, delete or fetch snapshots of the database.
    ///
    /// Snapshots are verified copies with a retention. The daemon creates one each night.
    #[command(subcommand)]
    Snapshots(snapshots::Command),
    /// Steps in the data folder that root's commands run as the folder's owner.
    #[command(subcommand, hide = true)]
    AsDataOwner(as_data_owner::Command),
    /// Print the OpenAPI document of the API.
    Openapi,
    /// Print the version, commit, build time and deployment.
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

/// Runs the command that the arguments name. Exit status: 0 on success, 1 on failure, 2 for wrong usage.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let settings = Settings { file: arguments.config };
    // Read before the process changes to the data's owner.
    let is_root = geteuid().is_root();
    let done = privileges::drop_to_data_owner(&arguments.command, &settings);
    match done.and_then(|()| run(arguments.command, &settings)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let text = format!("{error:#}");
            print_status(&format!("agentlocator: {text}"));
            if text.contains("Permission denied") && !is_root && process_env("NOTIFY_SOCKET").is_none() {
                print_status(
                    "If AgentLocator is installed as a service, its commands need root: put sudo before them.",
                );
            }
            exit_code(&error)
        }
    }
}

/// 1 in a shell. Under systemd, 78 (`EX_CONFIG` of sysexits.h) for errors that a restart cannot fix: the unit does not restart
/// the service after it.
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
        Command::Openapi => openapi::run(),
        Command::Version { json, check } => version::run(json, check, settings),
        Command::Completions { shell } => completions::run(shell),
        Command::Manual { folder } => man_pages::run(&folder),
    }
}

/// Reads settings from a file and an environment.
type ReadSettings<T> = fn(Option<&Path>, &dyn Fn(&str) -> Option<String>) -> T;

/// Where the settings come from.
#[derive(Clone)]
pub(crate) struct Settings {
    /// `--config`.
    file: Option<PathBuf>,
}

impl Settings {
    /// The settings file, if there is one.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.file.as_deref().or_else(|| Some(Path::new(DEFAULT_FILE)).filter(|path| path.exists()))
    }

    /// The settings of this process, validated.
    pub(crate) fn load_from_process(&self) -> Result<Config, ConfigErrors> {
        load(self.file(), &process_env)
    }

    /// The settings for a command, validated: those of the service if no settings file is named and no setting names the
    /// database.
    pub(crate) fn load(&self) -> Result<Config, ConfigErrors> {
        self.read(load, |outcome| outcome.as_ref().is_ok_and(|config| config.origins.of(DATABASE) != Origin::Default))
    }

    /// Reads the settings with this process's environment, and again with the service's environment unless
    /// `names_database` reports that they name a database.
    fn read<T>(&self, read: ReadSettings<T>, names_database: impl FnOnce(&T) -> bool) -> T {
        let own = read(self.file(), &process_env);
        if self.file.is_some() || names_database(&own) {
            return own;
        }
        match UnitSettings::query() {
            None => own,
            Some(unit) => read(self.file(), &|name| {
                process_env(name).filter(|value| !value.trim().is_empty()).or_else(|| unit.get(name))
            }),
        }
    }

    /// Prints on stderr which database a command uses if no setting names it.
    pub(crate) fn print_default_database(config: &Config) {
        if config.origins.of(DATABASE) == Origin::Default {
            let file = config.store.published_file();
            let file = std::path::absolute(&file).unwrap_or(file);
            print_status(&format!(
                "Using the database {}: neither store.database_url nor DATABASE_URL is set, and there is no service.",
                file.display()
            ));
        }
    }

    /// The settings for a start of the daemon: the configured ones. If they are invalid, the service starts with the last ones
    /// that worked, so calls are answered; a start by hand fails.
    pub(crate) fn load_for_service(&self) -> Result<Config, ConfigErrors> {
        // A greeting that is not an MP3 is an invalid setting too, and is reported before anything is opened or created.
        let set = self.load_from_process().and_then(|config| TwilioPrompts::load(&config).map(|_| config));
        set.or_else(|errors| {
            if process_env("NOTIFY_SOCKET").is_none() {
                return Err(errors);
            }
            let mut config = self.last_good().load(&errors).ok_or(errors)?;
            if TwilioPrompts::load(&config).is_err() {
                (config.voice.greeting_file, config.voice.fallback_file) = (None, None);
            }
            Ok(config)
        })
    }

    /// The last settings that worked.
    pub(crate) fn last_good(&self) -> LastGood {
        find_last_good(self.file(), &process_env)
    }

    /// The marker that the folder contained data, for a process that systemd has started as the service.
    pub(crate) fn data_marker_of_service() -> Option<DataMarker> {
        find_data_marker(&process_env)
    }

    /// The service's marker that its folder contained data, also for a command in a shell.
    pub(crate) fn data_marker() -> Option<DataMarker> {
        Self::data_marker_of_service().or_else(|| {
            let unit = UnitSettings::query()?;
            find_data_marker(&|name| unit.get(name))
        })
    }

    /// Opens the database without the daemon; fails if the service's data is missing.
    pub(crate) fn open_store(config: &Config) -> anyhow::Result<Result<(Store, Vec<String>), store::Error>> {
        // systemctl takes time, so it runs only if the data is missing.
        if !DataMarker::data_exists(&config.store)
            && let Some(marker) = Self::data_marker()
        {
            marker.check(&config.store)?;
        }
        Ok(Store::open(&config.store))
    }

    /// The location of the data by the settings, even if other settings are invalid.
    pub(crate) fn store(&self) -> StoreConfig {
        self.read(find_store, |store| store.database_url.is_some())
    }
}

/// Parses a role argument.
fn role(word: &str) -> Result<Role, String> {
    word.parse().map_err(|error: crate::domain::UnknownValue| error.to_string())
}

/// Prints the result on stdout. A broken pipe is no error: the reader has stopped reading.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Prints the result as JSON on stdout.
pub(crate) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    print(&format!("{}\n", serde_json::to_string_pretty(value)?))
}

/// Prints a status message on stderr.
#[expect(clippy::print_stderr, reason = "what is for people belongs on stderr")]
pub(crate) fn print_status(text: &str) {
    eprintln!("{text}");
}

/// Error context: the log's thread cannot be started.
const NO_LOG: &str = "cannot start the log";

const DATABASE: &str = "store.database_url";
const DEFAULT_FILE: &str = "/etc/agentlocator/config.toml";

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

While the daemon runs, user, token and setup use it; otherwise they open the database themselves.
Exit status: 0 success, 1 failure (the reason is on stderr), 2 wrong usage.
";
