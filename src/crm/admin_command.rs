//! Admin commands from the local command line. The daemon executes them while it runs; otherwise, the CLI process
//! executes them itself.

use super::retention::{self, Cutoff, DeletedCount};
use super::{Error, outbox, setup, token, user};
use crate::domain::{
    ActorId, Alert, ApiToken, Message, MessageId, MessageStatus, PhoneNumber, Provider, Role, StoredNotice, Timestamp,
    User,
};
use crate::inbox::policy::RoutingRules;
use crate::store::{self, BACKUP_MARK, WriteTx};
use serde::{Deserialize, Serialize};

/// An admin command. The sender generates and hashes the secrets, so commands contain only hashes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum AdminCommand {
    OfferSetupCode {
        /// The hash of the code; the code itself is not stored.
        code_hash: String,
    },
    ListUsers,
    AddUser {
        name: String,
        /// The role. Without a role, the user becomes an owner if there is no owner, otherwise staff.
        role: Option<Role>,
        password_hash: String,
    },
    ResetPassword {
        /// The login name.
        name: String,
        password_hash: String,
    },
    RemoveUser {
        /// The login name.
        name: String,
    },
    ListTokens,
    CreateToken {
        /// The purpose of the token, as shown in the list.
        name: String,
        role: Role,
        token_hash: String,
        /// The token is rejected from this time on.
        #[serde(default)]
        expires_at: Option<Timestamp>,
    },
    RevokeToken {
        /// The number or the name of the token.
        which: String,
    },
    /// List the active alerts and the recently cleared ones.
    ListAlerts,
    /// Return when retention last ran; before its first run, the time of the newest activity.
    GetRetentionRun,
    /// Return how much data retention would delete; deletes nothing.
    PlanRetention {
        cutoffs: Vec<Cutoff>,
    },
    /// Delete one batch of expired data.
    DeleteExpired {
        /// The kind of data, and its cutoff time.
        cutoff: Cutoff,
    },
    /// Write the deleted amounts to the audit log, except those of webhooks and audit rows, and record the run.
    AuditRetention {
        /// The deleted amounts, by kind of data.
        deleted: Vec<DeletedCount>,
    },
    SendToOwner {
        to: PhoneNumber,
        text: String,
        /// The only provider that the settings allow; `None` if they allow all.
        only: Option<Provider>,
        /// The enabled providers, the preferred one first.
        priority: Vec<Provider>,
        /// Whether a Twilio template is configured.
        template: bool,
    },
    GetMessage {
        /// The id of an outbound message.
        id: MessageId,
    },
    /// Return the name of the latest applied schema migration.
    GetMigration,
    /// Store a marker in the database. A copy that contains the marker was made after this command.
    MarkBackup {
        /// The marker, a unique text.
        mark: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandOutput {
    Done,
    /// The user that was added, changed or removed.
    User(User),
    Users(Vec<User>),
    /// The token that was created or revoked.
    Token(ApiToken),
    Tokens(Vec<ApiToken>),
    Migration(String),
    Alerts(Vec<Alert>),
    RetentionRun(Option<Timestamp>),
    /// How much data retention would delete, or has deleted.
    DeletedCounts(Vec<DeletedCount>),
    Queued(MessageId),
    Message {
        status: MessageStatus,
        error: Option<StoredNotice>,
        /// The provider that sent the message, or is selected to send it.
        provider: Option<Provider>,
    },
}

impl AdminCommand {
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
            Self::GetRetentionRun => Ok(CommandOutput::RetentionRun(retention::last_run(tx)?)),
            Self::PlanRetention { cutoffs } => Ok(CommandOutput::DeletedCounts(retention::plan(tx, cutoffs)?)),
            Self::DeleteExpired { cutoff } => {
                Ok(CommandOutput::DeletedCounts(vec![retention::step(tx, *cutoff, now)?]))
            }
            Self::AuditRetention { deleted } => {
                retention::note(tx, by, deleted, now)?;
                retention::note_run(tx, now)?;
                Ok(CommandOutput::Done)
            }
            Self::SendToOwner { to, text, only, priority, template } => {
                let rules = RoutingRules { only: *only, priority: priority.clone(), template: *template };
                let queued = outbox::notify_owner(tx, to.clone(), text.clone(), &rules, now)?;
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
