//! Who did something, as the audit log and a message's author column name them.

use super::{TokenId, UserId};
use std::fmt;

/// Who did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ActorId {
    /// Someone who is logged in: `user:3`.
    User(UserId),
    /// A program with a bearer token: `token:2`.
    Token(TokenId),
    /// Somebody at the command line of the machine: `cli`.
    CommandLine,
    /// The AI: `agent`.
    Agent,
    /// The business's own phone, beside us: `phone`.
    Phone,
    /// The daemon itself, as its settings say: `daemon`.
    Daemon,
    /// Nobody who is known yet: `nobody`.
    Nobody,
}

impl fmt::Display for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Token(id) => write!(f, "token:{id}"),
            Self::CommandLine => f.write_str("cli"),
            Self::Agent => f.write_str("agent"),
            Self::Phone => f.write_str("phone"),
            Self::Daemon => f.write_str("daemon"),
            Self::Nobody => f.write_str("nobody"),
        }
    }
}
