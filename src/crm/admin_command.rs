//! Admin commands from the local command line: executed by the daemon while it runs, else by the command itself.

use super::retention::{self, Cutoff, DeletedCount};
use super::{Error, outbox, setup, token, user};
use crate::domain::{
    ActorId, Alert, ApiToken, Message, MessageId, MessageStatus, Provider, Role, StoredNotice, Timestamp, User,
};
use crate::inbox::policy::RoutingRules;
use crate::store::{self, BACKUP_MARK, WriteTx};
use serde::{Deserialize, Serialize};

/// A command. The sender generates and hashes secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum AdminCommand {
    /// Activate a set-up code.
    OfferSetupCode {
        /// The hash of the code.
        code_hash: String,
    },
    /// List the users.
    ListUsers,
    /// Add a user.
    AddUser {
        /// The login name.
        name: String,
        /// The role; none means owner for the first user, else staff.
        role: Option<Role>,
        /// The hash of the password.
        password_hash: String,
    },
    /// Set a user's password.
    ResetPassword {
        /// The user.
        name: String,
        /// The hash of the password.
        password_hash: String,
    },
    /// Remove a user.
    RemoveUser {
        /// The user.
        name: String,
    },
    /// List the tokens.
    ListTokens,
    /// Create a token.
    CreateToken {
        /// What it is for.
        name: String,
        /// Its role.
        role: Role,
        /// The hash of the token.
        token_hash: String,
        /// From when on it is not accepted.
        #[serde(default)]
        expires_at: Option<Timestamp>,
    },
    /// Revoke a token.
    RevokeToken {
        /// Its number or its name.
        which: String,
    },
    /// List the active alerts, and those that have cleared lately.
    ListAlerts,
    /// Return how much retention would delete.
    PlanRetention {
        /// The cutoff times.
        cutoffs: Vec<Cutoff>,
    },
    /// Delete a batch of older data.
    DeleteExpired {
        /// The kind of data, and its cutoff time.
        cutoff: Cutoff,
    },
    /// Log what was deleted.
    AuditRetention {
        /// The deleted amounts.
        deleted: Vec<DeletedCount>,
    },
    /// Send the owner a message.
    SendToOwner {
        /// A phone number.
        to: String,
        /// The text.
        text: String,
        /// The only provider that the settings allow.
        only: Option<Provider>,
        /// The providers in use, the preferred ones first.
        priority: Vec<Provider>,
        /// Whether Twilio has a template.
        template: bool,
    },
    /// Return the status of a message.
    GetMessage {
        /// The message.
        id: MessageId,
    },
    /// Return the latest migration of the database.
    GetMigration,
    /// Store a mark in the database, which shows that a copy is from a later moment.
    MarkBackup {
        /// The mark.
        mark: String,
    },
}

/// The output of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandOutput {
    /// It is done.
    Done,
    /// The user that was added.
    User(User),
    /// The users.
    Users(Vec<User>),
    /// The token that was created or revoked.
    Token(ApiToken),
    /// The tokens.
    Tokens(Vec<ApiToken>),
    /// The name of a migration.
    Migration(String),
    /// The active alerts, and those that have cleared lately.
    Alerts(Vec<Alert>),
    /// How much retention deletes, or deleted.
    DeletedCounts(Vec<DeletedCount>),
    /// A message that was queued.
    Queued(MessageId),
    /// The status of a message.
    Message {
        /// The status.
        status: MessageStatus,
        /// Why it failed.
        error: Option<StoredNotice>,
        /// The provider that sent it, or will send it.
        provider: Option<Provider>,
    },
}

impl AdminCommand {
    /// Executes the command.
    pub fn execute(&self, tx: &WriteTx<'_>, now: Timestamp) -> Result<CommandOutput, Error> {
        let by = ActorId::CommandLine;
        match self {
            Self::OfferSetupCode { code_hash } => {
                setup::activate_code(tx, code_hash, now).map(|()| CommandOutput::Done)
            }
            Self::ListUsers => Ok(CommandOutput::Users(tx.users()?)),
            Self::AddUser { name, role, password_hash } => {
                let first = if tx.count_owners()? == 0 { Role::Owner } else { Role::Staff };
                user::add(tx, by, name, role.unwrap_or(first), password_hash, now).map(CommandOutput::User)
            }
            Self::ResetPassword { name, password_hash } => {
                let user = user::find(tx, name)?;
                user::set_password(tx, by, user.id, password_hash, None, now).map(|()| CommandOutput::User(user))
            }
            Self::RemoveUser { name } => {
                let user = user::find(tx, name)?;
                user::remove(tx, by, user.id, now).map(|()| CommandOutput::User(user))
            }
            Self::ListTokens => Ok(CommandOutput::Tokens(tx.tokens()?)),
            Self::CreateToken { name, role, token_hash, expires_at } => {
                token::create(tx, by, name, *role, token_hash, *expires_at, now).map(CommandOutput::Token)
            }
            Self::RevokeToken { which } => {
                let found = token::find(&tx.tokens()?, which)?;
                token::revoke(tx, by, found.id, now).map(|()| CommandOutput::Token(found))
            }
            Self::MarkBackup { mark } => {
                tx.set_meta(BACKUP_MARK, mark)?;
                Ok(CommandOutput::Done)
            }
            Self::ListAlerts => Ok(CommandOutput::Alerts(tx.alerts()?)),
            Self::PlanRetention { cutoffs } => Ok(CommandOutput::DeletedCounts(retention::plan(tx, cutoffs)?)),
            Self::DeleteExpired { cutoff } => {
                Ok(CommandOutput::DeletedCounts(vec![retention::step(tx, *cutoff, now)?]))
            }
            Self::AuditRetention { deleted } => {
                retention::note(tx, by, deleted, now)?;
                Ok(CommandOutput::Done)
            }
            Self::SendToOwner { to, text, only, priority, template } => {
                let rules = RoutingRules { only: *only, priority: priority.clone(), template: *template };
                let queued = outbox::notify_owner(tx, to, text.clone(), &rules, now)?;
                Ok(CommandOutput::Queued(queued.message_id))
            }
            Self::GetMessage { id } => {
                let message = tx.message(*id)?.ok_or(store::Error::NotFound("message"))?;
                let Message { status, error, provider, .. } = message;
                Ok(CommandOutput::Message { status, error, provider })
            }
            Self::GetMigration => Ok(CommandOutput::Migration(tx.newest_applied_migration()?)),
        }
    }
}
