//! The newest changes, read and serialized once for all event streams.

use super::view::EventData;
use crate::store::{Change, Result, Store};
use axum::body::Bytes;
use std::collections::VecDeque;
use tokio::sync::Mutex;

/// The newest changes, which all event streams share: ten open pages cost only one read and one serialization of each
/// change.
#[derive(Default)]
pub struct RecentChanges(Mutex<Recent>);

/// All changes after `from`, up to and including `to`.
#[derive(Default)]
struct Recent {
    from: i64,
    to: i64,
    events: VecDeque<ChangeEvent>,
}

/// A change and the event that reports it.
#[derive(Clone)]
pub(super) struct ChangeEvent {
    pub change: Change,
    /// The event as it is sent, with its final empty line.
    pub text: Bytes,
}

/// The changes after a position.
pub(super) enum ReadResult {
    /// Some of the changes are not stored any more, or the position belongs to another database.
    Gap,
    /// All changes up to and including `to`, in order. Further changes may follow.
    Changes { events: Vec<ChangeEvent>, to: i64 },
}

impl RecentChanges {
    /// Returns the changes after `seq`, none of which is later than `newest`.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(super) async fn since(&self, store: &Store, seq: i64, newest: i64) -> Result<ReadResult> {
        // The lock is held during the read, so that the other streams wait for this read instead of repeating it.
        let mut recent = self.0.lock().await;
        if seq < recent.from || seq > newest {
            drop(recent);
            return read(store, seq, newest).await;
        }
        if seq > recent.to {
            *recent = Recent { from: seq, to: seq, events: VecDeque::new() };
        }
        if recent.to < newest {
            match read(store, recent.to, newest).await? {
                ReadResult::Gap => {
                    *recent = Recent::default();
                    return Ok(ReadResult::Gap);
                }
                ReadResult::Changes { events, to } => recent.append(events, to),
            }
        }
        // `append` may have removed changes that this stream still needs.
        if seq < recent.from {
            drop(recent);
            return read(store, seq, newest).await;
        }
        let known = recent.events.partition_point(|event| event.change.seq <= seq);
        Ok(ReadResult::Changes { events: recent.events.range(known..).cloned().collect(), to: recent.to })
    }
}

impl Recent {
    fn append(&mut self, events: Vec<ChangeEvent>, to: i64) {
        self.events.extend(events);
        self.to = to;
        while self.events.len() > MAX_KEPT
            && let Some(oldest) = self.events.pop_front()
        {
            self.from = oldest.change.seq;
        }
    }
}

async fn read(store: &Store, seq: i64, newest: i64) -> Result<ReadResult> {
    let Some(changes) = store.read(move |tx| tx.changes_since(seq, MAX_BATCH)).await? else {
        return Ok(ReadResult::Gap);
    };
    let to =
        if changes.len() < MAX_BATCH { newest } else { changes.last().map_or(newest, |last| last.seq.min(newest)) };
    let events = changes.into_iter().filter(|change| change.seq <= newest).map(ChangeEvent::new).collect();
    Ok(ReadResult::Changes { events, to })
}

impl ChangeEvent {
    fn new(change: Change) -> Self {
        let data = EventData::Change(change.clone().into());
        // Serializing numbers, times and fixed words cannot fail.
        let data = serde_json::to_string(&data).unwrap_or_default();
        Self { text: format!("id: {}\ndata: {data}\n\n", change.seq).into(), change }
    }
}

/// The maximum number of changes in memory. A stream that falls further behind reads the changes from the database
/// itself.
const MAX_KEPT: usize = 1000;

/// The maximum number of changes in one read.
const MAX_BATCH: usize = 200;
