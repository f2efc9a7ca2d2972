//! The queue between the writer and the publisher: it contains the commits and the callers that wait until they are
//! published.
//!
//! The writer does not wait for publications. Callers wait for a limited time. After that time they receive the
//! acknowledgement because the live database has their write on disk. Until the publisher publishes again, no further
//! caller waits.

use super::state::{CheckedCopy, Late, LateCause};
use crate::acknowledge::{AckAfter, Callers, complete_all};
use crate::event::{Event, Observer};
use crate::wal::{Changes, Delta, Header, WalReader};
use std::collections::VecDeque;
use std::mem::discriminant;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

pub(super) struct Queue {
    // Held for a short time: usually only while a few values are moved in or out.
    inner: Mutex<Inner>,
    // Wakes the publisher when there is work.
    work: Condvar,
    // Wakes a pausing publisher when the database is being closed.
    closing: Condvar,
    // The writer holds this lock from before a commit until the change is queued here. Another holder of the lock
    // therefore finds each commit either in both the WAL and the queue, or in neither.
    log: Mutex<WalReader>,
    observer: Observer,
}

#[derive(Default)]
struct Inner {
    deltas: Vec<Delta>,
    bytes: usize,
    buffers: Vec<Vec<u8>>,
    callers: VecDeque<Waiting>,
    committed: u64,
    published: u64,
    checks: Vec<oneshot::Sender<CheckedCopy>>,
    spare_deletions: Vec<oneshot::Sender<bool>>,
    /// Set while commits are acknowledged without waiting for the copy.
    bypass: Option<Bypass>,
    stop: bool,
}

/// The callers that wait until a commit is published.
struct Waiting {
    commit: u64,
    since: Instant,
    callers: Callers,
}

/// Why callers do not wait for the copy.
#[derive(Clone, Debug)]
struct Bypass {
    since: Instant,
    kind: Late,
    /// True once the state file records that the copy is behind. Until then callers still wait.
    is_recorded: bool,
    /// Set when the problem is over: callers wait again, and the copy is current once this commit is published.
    until: Option<u64>,
}

pub(super) struct CommitBatch {
    /// The commits since the last batch was taken.
    pub deltas: Vec<Delta>,
    /// The number of the newest commit.
    pub committed: u64,
    /// True while the database is being closed.
    pub stop: bool,
}

impl Queue {
    pub(super) fn new(log: WalReader, observer: Observer) -> Self {
        let (work, closing) = (Condvar::new(), Condvar::new());
        Self { inner: Mutex::default(), work, closing, log: Mutex::new(log), observer }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks the WAL reader. The writer holds the lock from before a commit until [`Queue::committed`] returns.
    pub(super) fn log(&self) -> MutexGuard<'_, WalReader> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a commit and its callers, which are notified when the commit is published. Returns the callers that need
    /// not wait.
    pub(super) fn committed(&self, log: &mut WalReader, mut callers: Callers, now: Instant) -> Callers {
        let buffer = self.lock().buffers.pop().unwrap_or_default();
        let delta = log.read(buffer);
        let mut inner = self.lock();
        inner.committed += 1;
        inner.add_delta(delta);
        if inner.callers_wait() {
            let waiting: Callers = callers.extract_if(.., |caller| caller.ack_after() == AckAfter::Publish).collect();
            if !waiting.is_empty() {
                let commit = inner.committed;
                inner.callers.push_back(Waiting { commit, since: now, callers: waiting });
            }
        }
        drop(inner);
        self.work.notify_one();
        callers
    }

    /// Adds the commits of other programs, up to a position in the WAL.
    pub(super) fn foreign_commits(&self, log: &mut WalReader, up_to: Header) {
        self.lock().add_delta(log.read_up_to(up_to, Vec::new()));
    }

    /// Waits until work arrives, the database is being closed or the time `until` is reached, and returns the work.
    pub(super) fn take(&self, until: Instant, clock: impl Fn() -> Instant) -> CommitBatch {
        let mut inner = self.lock();
        loop {
            let wait = until.saturating_duration_since(clock());
            let has_request = !inner.checks.is_empty() || !inner.spare_deletions.is_empty();
            let has_work = !inner.deltas.is_empty() || inner.committed > inner.published || has_request;
            if inner.stop || has_work || wait.is_zero() {
                return inner.take();
            }
            inner = self.work.wait_timeout(inner, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits for `time`, or until the database is being closed.
    pub(super) fn pause(&self, time: Duration) {
        let not_yet = |inner: &mut Inner| !inner.stop;
        drop(self.closing.wait_timeout_while(self.lock(), time, not_yet));
    }

    pub(super) fn take_checks(&self) -> Vec<oneshot::Sender<CheckedCopy>> {
        std::mem::take(&mut self.lock().checks)
    }

    pub(super) fn take_spare_deletions(&self) -> Vec<oneshot::Sender<bool>> {
        std::mem::take(&mut self.lock().spare_deletions)
    }

    pub(super) fn take_now(&self) -> CommitBatch {
        self.lock().take()
    }

    /// Records that the published file contains all commits up to this one, and notifies their callers.
    pub(super) fn published(&self, commit: u64, now: Instant) {
        let mut inner = self.lock();
        inner.published = inner.published.max(commit);
        let committed = inner.committed;
        if let Some(bypass) = &mut inner.bypass {
            let until = *bypass.until.get_or_insert(committed);
            if until <= commit {
                let age = now.saturating_duration_since(bypass.since);
                self.observer.report(&Event::CopyCurrent { age, reason: &bypass.kind });
                inner.bypass = None;
            }
        }
        let callers = inner.callers_up_to(|waiting| waiting.commit <= commit);
        drop(inner);
        complete_all(callers, &Ok(()));
    }

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

    /// Frees memory that only a busy database needs.
    pub(super) fn release_buffers(&self) {
        let mut inner = self.lock();
        inner.buffers = Vec::new();
        inner.deltas.shrink_to_fit();
        inner.callers.shrink_to_fit();
    }

    /// Records that the copy is late. Callers still wait until [`Queue::release_callers`].
    pub(super) fn start_bypass(&self, kind: Late, now: Instant) {
        self.lock().start_bypass(kind, now, &self.observer);
    }

    /// Records that the copy is late, if a caller has waited for `limit`. Returns true if a caller has.
    pub(super) fn start_bypass_if_overdue(&self, limit: Duration, now: Instant) -> bool {
        let mut inner = self.lock();
        let overdue = |waiting: &Waiting| now.saturating_duration_since(waiting.since) >= limit;
        let is_overdue = inner.callers.front().is_some_and(overdue);
        if is_overdue {
            inner.start_bypass(Late::Behind(LateCause::Slow), now, &self.observer);
        }
        is_overdue
    }

    /// Notifies all callers and stops making callers wait for the copy, unless the copy is current again.
    pub(super) fn release_callers(&self) {
        let mut inner = self.lock();
        let Some(bypass) = &mut inner.bypass else { return };
        bypass.is_recorded = true;
        let callers = inner.callers_up_to(|_| true);
        drop(inner);
        complete_all(callers, &Ok(()));
    }

    /// Requests that the spares be deleted. The reply says whether none is left; the sender is dropped if the publisher
    /// ends before.
    pub(super) fn request_spare_deletion(&self, reply: oneshot::Sender<bool>) {
        self.lock().spare_deletions.push(reply);
        self.work.notify_one();
    }

    /// Requests a check of the whole published file. The sender is dropped if the publisher ends before the check.
    pub(super) fn request_check(&self, reply: oneshot::Sender<CheckedCopy>) {
        self.lock().checks.push(reply);
        self.work.notify_one();
    }

    /// Returns when the oldest caller will have waited for `limit`; `None` if no caller waits.
    pub(super) fn next_overdue(&self, limit: Duration) -> Option<Instant> {
        self.lock().callers.front().map(|callers| callers.since + limit)
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.lock().stop
    }

    /// Closes the queue. No commits follow.
    pub(super) fn stop(&self) {
        self.lock().stop = true;
        self.work.notify_all();
        self.closing.notify_all();
    }

    /// Returns since when the copy is late, and why; `None` if it is not late.
    pub(super) fn status(&self) -> Option<(Instant, Late)> {
        self.lock().bypass.as_ref().map(|bypass| (bypass.since, bypass.kind.clone()))
    }

    /// Returns true if the copy is not late.
    pub(super) fn is_current(&self) -> bool {
        self.lock().bypass.is_none()
    }

    /// Returns true if the copy is late, and the reason is not a foreign file.
    pub(super) fn is_behind(&self) -> bool {
        self.status().is_some_and(|(_, late)| !matches!(late, Late::Foreign(_)))
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

    fn start_bypass(&mut self, kind: Late, now: Instant, observer: &Observer) {
        let (since, is_recorded) = match &self.bypass {
            Some(bypass) => (bypass.since, bypass.is_recorded && discriminant(&bypass.kind) == discriminant(&kind)),
            None => (self.callers.front().map_or(now, |callers| callers.since), false),
        };
        if self.bypass.as_ref().is_none_or(|bypass| bypass.kind != kind) {
            observer.report(&Event::CopyLate { reason: &kind });
        }
        self.bypass = Some(Bypass { since, kind, is_recorded, until: None });
    }

    fn callers_up_to(&mut self, done: impl Fn(&Waiting) -> bool) -> Callers {
        let mut callers = Callers::new();
        while self.callers.front().is_some_and(&done) {
            callers.extend(self.callers.pop_front().map(|waiting| waiting.callers).unwrap_or_default());
        }
        callers
    }

    /// Drops the queued content because the publisher does not take it fast enough. Only the fact that the database
    /// changed is kept.
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
