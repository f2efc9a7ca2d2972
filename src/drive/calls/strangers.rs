//! Media sockets that have not authenticated yet. Any client may open one, so their number and their time are limited.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The maximum number of unauthenticated sockets. Each can make the server buffer one message of at most 64 KiB, so all
/// of them 32 MiB.
pub const STRANGERS: usize = 512;

/// All unauthenticated sockets.
#[derive(Default)]
pub(super) struct Strangers {
    /// Oldest first.
    inside: Mutex<VecDeque<Arc<Notify>>>,
}

impl Strangers {
    /// Adds a socket. When full, the oldest one is evicted: Twilio sends its token at once, so a socket that waits is
    /// not Twilio's, and a flood of waiting sockets cannot keep calls out.
    pub(super) fn admit(&self) -> Stranger<'_> {
        let leave = Arc::new(Notify::new());
        let mut inside = self.inside();
        if inside.len() == STRANGERS
            && let Some(first) = inside.pop_front()
        {
            first.notify_one();
        }
        inside.push_back(leave.clone());
        Stranger { strangers: self, leave }
    }

    // A plain mutex: it is held for a lookup, never across an await.
    fn inside(&self) -> MutexGuard<'_, VecDeque<Arc<Notify>>> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One unauthenticated socket; dropping this frees its slot.
pub(super) struct Stranger<'s> {
    strangers: &'s Strangers,
    leave: Arc<Notify>,
}

impl Stranger<'_> {
    /// Completes when the socket is evicted, and from then on at once.
    pub(super) async fn must_go(&self) {
        self.leave.notified().await;
        self.leave.notify_one();
    }
}

impl Drop for Stranger<'_> {
    fn drop(&mut self) {
        self.strangers.inside().retain(|other| !Arc::ptr_eq(other, &self.leave));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[test]
    fn the_newcomer_gets_the_place_of_who_waited_longest() {
        let strangers = Strangers::default();
        let mut inside: Vec<_> = (0..STRANGERS).map(|_| strangers.admit()).collect();
        drop(inside.remove(1));
        let second = strangers.admit();
        assert!(inside[0].must_go().now_or_never().is_none(), "there was room");
        let third = strangers.admit();
        assert!(inside[0].must_go().now_or_never().is_some());
        assert!(inside[1..].iter().chain([&second, &third]).all(|other| other.must_go().now_or_never().is_none()));
        drop((inside, second, third));
        assert!(strangers.inside().is_empty());
    }
}
