//! `agentlocator user`: manages the users who may log in.

use super::daemon_client;
use super::output::{Table, format_time, print, print_json, print_status};
use super::password_prompt::{NewPassword, PasswordSource};
use super::settings::Settings;
use crate::crm::admin_command::{AdminCommand, CommandOutput};
use crate::domain::{Role, UnknownValue};
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Add a user.
    ///
    /// The command prompts for the password, or reads it from stdin or a file. With --generate, or with an empty stdin,
    /// it generates a password and prints it on stdout.
    Add {
        /// The login name.
        name: String,
        /// The user's role; by default owner if there is no owner yet, else staff.
        #[arg(long, value_parser = role)]
        role: Option<Role>,
        #[command(flatten)]
        password: PasswordSource,
    },
    /// List the users.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Set a user's new password, and end the user's sessions.
    ///
    /// The password is read as for `add`.
    ResetPassword {
        /// The login name.
        name: String,
        #[command(flatten)]
        password: PasswordSource,
    },
    /// Remove a user. The last owner cannot be removed.
    Remove {
        /// The login name.
        name: String,
    },
}

pub(super) fn run(command: User, settings: &Settings) -> anyhow::Result<()> {
    match command {
        User::Add { name, role, password } => {
            let password = password.read()?;
            let password_hash = password.hash(&name, settings)?;
            let order = AdminCommand::AddUser { name, role, password_hash };
            report(daemon_client::execute(settings, order)?.0, "was added", Some(&password))
        }
        User::List { json } => list(settings, json),
        User::ResetPassword { name, password } => {
            let password = password.read()?;
            let password_hash = password.hash(&name, settings)?;
            let order = AdminCommand::ResetPassword { name, password_hash };
            report(daemon_client::execute(settings, order)?.0, "has a new password", Some(&password))
        }
        User::Remove { name } => {
            report(daemon_client::execute(settings, AdminCommand::RemoveUser { name })?.0, "was removed", None)
        }
    }
}

fn report(outcome: CommandOutput, what: &str, password: Option<&NewPassword>) -> anyhow::Result<()> {
    if let CommandOutput::User(user) = outcome {
        print_status(&format!("{} ({}) {what}.", user.name, user.role));
    }
    match password.and_then(NewPassword::generated) {
        Some(text) => print(&format!("{text}\n")),
        None => Ok(()),
    }
}

fn list(settings: &Settings, json: bool) -> anyhow::Result<()> {
    let (CommandOutput::Users(users), _) = daemon_client::execute(settings, AdminCommand::ListUsers)? else {
        return Ok(());
    };
    if json {
        return print_json(&users);
    }
    let mut table = Table::new(["NAME", "ROLE", "CREATED", "LAST LOGIN"]);
    for user in users {
        table.row([
            user.name,
            user.role.to_string(),
            format_time(Some(user.created_at)),
            format_time(user.last_login_at),
        ]);
    }
    print(&table.to_string())
}

pub(super) fn role(word: &str) -> Result<Role, String> {
    word.parse().map_err(|error: UnknownValue| error.to_string())
}
