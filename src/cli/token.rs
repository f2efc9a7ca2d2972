//! `agentlocator token`: manages API tokens.

use super::daemon_client;
use super::output::{Table, format_time, print, print_json, print_status, write_stdout};
use super::settings::Settings;
use crate::clock;
use crate::crm::admin_command::{AdminCommand, CommandOutput};
use crate::crm::token::OneTimeSecret;
use crate::domain::Role;
use anyhow::Context;
use clap::Subcommand;
use std::time::Duration;

#[derive(Debug, Subcommand)]
pub(super) enum Token {
    /// Create an API token and print it on stdout.
    ///
    /// Nothing else is printed on stdout, and the token is not shown again. Clients send it as `Authorization: Bearer TOKEN`.
    Create {
        /// A name that describes its use.
        name: String,
        /// The token's role.
        #[arg(long, default_value = "staff", value_parser = super::user::role)]
        role: Role,
        /// The number of days after which the token expires; without this option it does not expire.
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3650))]
        expires_in_days: Option<u32>,
    },
    /// List the API tokens, without their secrets.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Revoke an API token immediately.
    Revoke {
        /// The token's number or name.
        #[arg(value_name = "NUMBER|NAME")]
        which: String,
    },
}

pub(super) fn run(command: Token, settings: &Settings) -> anyhow::Result<()> {
    match command {
        Token::Create { name, role, expires_in_days } => {
            let secret = OneTimeSecret::token();
            let lifetime = expires_in_days.map(|days| Duration::from_hours(24 * u64::from(days)));
            let expires_at = lifetime.map(|lifetime| clock::now().plus(lifetime));
            let create = AdminCommand::CreateToken { name, role, token_hash: secret.hash(), expires_at };
            let (created, _) = daemon_client::execute(settings, create)?;
            let Err(error) = write_stdout(&format!("{}\n", secret.expose())) else { return Ok(()) };
            // The token is not shown again, so no client can use it.
            if let CommandOutput::Token(token) = created {
                let revoke = AdminCommand::RevokeToken { which: token.id.to_string() };
                daemon_client::execute(settings, revoke)
                    .with_context(|| format!("cannot write to stdout ({error}), nor revoke token {}", token.id))?;
            }
            Err(error).context("the token was revoked, because it cannot be written to stdout")
        }
        Token::List { json } => list(settings, json),
        Token::Revoke { which } => {
            daemon_client::execute(settings, AdminCommand::RevokeToken { which: which.clone() })?;
            print_status(&format!("Token {which} is revoked."));
            Ok(())
        }
    }
}

fn list(settings: &Settings, json: bool) -> anyhow::Result<()> {
    let (CommandOutput::Tokens(tokens), _) = daemon_client::execute(settings, AdminCommand::ListTokens)? else {
        return Ok(());
    };
    if json {
        return print_json(&tokens);
    }
    let mut table = Table::new(["NUMBER", "NAME", "ROLE", "CREATED", "CREATED BY", "EXPIRES", "LAST USED"]);
    for token in tokens {
        let (created, used) = (format_time(Some(token.created_at)), format_time(token.last_used_at));
        let created_by = token.user_name.or(token.created_by).unwrap_or_default();
        let expires = token.expires_at.map_or_else(|| "never".to_owned(), |at| format_time(Some(at)));
        table.row([token.id.to_string(), token.name, token.role.to_string(), created, created_by, expires, used]);
    }
    print(&table.to_string())
}
