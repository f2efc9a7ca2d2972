//! Tracks which user types in which thread. The state is kept in memory only, and is reported to open web pages.

use crate::domain::{ThreadId, UserId};
use tokio::sync::broadcast;

/// A notice that a user types in a thread. It is valid for six seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypingNotice {
    pub thread: ThreadId,
    /// The user; `None` for an API client with a token.
    pub user: Option<UserId>,
    /// The name of the user; empty for a token.
    pub name: String,
}

/// Clones send to the same receivers.
#[derive(Clone, Debug)]
pub struct Typing(broadcast::Sender<TypingNotice>);

impl Default for Typing {
    fn default() -> Self {
        Self(broadcast::channel(MAX_WAITING).0)
    }
}

impl Typing {
    pub fn report(&self, notice: TypingNotice) {
        // Fails if no web page is open, because then there is no receiver.
        let _ = self.0.send(notice);
    }

    pub fn follow(&self) -> broadcast::Receiver<TypingNotice> {
        self.0.subscribe()
    }
}

/// How many notices are queued for a page. A slow page loses notices, which expire soon anyway.
const MAX_WAITING: usize = 64;
