//! The state of a call that rings in the web pages of the staff.

use crate::domain::{ActorId, Timestamp, UserId};
use std::collections::BTreeSet;

/// A call that rings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRing {
    /// The caller's request, as the AI describes it; may be empty.
    pub reason: String,
    /// When the pages stop ringing.
    pub until: Timestamp,
    /// The users who cannot answer now.
    pub(super) declined: BTreeSet<UserId>,
}

impl PageRing {
    pub(super) fn is_declined_by(&self, reader: ActorId) -> bool {
        matches!(reader, ActorId::User(user) if self.declined.contains(&user))
    }
}
