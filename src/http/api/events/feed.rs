//! The changes as the text of events. Streams at the same position share one read of the database and one text, because
//! nearly all streams follow at the newest position.

use super::view::EventData;
use crate::domain::{ActorId, ChangeKind, Role};
use crate::store::{self, Change, Store};
use axum::body::Bytes;
use serde::Serialize;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use tokio::sync::Mutex;

/// The batches of changes that were read last.
#[derive(Debug, Default)]
pub struct ChangeFeed(Mutex<VecDeque<Arc<Batch>>>);

impl ChangeFeed {
    /// Returns the changes after `after`, up to `newest`. `None` if some of them are not stored any more.
    pub(super) async fn after(&self, after: i64, newest: i64, store: &Store) -> store::Result<Option<Arc<Batch>>> {
        // The lock is held during the read, so that other streams wait for its result instead of reading too.
        let mut batches = self.0.lock().await;
        if let Some(known) = batches.iter().find(|batch| batch.after == after) {
            return Ok(Some(known.clone()));
        }
        let Some(changes) = store.read(move |tx| tx.changes_since(after, MAX_CHANGES)).await? else { return Ok(None) };
        // Later changes are not published yet.
        let batch = Arc::new(Batch::new(after, changes.into_iter().filter(|change| change.seq <= newest)));
        if batch.last > after {
            batches.truncate(MAX_BATCHES - 1);
            batches.push_front(batch.clone());
        }
        Ok(Some(batch))
    }
}

#[derive(Debug)]
pub(super) struct Batch {
    /// The changes follow this position.
    after: i64,
    /// The `seq` of the last change; `after` if there is none.
    pub(super) last: i64,
    /// Whether further changes may be stored.
    pub(super) is_full: bool,
    /// Whether a user or token has changed, so that a session may have ended.
    pub(super) has_access_change: bool,
    changes: Vec<(Change, Range<usize>)>,
    /// The events of all changes.
    text: Bytes,
}

impl Batch {
    fn new(after: i64, found: impl Iterator<Item = Change>) -> Self {
        let (mut changes, mut text) = (Vec::new(), String::new());
        for change in found {
            let start = text.len();
            text.push_str(&event_text(None, Some(change.seq), &EventData::Change(change.clone().into())));
            changes.push((change, start..text.len()));
        }
        Self {
            after,
            last: changes.last().map_or(after, |(change, _)| change.seq),
            is_full: changes.len() == MAX_CHANGES,
            has_access_change: changes
                .iter()
                .any(|(change, _)| matches!(change.kind, ChangeKind::UserUpdated | ChangeKind::TokenUpdated)),
            changes,
            text: text.into(),
        }
    }

    pub(super) fn text_for(&self, (actor, role): (ActorId, Role)) -> Bytes {
        let is_visible = |change: &Change| change.is_for(actor, role);
        if self.changes.iter().all(|(change, _)| is_visible(change)) {
            return self.text.clone();
        }
        let visible = self.changes.iter().filter(|(change, _)| is_visible(change));
        visible.flat_map(|(_, range)| &self.text[range.clone()]).copied().collect()
    }
}

pub(super) fn event_text(name: Option<&str>, id: Option<i64>, data: &impl Serialize) -> String {
    let name = name.map(|name| format!("event: {name}\n")).unwrap_or_default();
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    // Compact JSON has no line breaks, which would need another `data` line. Only a map whose keys are not strings
    // cannot be serialized, and no event has one.
    let data = serde_json::to_string(data).unwrap_or_default();
    format!("{name}{id}data: {data}\n\n")
}

const MAX_CHANGES: usize = 1000;
/// The maximum number of batches that are kept for streams that are a little behind.
const MAX_BATCHES: usize = 4;
