//! The queue between the writer and the publisher: commits, and the callers that wait until they are published.
//!
//! The writer never waits here. Callers wait for a limited time: after that they are answered from the live database,
//! which has their write on disk, and no caller waits until the copy has caught up.

use super::wal::{Changes, Delta, Header, WalReader};
use crate::store::write_request::{AckAfter, WriteBatch, complete_all};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Commits, in order, and their callers.
pub(in crate::store) struct Queue {
    // Held while a few values are moved in or out, never during I/O.
    inner: Mutex<Inner>,
    // Wakes the publisher: there is work.
    work: Condvar,
    // Wakes a pausing publisher: the store is being closed.
    closing: Condvar,
    // Held by the writer from a commit until its change is queued here: the holder sees both or neither.
    log: Mutex<WalReader>,
}

#[derive(Default)]
struct Inner {
    deltas: Vec<Delta>,
    bytes: usize,
    /// Buffers for reuse.
    buffers: Vec<Vec<u8>>,
    callers: VecDeque<Callers>,
    committed: u64,
    published: u64,
    /// Callers are answered without waiting.
    bypass: Option<Bypass>,
    stop: bool,
}

struct Callers {
    commit: u64,
    since: Instant,
    batch: WriteBatch,
}

/// Why callers do not wait.
#[derive(Clone, Debug)]
struct Bypass {
    since: Instant,
    reason: String,
    kind: Late,
    /// Callers are answered. Until then they still wait, because the state file does not record yet that the copy is
    /// behind.
    is_recorded: bool,
    /// The problem is over: callers wait again, and the copy is current once this commit is published.
    until: Option<u64>,
}

/// Why the copy is not current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Late {
    /// It is behind, for now.
    Behind,
    /// A foreign file has its name.
    Foreign,
    /// It is kept as the last undamaged copy, because the live database is damaged.
    Frozen,
}

/// What the publisher takes from the queue.
pub(super) struct CommitBatch {
    /// The commits since the last time.
    pub deltas: Vec<Delta>,
    /// The number of the newest commit.
    pub committed: u64,
    /// The store is being closed.
    pub stop: bool,
}

/// The state of the copy, for health.
#[derive(Clone, Debug)]
pub(super) enum CopyStatus {
    Current,
    Late { since: Instant, reason: String },
    Foreign { reason: String },
    Frozen { reason: String },
}

impl CopyStatus {
    /// True if the copy holds everything that has been acknowledged.
    pub(super) fn is_current(&self) -> bool {
        matches!(self, Self::Current)
    }

    /// True if the service wrote the copy and it lacks acknowledged writes.
    pub(super) fn is_behind(&self) -> bool {
        matches!(self, Self::Late { .. } | Self::Frozen { .. })
    }
}

impl Queue {
    /// A queue of the commits that `log` will read.
    pub(super) fn new(log: WalReader) -> Self {
        Self { inner: Mutex::default(), work: Condvar::new(), closing: Condvar::new(), log: Mutex::new(log) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // ---- the writer's side

    /// The log. Held from before a commit until [`Queue::committed`].
    pub(super) fn log(&self) -> MutexGuard<'_, WalReader> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a commit, and its callers, who are answered when it is published. Returns the callers that need not wait.
    pub(super) fn committed(&self, log: &mut WalReader, mut batch: WriteBatch, now: Instant) -> WriteBatch {
        let buffer = self.lock().buffers.pop().unwrap_or_default();
        let delta = log.read(buffer);
        let mut inner = self.lock();
        inner.committed += 1;
        inner.add_delta(delta);
        let mut at_once = batch;
        if inner.callers_wait() {
            batch = at_once.extract_if(.., |write| write.ack_after() == AckAfter::Publish).collect();
            if !batch.is_empty() {
                let commit = inner.committed;
                inner.callers.push_back(Callers { commit, since: now, batch });
            }
        }
        drop(inner);
        self.work.notify_one();
        at_once
    }

    // ---- the publisher's side

    /// Adds what other programs have committed, up to a position in the log.
    pub(super) fn foreign_commits(&self, log: &mut WalReader, up_to: Header) {
        self.lock().add_delta(log.read_up_to(up_to, Vec::new()));
    }

    /// Waits until there is work or until `until`, and takes the work.
    pub(super) fn take(&self, until: Instant, clock: impl Fn() -> Instant) -> CommitBatch {
        let mut inner = self.lock();
        loop {
            let wait = until.saturating_duration_since(clock());
            if inner.stop || !inner.deltas.is_empty() || inner.committed > inner.published || wait.is_zero() {
                return inner.take();
            }
            inner = self.work.wait_timeout(inner, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits for `time`, or until the store is being closed.
    pub(super) fn pause(&self, time: Duration) {
        let not_yet = |inner: &mut Inner| !inner.stop;
        drop(self.closing.wait_timeout_while(self.lock(), time, not_yet));
    }

    /// Like [`Queue::take`], without waiting.
    pub(super) fn take_now(&self) -> CommitBatch {
        self.lock().take()
    }

    /// Records that all commits up to this one are in the published file.
    pub(super) fn published(&self, commit: u64, now: Instant) {
        let mut inner = self.lock();
        inner.published = inner.published.max(commit);
        let committed = inner.committed;
        if let Some(bypass) = &mut inner.bypass {
            let until = *bypass.until.get_or_insert(committed);
            if until <= commit {
                let Bypass { since, reason, .. } = bypass;
                let age_ms = u64::try_from(now.saturating_duration_since(*since).as_millis()).unwrap_or(u64::MAX);
                tracing::info!(event = "STORE_PUBLISH_CURRENT", age_ms, late_reason = %reason, "agentlocator.db is up to date again after {age_ms} ms");
                inner.bypass = None;
            }
        }
        let batch = inner.callers_up_to(|callers| callers.commit <= commit);
        drop(inner);
        complete_all(batch, &Ok(()));
    }

    /// Returns buffers for reuse.
    pub(super) fn recycle(&self, deltas: Vec<Delta>) {
        let mut inner = self.lock();
        for delta in deltas {
            if let Changes::Content(content) = delta.changes {
                let buffer = content.into_buffer();
                if inner.buffers.len() < SPARE_BUFFERS && buffer.capacity() <= MAX_SPARE_BUFFER {
                    inner.buffers.push(buffer);
                }
            }
        }
    }

    /// Frees the memory that only a busy store needs.
    pub(super) fn release_buffers(&self) {
        let mut inner = self.lock();
        inner.buffers = Vec::new();
        inner.deltas.shrink_to_fit();
        inner.callers.shrink_to_fit();
    }

    // ---- both sides of a late copy; see `late`

    /// Records that the copy is late. Callers wait until [`Queue::release_callers`].
    pub(super) fn start_bypass(&self, reason: &str, kind: Late, now: Instant) {
        self.lock().start_bypass(reason, kind, now);
    }

    /// The same, if one of the callers has waited too long. Returns true if so.
    pub(super) fn start_bypass_if_overdue(&self, limit: Duration, now: Instant) -> bool {
        let mut inner = self.lock();
        let overdue = |callers: &Callers| now.saturating_duration_since(callers.since) >= limit;
        let is_overdue = inner.callers.front().is_some_and(overdue);
        if is_overdue {
            inner.start_bypass("the published file could not be written in time", Late::Behind, now);
        }
        is_overdue
    }

    /// Lets no caller wait for the copy from here on, unless it is current by now.
    pub(super) fn release_callers(&self) {
        let mut inner = self.lock();
        let Some(bypass) = &mut inner.bypass else { return };
        bypass.is_recorded = true;
        let batch = inner.callers_up_to(|_| true);
        drop(inner);
        complete_all(batch, &Ok(()));
    }

    // ---- the supervisor's side

    /// When the oldest caller will have waited for `limit`.
    pub(super) fn next_overdue(&self, limit: Duration) -> Option<Instant> {
        self.lock().callers.front().map(|callers| callers.since + limit)
    }

    /// True if the store is being closed.
    pub(super) fn is_stopping(&self) -> bool {
        self.lock().stop
    }

    /// Closes the queue: no more commits will come.
    pub(super) fn stop(&self) {
        self.lock().stop = true;
        self.work.notify_all();
        self.closing.notify_all();
    }

    /// The state of the copy.
    pub(super) fn status(&self) -> CopyStatus {
        match &self.lock().bypass {
            None => CopyStatus::Current,
            Some(Bypass { reason, kind: Late::Foreign, .. }) => CopyStatus::Foreign { reason: reason.clone() },
            Some(Bypass { reason, kind: Late::Frozen, .. }) => CopyStatus::Frozen { reason: reason.clone() },
            Some(Bypass { since, reason, .. }) => CopyStatus::Late { since: *since, reason: reason.clone() },
        }
    }
}

impl Inner {
    fn add_delta(&mut self, delta: Option<Delta>) {
        let Some(delta) = delta else { return };
        self.bytes += delta.changes.bytes();
        self.deltas.push(delta);
        if self.bytes > MAX_QUEUED_BYTES {
            self.drop_content();
        }
    }

    fn take(&mut self) -> CommitBatch {
        self.bytes = 0;
        CommitBatch { deltas: std::mem::take(&mut self.deltas), committed: self.committed, stop: self.stop }
    }

    fn callers_wait(&self) -> bool {
        self.bypass.as_ref().is_none_or(|bypass| bypass.until.is_some() || !bypass.is_recorded)
    }

    fn start_bypass(&mut self, reason: &str, kind: Late, now: Instant) {
        let (since, is_recorded) = match &self.bypass {
            Some(bypass) => (bypass.since, bypass.is_recorded && bypass.kind == kind),
            None => (self.callers.front().map_or(now, |callers| callers.since), false),
        };
        if self.bypass.as_ref().is_none_or(|bypass| bypass.reason != reason) {
            tracing::warn!(
                event = "STORE_PUBLISH_LATE",
                reason,
                "agentlocator.db is behind the live database: a copy made now lacks the newest data"
            );
        }
        self.bypass = Some(Bypass { since, reason: reason.to_owned(), kind, is_recorded, until: None });
    }

    fn callers_up_to(&mut self, done: impl Fn(&Callers) -> bool) -> WriteBatch {
        let mut batch = WriteBatch::new();
        while self.callers.front().is_some_and(&done) {
            batch.extend(self.callers.pop_front().map(|callers| callers.batch).unwrap_or_default());
        }
        batch
    }

    /// Drops the content because the publisher does not take it: only the fact that something changed is kept.
    fn drop_content(&mut self) {
        if let Some(last) = self.deltas.pop() {
            self.deltas.clear();
            self.deltas.push(Delta { changes: Changes::Unknown, ..last });
        }
        self.bytes = 0;
    }
}

const MAX_QUEUED_BYTES: usize = 32 << 20;
const SPARE_BUFFERS: usize = 4;
const MAX_SPARE_BUFFER: usize = 2 << 20;
