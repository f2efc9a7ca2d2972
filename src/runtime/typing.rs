//! Who is typing in which thread. It is kept in memory only, and reported to open pages.

use crate::domain::{ThreadId, UserId};
use tokio::sync::broadcast;

/// A user types in a thread. It holds for six seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypingNotice {
    /// The thread.
    pub thread: ThreadId,
    /// The user; none for an API client with a token.
    pub user: Option<UserId>,
    /// The name of the user; empty for a token.
    pub name: String,
}

/// Distributes notices to the open event streams; clones share it.
#[derive(Clone, Debug)]
pub struct Typing(broadcast::Sender<TypingNotice>);

impl Default for Typing {
    fn default() -> Self {
        Self(broadcast::channel(MAX_WAITING).0)
    }
}

impl Typing {
    /// Reports that a user types.
    pub fn report(&self, notice: TypingNotice) {
        // Without a page that is open, there is no receiver.
        let _ = self.0.send(notice);
    }

    /// Follows the notices from now on.
    pub fn follow(&self) -> broadcast::Receiver<TypingNotice> {
        self.0.subscribe()
    }
}

/// A slow page misses notices, which are over soon anyway.
const MAX_WAITING: usize = 64;
