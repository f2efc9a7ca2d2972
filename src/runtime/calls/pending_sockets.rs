//! Media sockets that have not authenticated yet. Any client may open one, so their number and lifetime are limited.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The maximum number of unauthenticated sockets. The server buffers at most one message of 64 KiB for each, 32 MiB in
/// total.
pub const MAX_PENDING_SOCKETS: usize = 512;

/// All unauthenticated sockets.
#[derive(Default)]
pub(super) struct PendingSockets {
    /// Ordered by age, the oldest first.
    sockets: Mutex<VecDeque<Arc<Notify>>>,
}

impl PendingSockets {
    /// Adds a socket. When all slots are used, the oldest socket is evicted. Twilio sends its token at once, so a
    /// waiting socket is not Twilio's; a flood of waiting sockets therefore cannot block calls.
    pub(super) fn add(&self) -> PendingSocket<'_> {
        let eviction = Arc::new(Notify::new());
        let mut sockets = self.sockets();
        if sockets.len() == MAX_PENDING_SOCKETS
            && let Some(first) = sockets.pop_front()
        {
            first.notify_one();
        }
        sockets.push_back(eviction.clone());
        PendingSocket { pending_sockets: self, eviction }
    }

    // A plain mutex is enough: it is held for a lookup, never across an await.
    fn sockets(&self) -> MutexGuard<'_, VecDeque<Arc<Notify>>> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One unauthenticated socket; dropping this frees its slot.
pub(super) struct PendingSocket<'s> {
    pending_sockets: &'s PendingSockets,
    eviction: Arc<Notify>,
}

impl PendingSocket<'_> {
    /// Completes when the socket is evicted; later calls complete immediately.
    pub(super) async fn evicted(&self) {
        self.eviction.notified().await;
        self.eviction.notify_one();
    }
}

impl Drop for PendingSocket<'_> {
    fn drop(&mut self) {
        self.pending_sockets.sockets().retain(|other| !Arc::ptr_eq(other, &self.eviction));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[test]
    fn a_new_socket_evicts_the_oldest() {
        let pending_sockets = PendingSockets::default();
        let mut sockets: Vec<_> = (0..MAX_PENDING_SOCKETS).map(|_| pending_sockets.add()).collect();
        drop(sockets.remove(1));
        let second = pending_sockets.add();
        assert!(sockets[0].evicted().now_or_never().is_none(), "there was room");
        let third = pending_sockets.add();
        assert!(sockets[0].evicted().now_or_never().is_some());
        assert!(sockets[1..].iter().chain([&second, &third]).all(|other| other.evicted().now_or_never().is_none()));
        drop((sockets, second, third));
        assert!(pending_sockets.sockets().is_empty());
    }
}
