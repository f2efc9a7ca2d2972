//! Which users have the web page open, so that calls can ring there.

use crate::clock;
use crate::domain::UserId;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A page that reloads or reconnects is still open after this time without an event stream.
const RECONNECTS_WITHIN: Duration = Duration::from_secs(3);

/// Clones share one register.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenPages(Arc<Mutex<HashMap<UserId, Streams>>>);

/// The event streams of a user.
#[derive(Debug, Default)]
struct Streams {
    open: usize,
    /// When the last one was closed.
    closed_at: Option<Instant>,
}

/// An open event stream of a user's browser. The browser's pages count as closed some seconds after it is dropped.
#[derive(Debug)]
pub struct OpenPage {
    pages: OpenPages,
    user: UserId,
}

impl OpenPages {
    pub(super) fn open(&self, user: UserId) -> OpenPage {
        self.lock().entry(user).or_default().open += 1;
        OpenPage { pages: self.clone(), user }
    }

    /// Returns the users with an open page.
    pub(super) fn users(&self) -> BTreeSet<UserId> {
        let now = clock::instant();
        let mut users = self.lock();
        users.retain(|_, streams| {
            streams.open > 0 || streams.closed_at.is_some_and(|at| now.duration_since(at) < RECONNECTS_WITHIN)
        });
        users.keys().copied().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, Streams>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for OpenPage {
    fn drop(&mut self) {
        if let Some(streams) = self.pages.lock().get_mut(&self.user) {
            streams.open -= 1;
            streams.closed_at = Some(clock::instant());
        }
    }
}
