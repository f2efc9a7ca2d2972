//! Media sockets that have not authenticated yet. Any client may open one, so their number and lifetime are limited.

use super::socket::MediaSocket;
use crate::domain::CallSid;
use crate::providers::twilio::media_stream::Start;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// The maximum number of unauthenticated sockets. The server buffers at most one message of 64 KiB for each, 32 MiB in
/// total.
pub const MAX_PENDING_SOCKETS: usize = 512;

/// How long a media socket may take to send a valid token.
pub(super) const TOKEN_TIMEOUT: Duration = Duration::from_secs(5);

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

    // A plain mutex is enough, because it is held only for a lookup, never across an await.
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
    pub(super) async fn start(&self, socket: &mut MediaSocket) -> Result<Start, SocketRefusal> {
        let start = tokio::time::timeout(TOKEN_TIMEOUT, socket.start());
        tokio::select! {
            start = start => start.ok().flatten().ok_or(SocketRefusal::NoStart),
            () = self.evicted() => Err(SocketRefusal::Evicted),
        }
    }

    /// `sid` is the call that the start message named, if that is known.
    pub(super) async fn refuse(self, socket: MediaSocket, refusal: SocketRefusal, sid: Option<&CallSid>) {
        let ((reason, text), client) = (refusal.code_and_text(), socket.client);
        let call = sid.map(|sid| format!(" for call {sid}")).unwrap_or_default();
        let call_sid = sid.map(tracing::field::display);
        tracing::warn!(event = "WS_REFUSED", call.sid = call_sid, reason, address = %client, "Media socket from {client}{call} rejected ({reason}): {text}");
        // The slot stays occupied until the socket is closed, or evicted for a newer one.
        tokio::select! {
            biased;
            () = socket.reject() => {}
            () = self.evicted() => {}
        }
    }

    /// Completes when the socket is evicted; after that, every call of this function completes immediately.
    async fn evicted(&self) {
        self.eviction.notified().await;
        self.eviction.notify_one();
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) enum SocketRefusal {
    NoStart,
    Evicted,
    BadToken,
    CallOver,
    LoggedOut,
}

impl SocketRefusal {
    const fn code_and_text(self) -> (&'static str, &'static str) {
        match self {
            Self::NoStart => ("no_start", "it did not send a valid start message in time"),
            Self::Evicted => ("evicted", "a newer socket needed its slot before it had sent its token"),
            Self::BadToken => ("bad_token", "its token is invalid or has expired"),
            Self::CallOver => ("call_over", "the call has ended"),
            Self::LoggedOut => ("logged_out", "its user is not logged in any more"),
        }
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
