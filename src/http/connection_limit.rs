//! The connection limit of a listener, and the eviction of connections when the limit is reached.
//!
//! New connections do not wait in the kernel's queue, where a flood of connections could delay those of Twilio. At the
//! limit, the longest inactive connection is closed instead, authenticated ones last. Twilio sends its request
//! immediately, so its connection is active until then.

use super::peer::network;
use crate::clock;
use axum::http::Extensions;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// The connections of all listeners that share one limit.
pub(super) struct Connections {
    limit: usize,
    started_at: Instant,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    next_id: u64,
    open: HashMap<u64, Arc<Client>>,
    /// The networks of closed connections that had an authenticated request, with the time at which the last such
    /// connection was closed.
    known: HashMap<IpAddr, u64>,
}

/// The client of a connection. Times are in milliseconds since `started_at`.
#[derive(Debug)]
pub(super) struct Client {
    /// The network of the client. None for this machine and for trusted proxies, which forward the requests of many
    /// clients.
    network: Option<IpAddr>,
    started_at: Instant,
    received_ms: AtomicU64,
    sent_ms: AtomicU64,
    idle_since_ms: AtomicU64,
    /// When the incomplete head of a request began: for the first request, when the connection was opened; for later
    /// requests, when the first byte of the head arrived. [`NO_HEAD`] while no head is incomplete.
    head_since_ms: AtomicU64,
    /// Whether a request of the connection has been answered.
    has_finished: AtomicBool,
    /// Whether a request is in progress.
    is_busy: AtomicBool,
    /// Whether the request in progress or the last answered one was authenticated; on a new connection, whether a
    /// closed connection of its network had an authenticated request.
    is_authenticated: AtomicBool,
    is_request_authenticated: AtomicBool,
    /// Whether any request of the connection was authenticated.
    was_authenticated: AtomicBool,
    evicted: Notify,
}

/// A connection that counts toward the limit until it is evicted or this value is dropped.
pub(super) struct Admitted {
    pub(super) client: Arc<Client>,
    connections: Arc<Connections>,
    id: u64,
}

pub(super) enum Admission {
    /// With the limit that was reached, if another connection was evicted.
    Open(Admitted, Option<Limit>),
    /// The limit of the listener is reached, and no connection can be evicted.
    Full,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    /// The connections of one network on which no request has been answered.
    Network,
    /// All connections.
    Listener,
}

impl Connections {
    pub(super) fn new(max_connections: usize) -> Arc<Self> {
        Arc::new(Self { limit: max_connections, started_at: clock::instant(), table: Mutex::default() })
    }

    /// A connection of a trusted proxy or from this machine does not count toward the share of its network.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr, is_proxy: bool) -> Admission {
        let is_local = address.to_canonical().is_loopback();
        let network = (!is_local && !is_proxy).then(|| network(address));
        let mut table = self.table();
        let mut evicted = None;
        if let Some(network) = network {
            let unfinished = |client: &Client| client.network == Some(network) && !client.has_finished();
            if table.open.values().filter(|client| unfinished(client)).count() >= NETWORK_SHARE
                && table.evict(unfinished)
            {
                evicted = Some(Limit::Network);
            }
        }
        if table.open.len() >= self.limit {
            let found = table.evict(|client| !client.is_authenticated())
                || table.evict(|client| !client.is_busy.load(Ordering::Relaxed));
            if !found {
                return Admission::Full;
            }
            evicted = Some(Limit::Listener);
        }
        let is_known = network.is_some_and(|network| table.known.contains_key(&network));
        let client = Arc::new(Client::new(network, self.started_at, is_known));
        let id = table.next_id;
        table.next_id += 1;
        table.open.insert(id, client.clone());
        Admission::Open(Admitted { client, connections: self.clone(), id }, evicted)
    }

    /// New connections of a remembered network count as authenticated.
    fn remember(&self, client: &Client) {
        let Some(network) = client.network else { return };
        let mut table = self.table();
        if table.known.len() >= MAX_KNOWN
            && !table.known.contains_key(&network)
            && let Some(oldest) = table.known.iter().min_by_key(|(_, at)| **at).map(|(network, _)| *network)
        {
            table.known.remove(&oldest);
        }
        table.known.insert(network, client.now_ms());
    }

    // A blocking mutex suffices, because it is held only for a table lookup.
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Evicts the longest inactive connection that `may_evict` accepts; returns false if there is none.
    fn evict(&mut self, may_evict: impl Fn(&Client) -> bool) -> bool {
        let candidates = self.open.iter().filter(|(_, client)| may_evict(client));
        let Some(id) = candidates.min_by_key(|(id, client)| (client.active_ms(), **id)).map(|(id, _)| *id) else {
            return false;
        };
        if let Some(client) = self.open.remove(&id) {
            client.evicted.notify_one();
        }
        true
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        if self.client.was_authenticated.load(Ordering::Relaxed) {
            self.connections.remember(&self.client);
        }
        self.connections.table().open.remove(&self.id);
    }
}

impl Client {
    fn new(network: Option<IpAddr>, started_at: Instant, is_authenticated: bool) -> Self {
        let now = ms_since(started_at);
        Self {
            network,
            started_at,
            received_ms: now.into(),
            sent_ms: now.into(),
            idle_since_ms: now.into(),
            head_since_ms: now.into(),
            has_finished: false.into(),
            is_busy: false.into(),
            is_authenticated: is_authenticated.into(),
            is_request_authenticated: false.into(),
            was_authenticated: false.into(),
            evicted: Notify::new(),
        }
    }

    pub(super) fn record_received(&self) {
        let now = self.now_ms();
        self.received_ms.store(now, Ordering::Relaxed);
        if !self.is_busy.load(Ordering::Relaxed) {
            let _ = self.head_since_ms.compare_exchange(NO_HEAD, now, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    pub(super) fn record_sent(&self) {
        self.sent_ms.store(self.now_ms(), Ordering::Relaxed);
    }

    pub(super) fn begin_request(&self) {
        self.is_request_authenticated.store(false, Ordering::Relaxed);
        self.is_busy.store(true, Ordering::Relaxed);
        self.head_since_ms.store(NO_HEAD, Ordering::Relaxed);
    }

    pub(super) fn authenticate(&self) {
        self.is_request_authenticated.store(true, Ordering::Relaxed);
        self.was_authenticated.store(true, Ordering::Relaxed);
        self.is_authenticated.store(true, Ordering::Relaxed);
    }

    pub(super) fn finish_request(&self) {
        let is_authenticated = self.is_request_authenticated.load(Ordering::Relaxed);
        self.is_authenticated.store(is_authenticated, Ordering::Relaxed);
        self.idle_since_ms.store(self.now_ms(), Ordering::Relaxed);
        self.has_finished.store(true, Ordering::Relaxed);
        self.is_busy.store(false, Ordering::Relaxed);
    }

    pub(super) async fn close_required(&self) {
        tokio::select! {
            () = self.evicted() => {}
            () = self.timeout() => {}
        }
    }

    pub(super) async fn evicted(&self) {
        self.evicted.notified().await;
    }

    /// Marks the request in progress as authenticated, so that its connection is evicted last.
    pub(super) fn mark_authenticated(request: &Extensions) {
        if let Some(client) = request.get::<Arc<Self>>() {
            client.authenticate();
        }
    }

    async fn timeout(&self) {
        while let Some(rest) = self.time_left() {
            tokio::time::sleep(rest).await;
        }
    }

    /// Returns the time until the next check; none if a timeout has expired.
    fn time_left(&self) -> Option<Duration> {
        let head_since = self.head_since_ms.load(Ordering::Relaxed);
        let since = |ms: u64| Duration::from_millis(self.now_ms().saturating_sub(ms));
        let left = if self.is_busy.load(Ordering::Relaxed) {
            RECHECK_INTERVAL
        } else if head_since == NO_HEAD {
            let max = if self.is_authenticated() { MAX_AUTHENTICATED_IDLE } else { MAX_IDLE };
            // The response may still be in transit, so the time of the last sent byte counts as activity too.
            let idle_since = self.idle_since_ms.load(Ordering::Relaxed).max(self.active_ms());
            max.saturating_sub(since(idle_since)).min(RECHECK_INTERVAL)
        } else {
            let silent = since(self.received_ms.load(Ordering::Relaxed));
            MAX_SILENCE.saturating_sub(silent).min(MAX_HEAD.saturating_sub(since(head_since)))
        };
        (!left.is_zero()).then_some(left)
    }

    fn has_finished(&self) -> bool {
        self.has_finished.load(Ordering::Relaxed)
    }

    fn is_authenticated(&self) -> bool {
        self.is_authenticated.load(Ordering::Relaxed)
    }

    fn active_ms(&self) -> u64 {
        self.received_ms.load(Ordering::Relaxed).max(self.sent_ms.load(Ordering::Relaxed))
    }

    fn now_ms(&self) -> u64 {
        ms_since(self.started_at)
    }
}

fn ms_since(started_at: Instant) -> u64 {
    u64::try_from((clock::instant() - started_at).as_millis()).unwrap_or(u64::MAX)
}

/// The maximum number of connections of one network on which no request has been answered yet.
const NETWORK_SHARE: usize = 64;

const NO_HEAD: u64 = u64::MAX;

/// The maximum silence of a client before its first byte, and within the head of a request.
const MAX_SILENCE: Duration = Duration::from_secs(5);

const RECHECK_INTERVAL: Duration = Duration::from_secs(5);

/// The time within which a request head must be complete.
const MAX_HEAD: Duration = Duration::from_secs(20);

/// The maximum idle time after an unauthenticated request.
const MAX_IDLE: Duration = Duration::from_secs(20);

/// The maximum idle time after an authenticated request. It is longer than HTTP clients usually keep idle connections
/// (at most 60 s). A request that a client sends just when the server closes the connection fails, and Twilio may not
/// retry the request.
const MAX_AUTHENTICATED_IDLE: Duration = Duration::from_secs(75);

/// Twilio's webhooks come from some hundred addresses.
const MAX_KNOWN: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn open(connections: &Arc<Connections>, address: &str) -> Admitted {
        match connections.admit(address.parse().unwrap(), false) {
            Admission::Open(admitted, _) => admitted,
            Admission::Full => panic!("no slot for {address}"),
        }
    }

    fn is_closed(admitted: &Admitted) -> bool {
        admitted.client.evicted.notified().now_or_never().is_some()
    }

    /// Sets the time of the last activity.
    fn age(admitted: &Admitted, at_ms: u64) {
        admitted.client.received_ms.store(at_ms, Ordering::Relaxed);
        admitted.client.sent_ms.store(0, Ordering::Relaxed);
    }

    #[test]
    fn the_silent_connection_is_evicted_before_authenticated_ones() {
        let connections = Connections::new(4);
        let all: Vec<_> = (0..4_u64).map(|last| open(&connections, &format!("203.0.113.{last}"))).collect();
        for (at, admitted) in (1..).zip(&all) {
            age(admitted, at);
        }
        all[0].client.begin_request();
        all[0].client.authenticate();
        all[0].client.finish_request();
        let newcomer = open(&connections, "198.51.100.1");
        assert_eq!(all.iter().map(is_closed).collect::<Vec<_>>(), [false, true, false, false]);
        age(&newcomer, 5);
        let second = open(&connections, "198.51.100.2");
        assert!(is_closed(&all[2]) && !is_closed(&newcomer));
        drop((newcomer, second));
        assert_eq!(connections.table().open.len(), 2);
    }

    #[test]
    fn a_network_has_a_share_of_what_is_unfinished() {
        let connections = Connections::new(1000);
        let all: Vec<_> = (0..NETWORK_SHARE).map(|last| open(&connections, &format!("2001:db8::{last:x}"))).collect();
        age(&all[7], 0);
        let _more = open(&connections, "2001:db8::ffff");
        assert_eq!(all.iter().filter(|admitted| is_closed(admitted)).count(), 1);
        for admitted in &all {
            admitted.client.begin_request();
            admitted.client.finish_request();
        }
        let _others: Vec<_> = (0..NETWORK_SHARE - 1).map(|_| open(&connections, "2001:db8::1")).collect();
        assert!(!all.iter().any(is_closed), "one whose request was answered does not count");
        let _here: Vec<_> = (0..500).map(|_| open(&connections, "127.0.0.1")).collect();
        assert!(!all.iter().any(is_closed));
    }

    #[test]
    fn a_network_that_sent_a_signed_request_has_precedence() {
        let connections = Connections::new(3);
        let first = open(&connections, "203.0.113.1");
        first.client.begin_request();
        first.client.authenticate();
        first.client.finish_request();
        drop(first);
        let known = open(&connections, "203.0.113.1");
        age(&known, 0);
        let others: Vec<_> = (0..20).map(|_| open(&connections, "198.51.100.1")).collect();
        assert!(!is_closed(&known));
        assert_eq!(others.iter().filter(|admitted| is_closed(admitted)).count(), 18);
    }

    #[test]
    fn at_the_limit_of_signed_requests_no_connection_is_admitted() {
        let connections = Connections::new(2);
        let all = [open(&connections, "203.0.113.1"), open(&connections, "203.0.113.2")];
        for admitted in &all {
            admitted.client.begin_request();
            admitted.client.authenticate();
        }
        assert!(matches!(connections.admit([203, 0, 113, 3].into(), false), Admission::Full));
        all[1].client.finish_request();
        let _next = open(&connections, "203.0.113.3");
        assert!(is_closed(&all[1]) && !is_closed(&all[0]));
    }
}
