//! The actor of an operation. The audit log and the author column of messages store its text form.

use super::{TokenId, UserId};
use std::fmt;

/// A user, a client or a part of the system that performs an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ActorId {
    /// A logged-in user: `user:3`.
    User(UserId),
    /// An API client with a bearer token: `token:2`.
    Token(TokenId),
    /// A user of the machine's command line: `cli`.
    CommandLine,
    /// The contact, by a message: `contact`.
    Contact,
    /// The AI: `agent`.
    Agent,
    /// The business's own phone: `phone`.
    Phone,
    /// The owner, by a WhatsApp message from the number in the settings: `owner`.
    OwnerByWhatsApp,
    /// The daemon itself, following its settings: `daemon`.
    Daemon,
    /// An unauthenticated client: `nobody`.
    Unauthenticated,
}

impl fmt::Display for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Token(id) => write!(f, "token:{id}"),
            Self::CommandLine => f.write_str("cli"),
            Self::Contact => f.write_str("contact"),
            Self::Agent => f.write_str("agent"),
            Self::Phone => f.write_str("phone"),
            Self::OwnerByWhatsApp => f.write_str("owner"),
            Self::Daemon => f.write_str("daemon"),
            Self::Unauthenticated => f.write_str("nobody"),
        }
    }
}
