//! The changes as the text of events. The newest changes are kept in memory, because nearly all streams follow at the
//! newest position: one of them reads new changes from the database, and all send the same text. A stream that is
//! further behind reads from the database alone.

mod batch;

use crate::clock;
use crate::domain::{ActorId, Role};
use crate::store::{self, Change};
use axum::body::Bytes;
use batch::Batch;
pub(super) use batch::event_text;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// The changes that were read last.
#[derive(Debug, Default)]
pub struct ChangeFeed(Mutex<Ring>);

/// Changes without a gap. Each batch follows the one before.
#[derive(Debug, Default)]
struct Ring {
    batches: VecDeque<Arc<Batch>>,
    /// The number of changes in all batches.
    len: usize,
    /// Streams that find changes in the ring do not read from the database before this time.
    next_read: Option<Instant>,
}

/// The changes after a position, as far as they were read.
#[derive(Debug)]
pub(super) struct Events {
    after: i64,
    /// The `seq` of the last change; the position if there is none.
    pub(super) last: i64,
    /// Whether the stream is so far behind that it should read on at once.
    pub(super) have_more: bool,
    /// Otherwise it should not read before this time, so that streams that read at the same time share one read of the
    /// database.
    pub(super) next_read: Instant,
    batches: Vec<Arc<Batch>>,
}

#[derive(Debug, PartialEq, Eq)]
enum Source {
    Ring,
    /// New changes after this position, which the ring then contains.
    New(i64),
    Database,
}

impl ChangeFeed {
    /// Returns changes after `after`, at most up to `newest`. `None` if some of them are not stored any more, or if
    /// there is no such position. `read` reads the stored changes after a position, at most [`MAX_CHANGES`], and `None`
    /// likewise.
    pub(super) async fn after<F>(
        &self,
        after: i64,
        newest: i64,
        read: impl Fn(i64) -> F,
    ) -> store::Result<Option<Events>>
    where
        F: Future<Output = store::Result<Option<Vec<Change>>>>,
    {
        // The lock is held during a read of new changes, so that other streams wait for its result instead of reading
        // too.
        let mut ring = self.0.lock().await;
        let now = clock::instant();
        match ring.source(after, newest, now) {
            Source::Ring => return Ok(Some(ring.events(after, newest))),
            Source::New(from) => {
                let found = read(from).await?;
                ring.next_read = Some(now + MIN_PAUSE);
                if let Some(changes) = found {
                    ring.push(published(from, changes, newest));
                    // If the new changes have displaced those after `after`, this stream reads from the database alone.
                    if ring.first().is_some_and(|first| first <= after) {
                        return Ok(Some(ring.events(after, newest)));
                    }
                } else {
                    // The ring is older than the oldest stored change, or `after` is.
                    ring.clear();
                    if from == after {
                        return Ok(None);
                    }
                }
            }
            Source::Database => {}
        }
        drop(ring);
        let Some(changes) = read(after).await? else { return Ok(None) };
        let (have_more, batch) = (changes.len() == MAX_CHANGES, published(after, changes, newest));
        Ok(Some(Events { after, last: batch.last, have_more, next_read: now + MIN_PAUSE, batches: vec![batch] }))
    }
}

/// Changes after `newest` are not published yet.
fn published(after: i64, mut changes: Vec<Change>, newest: i64) -> Arc<Batch> {
    changes.retain(|change| change.seq <= newest);
    Arc::new(Batch::new(after, changes))
}

impl Ring {
    /// The position after which the ring has changes; `None` if it is empty.
    fn first(&self) -> Option<i64> {
        self.batches.front().map(|batch| batch.after)
    }

    fn source(&self, after: i64, newest: i64, now: Instant) -> Source {
        let (Some(first), Some(last)) = (self.first(), self.batches.back().map(|batch| batch.last)) else {
            return if after > newest { Source::Database } else { Source::New(after) };
        };
        let is_too_early = self.next_read.is_some_and(|next_read| now < next_read);
        if after > newest || after < first {
            Source::Database
        } else if last >= newest || (after < last && is_too_early) {
            Source::Ring
        } else if !is_far(last, newest) {
            Source::New(last)
        } else if after < last {
            Source::Ring
        } else {
            // The streams that filled the ring have ended.
            Source::New(after)
        }
    }

    fn push(&mut self, batch: Arc<Batch>) {
        if self.batches.back().is_some_and(|newest| newest.last != batch.after || newest.len() == 0) {
            self.clear();
        }
        if batch.len() == 0 && !self.batches.is_empty() {
            return;
        }
        self.len += batch.len();
        self.batches.push_back(batch);
        while self.len > MAX_KEPT
            && self.batches.len() > 1
            && let Some(oldest) = self.batches.pop_front()
        {
            self.len -= oldest.len();
        }
    }

    fn clear(&mut self) {
        self.batches.clear();
        self.len = 0;
    }

    /// `after` must be in the ring.
    fn events(&self, after: i64, newest: i64) -> Events {
        let start = self.batches.partition_point(|batch| batch.last <= after);
        let batches: Vec<_> = self.batches.range(start..).cloned().collect();
        let last = batches.last().map_or(after, |batch| batch.last);
        let have_more = last > after && is_far(last, newest);
        Events { after, last, have_more, next_read: self.next_read.unwrap_or_else(clock::instant), batches }
    }
}

/// Whether one read of the database may not reach `newest`.
fn is_far(position: i64, newest: i64) -> bool {
    usize::try_from(newest.saturating_sub(position)).is_ok_and(|distance| distance > MAX_CHANGES)
}

impl Events {
    /// Whether a user or token has changed, so that a session may have ended.
    pub(super) fn have_access_change(&self) -> bool {
        self.batches.iter().any(|batch| batch.has_access_change)
    }

    pub(super) fn text_for(&self, reader: (ActorId, Role)) -> Bytes {
        let mut texts = self.batches.iter().map(|batch| batch.text_for(self.after, reader));
        match (texts.next(), texts.next()) {
            (None, _) => Bytes::new(),
            (Some(only), None) => only,
            // One write to the socket is cheaper than several.
            (Some(first), Some(second)) => [first, second].into_iter().chain(texts).flatten().collect(),
        }
    }
}

/// The maximum number of changes that one read of the database returns.
pub(super) const MAX_CHANGES: usize = 1000;

/// The maximum number of changes in memory, some 300 bytes each. A batch that has more is kept nevertheless.
const MAX_KEPT: usize = 1000;

/// The minimum time between two reads of the database for streams that find new changes. On a busy machine, a read then
/// returns many changes; a change after a pause is read at once.
const MIN_PAUSE: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests;
