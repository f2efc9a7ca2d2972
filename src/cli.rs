//! The command line: one file for each command.

mod alerts;
mod backup;
mod completions;
mod config;
mod demo;
mod doctor;
mod manual;
mod migrate;
mod new_password;
mod openapi;
mod order;
mod owner;
mod promote;
mod reload;
mod restore;
mod retention;
mod serve;
mod setup;
mod simulate;
mod snapshots;
mod standby;
mod store_side;
mod support_bundle;
mod table;
mod token;
mod unit_settings;
mod user;
mod version;

use crate::config::{
    Config, ConfigErrors, DataMarker, LastGood, Origin, StoreConfig, find_data_marker, find_last_good, find_store,
    load, process_env,
};
use crate::domain::Role;
use crate::drive::Prompts;
use crate::store::{self, Store};
use clap::{Parser, Subcommand, ValueHint};
use rustix::process::geteuid;
use serde::Serialize;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use unit_settings::UnitSettings;

/// Answers a small business's phone and WhatsApp, and keeps it all in one file.
#[derive(Debug, Parser)]
#[command(name = "agentlocator", version, after_help = EXAMPLES, arg_required_else_help = true)]
struct Arguments {
    /// The settings; none means /etc/agentlocator/config.toml where that exists.
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon in the foreground until SIGTERM or SIGINT.
    ///
    /// Nothing has to be set: it listens on port 8080 and keeps its data in ./data, as a service of systemd in the folder that
    /// this gives it. At the first start it logs a one-time
    /// code for the first owner. SIGTERM lets running calls end first.
    Serve,
    /// Print the first-run URL and a one-time code; again, until there is an owner.
    Setup(setup::Arguments),
    /// People who may log in.
    #[command(subcommand)]
    User(user::User),
    /// Bearer tokens for programs that use the API.
    #[command(subcommand)]
    Token(token::Token),
    /// What needs a person, and whether people can be told.
    #[command(subcommand)]
    Alerts(alerts::Alerts),
    Retention(retention::Retention),
    /// Check the settings, or show them.
    #[command(subcommand)]
    Config(config::Command),
    /// Look at the whole installation: what is wrong, and what to do about it.
    ///
    /// Settings, services, data folder, disk, clock, public address, certificate, Twilio, the AI, the bridge. It works with
    /// and without a running daemon; root sees most. It fails if it finds an error; warnings are not one.
    Doctor(doctor::Arguments),
    /// Put what is needed to find a fault into one file, without secrets and without what anybody said or wrote.
    ///
    /// Versions, settings without secrets and texts, what doctor finds, counters, the services' logs with phone numbers
    /// masked, tables and how many rows they have, disk and memory. Nothing is sent anywhere.
    SupportBundle(support_bundle::Arguments),
    /// Play a shop's day on a fresh data folder: calls, WhatsApp both ways, failures; then show what is in the CRM.
    Demo(demo::Arguments),
    /// Be the other side, to try a box with: a caller, a person on WhatsApp, Twilio, the AI, the bridge.
    #[command(subcommand)]
    Simulate(simulate::Command),
    /// Have the running daemon read its settings and certificates again, and say what came of it.
    ///
    /// The same as systemctl reload. The settings file, what was set on the page, and the files that _FILE variables name are
    /// read and checked whole; if anything is wrong nothing changes. Calls that are on keep the settings that they began
    /// with. The environment and the service's credentials are those of the last start.
    Reload {
        /// Print what came of it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Bring the database up to date and stop.
    ///
    /// The daemon does the same when it starts, so this is for the time while it is stopped. A copy from before is kept in
    /// `snapshots` beside the database.
    Migrate,
    /// Write a copy of everything into one file, while the daemon runs or not, and prove it.
    ///
    /// The copy holds all that was acknowledged before the command began. It is opened and read whole before it gets its
    /// name; what was there under that name stays until then. No other file is needed beside it.
    Backup(backup::Arguments),
    /// Put a copy in the place of the database; the one that is here is kept beside it.
    ///
    /// The copy is proven first. Where systemd runs the daemon it is stopped and started again, and if it does not come up
    /// with the copy, the old database is put back. Else the daemon must be stopped.
    Restore(restore::Arguments),
    /// Keep a copy of another machine's database current, from its replica, until told to stop.
    ///
    /// The other machine replicates its database with Litestream, and has store.litestream set. Here Litestream restores the
    /// replica into `standby` beside the database, and applies each change within seconds. The database of this machine is not
    /// touched; `agentlocator promote` puts the copy in its place.
    Standby(standby::Arguments),
    /// Put the copy that standby keeps in use on this machine, after the other one has failed or was stopped.
    ///
    /// The copy is first brought up to the newest change of the replica, and verified. The database that is here is kept beside it.
    /// Messages that waited to be sent are held for review, because the other machine may have sent them.
    Promote(promote::Arguments),
    /// Proven copies of the database with a retention: made each night, and by command.
    #[command(subcommand)]
    Snapshots(snapshots::Command),
    /// What root has done in the folder of the data, as the one to whom that belongs.
    #[command(subcommand, hide = true)]
    StoreSide(store_side::Command),
    /// Print the OpenAPI document of the API.
    Openapi,
    /// Print what this is: commit, build time, deployment.
    Version {
        /// As JSON, like /version.
        #[arg(long)]
        json: bool,
        /// Also ask once whether there is a newer release, at updates.feed_url.
        #[arg(long)]
        check: bool,
    },
    /// Print what a shell needs to complete commands and options.
    ///
    /// The package has it installed. By hand, for bash: agentlocator completions bash >
    /// ~/.local/share/bash-completion/completions/agentlocator
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Write the man pages into a folder.
    #[command(hide = true)]
    Manual {
        /// The folder; it is made where it is missing.
        #[arg(value_hint = ValueHint::DirPath)]
        folder: PathBuf,
    },
}

/// Runs the command that the arguments name: 0 when done, 1 when it failed, 2 for wrong usage.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let settings = Settings { file: arguments.config };
    // Before it becomes the owner of the data.
    let is_root = geteuid().is_root();
    let done = owner::become_owner_of_data(&arguments.command, &settings);
    match done.and_then(|()| run(arguments.command, &settings)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let text = format!("{error:#}");
            tell(&format!("agentlocator: {text}"));
            if text.contains("Permission denied") && !is_root && process_env("NOTIFY_SOCKET").is_none() {
                tell("Where AgentLocator is installed as a service, its commands need root: write sudo before them.");
            }
            exit_code(&error)
        }
    }
}

/// 1 for whoever typed the command. systemd is told apart what no further start will mend (`EX_CONFIG` of sysexits.h), so that
/// it waits for somebody instead of trying again.
fn exit_code(error: &anyhow::Error) -> ExitCode {
    let for_good = error
        .chain()
        .any(|cause| cause.is::<ConfigErrors>() || matches!(cause.downcast_ref(), Some(crate::store::Error::Newer(_))));
    if for_good && process_env("NOTIFY_SOCKET").is_some() { ExitCode::from(78) } else { ExitCode::FAILURE }
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
        Command::StoreSide(command) => store_side::run(&command),
        Command::Openapi => openapi::run(),
        Command::Version { json, check } => version::run(json, check, settings),
        Command::Completions { shell } => completions::run(shell),
        Command::Manual { folder } => manual::run(&folder),
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

    /// The settings of this process, checked whole.
    pub(crate) fn load_own(&self) -> Result<Config, ConfigErrors> {
        load(self.file(), &process_env)
    }

    /// The settings for a command, checked whole: those of the service where neither a settings file is named nor anything
    /// says where the data is.
    pub(crate) fn load(&self) -> Result<Config, ConfigErrors> {
        self.read(load, |outcome| outcome.as_ref().is_ok_and(|config| config.origins.of(DATABASE) != Origin::Default))
    }

    /// Reads the settings with this process's environment, and again with that of the service unless `is_placed` says that
    /// they name a database.
    fn read<T>(&self, read: ReadSettings<T>, is_placed: impl FnOnce(&T) -> bool) -> T {
        let own = read(self.file(), &process_env);
        if self.file.is_some() || is_placed(&own) {
            return own;
        }
        match UnitSettings::query() {
            None => own,
            Some(unit) => read(self.file(), &|name| {
                process_env(name).filter(|value| !value.trim().is_empty()).or_else(|| unit.get(name))
            }),
        }
    }

    /// Tells on stderr which database a command uses where nothing says where it is.
    pub(crate) fn tell_default_database(config: &Config) {
        if config.origins.of(DATABASE) == Origin::Default {
            let file = config.store.published_file();
            let file = std::path::absolute(&file).unwrap_or(file);
            tell(&format!(
                "The database is {}: neither store.database_url nor DATABASE_URL is set, and there is no service.",
                file.display()
            ));
        }
    }

    /// The settings that the service starts with: those that are set, else, where these are wrong, the last ones that worked.
    pub(crate) fn load_for_service(&self) -> Result<Config, ConfigErrors> {
        // A greeting that is no MP3 is a wrong setting too, and is told before anything is opened or made.
        let set = self.load_own().and_then(|config| Prompts::load(&config).map(|_| config));
        set.or_else(|errors| {
            let mut config = self.last_good().load(&errors).ok_or(errors)?;
            if Prompts::load(&config).is_err() {
                (config.voice.greeting_file, config.voice.fallback_file) = (None, None);
            }
            Ok(config)
        })
    }

    /// The last settings that worked.
    pub(crate) fn last_good(&self) -> LastGood {
        find_last_good(self.file(), &process_env)
    }

    /// The note that there was data in the folder, for a process that systemd has started as the service.
    pub(crate) fn data_marker_of_service() -> Option<DataMarker> {
        find_data_marker(&process_env)
    }

    /// The service's note that there was data in its folder, also for a command in a shell.
    pub(crate) fn data_marker() -> Option<DataMarker> {
        Self::data_marker_of_service().or_else(|| {
            let unit = UnitSettings::query()?;
            find_data_marker(&|name| unit.get(name))
        })
    }

    /// Opens the database without the daemon; fails if the service misses its data.
    pub(crate) fn open_store(config: &Config) -> anyhow::Result<Result<(Store, Vec<String>), store::Error>> {
        // systemd is asked only where that matters.
        if !DataMarker::is_data_there(&config.store)
            && let Some(marker) = Self::data_marker()
        {
            marker.check(&config.store)?;
        }
        Ok(Store::open(&config.store))
    }

    /// Where the data is, as far as the settings say, right or wrong.
    pub(crate) fn store(&self) -> StoreConfig {
        self.read(find_store, |store| store.database_url.is_some())
    }
}

/// Reads a role as an argument.
fn role(word: &str) -> Result<Role, String> {
    word.parse().map_err(|error: crate::domain::UnknownValue| error.to_string())
}

/// Prints the result on stdout. Whoever has stopped reading has seen enough.
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

/// Tells a person something on stderr.
#[expect(clippy::print_stderr, reason = "what is for people belongs on stderr")]
pub(crate) fn tell(text: &str) {
    eprintln!("{text}");
}

/// What failed where the log's thread cannot be started.
const NO_LOG: &str = "cannot start the log";

const DATABASE: &str = "store.database_url";
const DEFAULT_FILE: &str = "/etc/agentlocator/config.toml";

const EXAMPLES: &str = "\
Examples:
  agentlocator serve                          run with what the environment says, on port 8080
  PORT=9000 agentlocator serve                the same on another port
  agentlocator --config shop.toml serve       with a settings file
  agentlocator config show                    what holds, and why
  agentlocator setup                          how to make the first owner
  agentlocator user add dana --role staff     let somebody log in; asks for the password
  agentlocator token create till --role staff print a bearer token for a program
  agentlocator doctor                         what is wrong, and what to do about it
  agentlocator simulate call                  phone the box that runs here

Environment (all optional; the settings file has a key for each):
  PORT, PUBLIC_BASE_URL, DATABASE_URL, LOG_LEVEL, TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_WA_FROM,
  OPENAI_API_KEY, WA_SHARED_SECRET, CRM_LISTEN, … as config.toml.example lists them.

While the daemon runs, user, token and setup ask it; else they open the database themselves.
Exit status: 0 done, 1 failed (the reason is on stderr), 2 wrong usage.
";
