//! Source of a new password: a file, stdin, the keyboard, or a generator.

use super::output::print_status;
use super::settings::Settings;
use crate::app;
use crate::crm::password;
use anyhow::Context;
use clap::Args;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use std::io::{IsTerminal, stdin};
use std::path::PathBuf;

/// Source of a new password.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(super) struct PasswordSource {
    /// Read the password from the first line of this file.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Generate a password and print it.
    #[arg(long)]
    generate: bool,
}

pub(super) struct NewPassword {
    text: String,
    generated: bool,
}

impl PasswordSource {
    pub(super) fn read(self) -> anyhow::Result<NewPassword> {
        if self.generate {
            return Ok(NewPassword::generate());
        }
        if let Some(file) = self.password_file {
            let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
            return Ok(NewPassword::entered(text.lines().next().unwrap_or_default()));
        }
        let text = if stdin().is_terminal() { prompt()? } else { read_line()? };
        Ok(if text.is_empty() { NewPassword::generate() } else { NewPassword::entered(&text) })
    }
}

impl NewPassword {
    fn entered(text: &str) -> Self {
        Self { text: text.to_owned(), generated: false }
    }

    fn generate() -> Self {
        Self { text: password::generate(), generated: true }
    }

    /// Fails if the password is not allowed for this user name, or is similar to the business's name. If the settings
    /// are invalid, the latter rule is skipped, so that the owner can still reset a password.
    pub(super) fn hash(&self, user_name: &str, settings: &Settings) -> anyhow::Result<String> {
        let business = settings.load().map(|config| config.business.name).unwrap_or_default();
        Ok(password::hash(&self.text, &[user_name, &business])?)
    }

    /// Returns the password if it was generated. The command must then print it.
    pub(super) fn generated(&self) -> Option<&str> {
        self.generated.then_some(self.text.as_str())
    }
}

/// Prompts for the password twice, without echo. Restores the terminal's settings afterwards, also on Ctrl-C.
fn prompt() -> anyhow::Result<String> {
    let shown = tcgetattr(stdin()).context("cannot read the terminal's settings")?;
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    tcsetattr(stdin(), OptionalActions::Flush, &hidden).context("cannot switch off the terminal's echo")?;
    let runtime = app::runtime()?;
    let typed = runtime.block_on(async {
        tokio::select! {
            typed = tokio::task::spawn_blocking(prompt_twice) => typed?,
            _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted; nothing was changed")),
        }
    });
    let _ = tcsetattr(stdin(), OptionalActions::Flush, &shown);
    // After Ctrl-C, a blocking thread still reads from the terminal. Do not wait for this thread.
    runtime.shutdown_background();
    print_status("");
    typed
}

fn prompt_twice() -> anyhow::Result<String> {
    print_status("New password (empty: generate one):");
    let first = read_line()?;
    if first.is_empty() {
        return Ok(first);
    }
    print_status("Repeat the password:");
    anyhow::ensure!(first == read_line()?, "the passwords do not match");
    Ok(first)
}

fn read_line() -> anyhow::Result<String> {
    let mut line = String::new();
    stdin().read_line(&mut line).context("cannot read the password from stdin")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
