//! `agentlocator config check` and `agentlocator config show`.

use super::as_data_owner;
use super::output::{print, print_json, print_status};
use super::settings::Settings;
use crate::config::{Config, Origin, ShownSetting};
use crate::domain::Language;
use crate::runtime::TwilioPrompts;
use crate::{messages, tls};
use clap::Subcommand;
use serde_json::{Value, json};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Validate the settings without starting the daemon.
    ///
    /// All errors are listed with file, line and column. Settings that are valid but probably unintended are listed as
    /// warnings. Nothing is sent over the network: `agentlocator doctor` checks the accounts, for example whether
    /// Twilio's is a trial account.
    Check {
        /// Print the result as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show every setting with its value and source.
    ///
    /// The sources, in ascending order of precedence: the default, the page, the settings file, systemd credentials,
    /// the environment. Secrets are shown as •••.
    Show {
        /// Print the settings as JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(command: &Command, settings: &Settings) -> anyhow::Result<()> {
    match command {
        Command::Check { json } => check(settings, *json),
        Command::Show { json } => show(settings, *json),
    }
}

fn check(settings: &Settings, as_json: bool) -> anyhow::Result<()> {
    let outcome = settings.load().and_then(|config| TwilioPrompts::load(&config).map(|_| config));
    let (outcome, note) = match outcome.map(with_page) {
        Ok((config, note)) => (Ok(config), note),
        Err(errors) => (Err(errors), None),
    };
    if let Some(note) = note {
        print_status(&note);
    }
    if as_json {
        let (problems, warnings) = match &outcome {
            Ok(config) => (Vec::new(), warnings(config)),
            Err(errors) => (errors.0.iter().map(ToString::to_string).collect(), Vec::new()),
        };
        print_json(&json!({"ok": outcome.is_ok(), "problems": problems, "warnings": warnings}))?;
    }
    let config = outcome?;
    if !as_json {
        for warning in warnings(&config) {
            print(&format!("warning: {warning}\n"))?;
        }
        let file = settings.file().map_or("no file".to_owned(), |file| file.display().to_string());
        print(&format!(
            "The settings are valid ({file} and the environment). `agentlocator doctor` also checks the accounts.\n"
        ))?;
    }
    Ok(())
}

/// A certificate that cannot be used is only a warning, because the daemon starts without it.
fn warnings(config: &Config) -> Vec<String> {
    let certificate = tls::check_files(config);
    let certificate = certificate.map(|causes| {
        format!("tls.certificate_file and tls.key_file are not used: {}", messages::causes(Language::English, &causes))
    });
    config.english_warnings().into_iter().chain(certificate).collect()
}

/// Adds the settings of the page. If the database cannot be read, returns only those from the other sources, and a note.
fn with_page(config: Config) -> (Config, Option<String>) {
    match as_data_owner::stored_settings(&config.store) {
        Ok(stored) => (config.with_stored(&stored).0, None),
        Err(error) => (config, Some(format!("the settings of the page cannot be read: {error:#}"))),
    }
}

fn show(settings: &Settings, as_json: bool) -> anyhow::Result<()> {
    let (config, note) = with_page(settings.load()?);
    if as_json {
        if let Some(note) = note {
            print_status(&note);
        }
        let settings: Value = config.shown().iter().map(as_object).collect();
        return print_json(&settings);
    }
    let note = note.map(|note| format!("# {note}\n")).unwrap_or_default();
    print(&format!("{note}{}", as_toml(&config)))
}

fn as_object(setting: &ShownSetting) -> Value {
    json!({"key": setting.key, "value": setting.value, "source": setting.origin.to_string()})
}

fn as_toml(config: &Config) -> String {
    let mut lines = Vec::new();
    let mut last_section = "";
    for ShownSetting { key, value, origin } in config.shown() {
        let (section, name) = key.split_once('.').unwrap_or_default();
        if section != last_section {
            lines.push(format!("\n[{section}]"));
            last_section = section;
        }
        let line = match &value {
            Value::Null => format!("# {name} is not set"),
            // The JSON values of all setting types are also valid TOML values.
            value => format!("{name} = {value}"),
        };
        lines.push(if origin == Origin::Default { line } else { format!("{line:<40} # {origin}") });
    }
    format!("{}\n", lines.join("\n").trim_start())
}
