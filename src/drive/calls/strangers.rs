//! Media sockets that have not shown a token yet. Anybody may open one, so there is room for some, and nobody stays long.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// So many sockets may be there at once that have not shown a token yet. Each can make us hold one message of 64 KiB at
/// most, so all of them 32 MiB.
pub const STRANGERS: usize = 512;

/// All of them.
#[derive(Default)]
pub(super) struct Strangers {
    /// Who came first stands first.
    inside: Mutex<VecDeque<Arc<Notify>>>,
}

impl Strangers {
    /// Lets one in. Where it is full, who has been there longest must go: Twilio shows its token at once, so whoever waits
    /// is not Twilio, and a crowd cannot keep calls out by waiting.
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

    // A plain mutex: it is held for a look-up, never while waiting.
    fn inside(&self) -> MutexGuard<'_, VecDeque<Arc<Notify>>> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of them; its place is free when this is dropped.
pub(super) struct Stranger<'s> {
    strangers: &'s Strangers,
    leave: Arc<Notify>,
}

impl Stranger<'_> {
    /// Comes back when it must go, and from then on at once.
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
