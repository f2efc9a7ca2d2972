//! What somebody at the machine's own command line may order: the daemon does it while it runs, else the command itself.

use super::retention::{self, Cutoff, Share};
use super::{Error, Refusal, outbox, setup, token, user};
use crate::domain::{ActorId, Alert, ApiToken, Message, MessageId, MessageStatus, Provider, Role, Timestamp, User};
use crate::inbox::policy::Rules;
use crate::store::{self, BACKUP_MARK, WriteTx};
use serde::{Deserialize, Serialize};

/// An order. Secrets are made and hashed by whoever gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case")]
pub enum Order {
    /// Make a set-up code good.
    OfferSetupCode {
        /// Of the code.
        code_hash: String,
    },
    /// List who may log in.
    ListUsers,
    /// Add somebody.
    AddUser {
        /// What they log in with.
        name: String,
        /// What they may do; none means owner for the first one, else staff.
        role: Option<Role>,
        /// Of the password.
        password_hash: String,
    },
    /// Give somebody a new password.
    ResetPassword {
        /// Who.
        name: String,
        /// Of the password.
        password_hash: String,
    },
    /// Take somebody's right to log in away.
    RemoveUser {
        /// Who.
        name: String,
    },
    /// List the tokens.
    ListTokens,
    /// Add a token.
    CreateToken {
        /// What it is for.
        name: String,
        /// What it may do.
        role: Role,
        /// Of the token.
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
    /// List what needs a person, and what lately did.
    ListAlerts,
    /// Tell how much retention would delete.
    PlanRetention {
        /// From when what is kept.
        cutoffs: Vec<Cutoff>,
    },
    /// Delete a little of what is older.
    Retain {
        /// What, and from when it is kept.
        cutoff: Cutoff,
    },
    /// Write down what was deleted.
    NoteRetention {
        /// How much of what.
        shares: Vec<Share>,
    },
    /// Send the owner a message.
    SendToOwner {
        /// A phone number.
        to: String,
        /// The words.
        text: String,
        /// The one provider that the settings name.
        only: Option<Provider>,
        /// The providers in use, the preferred ones first.
        priority: Vec<Provider>,
        /// Whether Twilio has a template.
        template: bool,
    },
    /// Tell how far a message has come.
    TellMessage {
        /// Which.
        id: MessageId,
    },
    /// Tell the newest migration that the database has had.
    TellMigration,
    /// Leave a mark in the database, by which a copy shows that it is of a later moment.
    MarkBackup {
        /// The mark.
        mark: String,
    },
}

/// What came of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is done.
    Done,
    /// Who was added.
    User(User),
    /// Who may log in.
    Users(Vec<User>),
    /// The token that was added or revoked.
    Token(ApiToken),
    /// The tokens.
    Tokens(Vec<ApiToken>),
    /// The name of a migration.
    Migration(String),
    /// What needs a person, and what lately did.
    Alerts(Vec<Alert>),
    /// How much retention deletes, or deleted.
    Shares(Vec<Share>),
    /// A message that is on its way.
    Queued(MessageId),
    /// How far a message has come.
    Message {
        /// How far.
        status: MessageStatus,
        /// Why it failed.
        error: Option<String>,
        /// By whom it went, or will go.
        provider: Option<Provider>,
    },
}

impl Order {
    /// Does it.
    pub fn perform(&self, tx: &WriteTx<'_>, now: Timestamp) -> Result<Outcome, Error> {
        let by = ActorId::CommandLine;
        match self {
            Self::OfferSetupCode { code_hash } => setup::offer(tx, code_hash, now).map(|()| Outcome::Done),
            Self::ListUsers => Ok(Outcome::Users(tx.users()?)),
            Self::AddUser { name, role, password_hash } => {
                let first = if tx.count_owners()? == 0 { Role::Owner } else { Role::Staff };
                user::add(tx, by, name, role.unwrap_or(first), password_hash, now).map(Outcome::User)
            }
            Self::ResetPassword { name, password_hash } => {
                let user = user::find(tx, name)?;
                user::set_password(tx, by, user.id, password_hash, None, now).map(|()| Outcome::User(user))
            }
            Self::RemoveUser { name } => {
                let user = user::find(tx, name)?;
                user::remove(tx, by, user.id, now).map(|()| Outcome::User(user))
            }
            Self::ListTokens => Ok(Outcome::Tokens(tx.tokens()?)),
            Self::CreateToken { name, role, token_hash, expires_at } => {
                token::create(tx, by, name, *role, token_hash, *expires_at, now).map(Outcome::Token)
            }
            Self::RevokeToken { which } => {
                let found = token::find(&tx.tokens()?, which)?;
                token::revoke(tx, by, found.id, now).map(|()| Outcome::Token(found))
            }
            Self::MarkBackup { mark } => {
                tx.set_meta(BACKUP_MARK, mark)?;
                Ok(Outcome::Done)
            }
            Self::ListAlerts => Ok(Outcome::Alerts(tx.alerts()?)),
            Self::PlanRetention { cutoffs } => Ok(Outcome::Shares(retention::plan(tx, cutoffs)?)),
            Self::Retain { cutoff } => Ok(Outcome::Shares(vec![retention::step(tx, *cutoff, now)?])),
            Self::NoteRetention { shares } => {
                retention::note(tx, by, shares, now)?;
                Ok(Outcome::Done)
            }
            Self::SendToOwner { to, text, only, priority, template } => {
                let rules = Rules { only: *only, priority: priority.clone(), template: *template };
                let queued = outbox::send_to_owner(tx, to, text.clone(), &rules, now)?;
                queued
                    .map(|answer| Outcome::Queued(answer.message_id))
                    .map_err(|error| Refusal::Invalid(error.into()).into())
            }
            Self::TellMessage { id } => {
                let message = tx.message(*id)?.ok_or(store::Error::NotFound("message"))?;
                let Message { status, error, provider, .. } = message;
                Ok(Outcome::Message { status, error, provider })
            }
            Self::TellMigration => Ok(Outcome::Migration(tx.newest_applied_migration()?)),
        }
    }
}
