//! `agentlocator token`: bearer tokens for programs.

use super::table::{Table, moment};
use super::{Settings, order, print, print_json, tell};
use crate::crm::order::{Order, Outcome};
use crate::crm::token::OneTimeSecret;
use crate::domain::Role;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(super) enum Token {
    /// Make a token and print it, and nothing else, on stdout.
    ///
    /// It is not shown again. A program sends it as `Authorization: Bearer TOKEN`.
    Create {
        /// What it is for.
        name: String,
        /// What it may do.
        #[arg(long, default_value = "staff", value_parser = super::role)]
        role: Role,
    },
    /// List the tokens, without their secrets.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Make a token good for nothing, at once.
    Revoke {
        /// Its number, or its name.
        #[arg(value_name = "NUMBER|NAME")]
        which: String,
    },
}

pub(super) fn run(command: Token, settings: &Settings) -> anyhow::Result<()> {
    match command {
        Token::Create { name, role } => {
            let secret = OneTimeSecret::token();
            order::give(settings, Order::CreateToken { name, role, token_hash: secret.hash() })?;
            print(&format!("{}\n", secret.expose()))
        }
        Token::List { json } => list(settings, json),
        Token::Revoke { which } => {
            order::give(settings, Order::RevokeToken { which: which.clone() })?;
            tell(&format!("Token {which} is good for nothing now."));
            Ok(())
        }
    }
}

fn list(settings: &Settings, json: bool) -> anyhow::Result<()> {
    let (Outcome::Tokens(tokens), _) = order::give(settings, Order::ListTokens)? else { return Ok(()) };
    if json {
        return print_json(&tokens);
    }
    let mut table = Table::new(["NUMBER", "NAME", "ROLE", "CREATED", "LAST USED"]);
    for token in tokens {
        let (created, used) = (moment(Some(token.created_at)), moment(token.last_used_at));
        table.row([token.id.to_string(), token.name, token.role.to_string(), created, used]);
    }
    print(&table.to_string())
}
