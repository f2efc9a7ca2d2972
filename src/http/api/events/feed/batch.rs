//! Changes that were read at once, and the text of their events.

use super::super::view::EventData;
use crate::domain::{ActorId, ChangeKind, Role};
use crate::store::Change;
use axum::body::Bytes;
use serde::Serialize;
use std::fmt::Write as _;

#[derive(Debug)]
pub(super) struct Batch {
    /// The changes follow this position.
    pub(super) after: i64,
    /// The `seq` of the last change; `after` if there is none.
    pub(super) last: i64,
    /// Whether a user or token has changed.
    pub(super) has_access_change: bool,
    /// Each with the end of its event in `text`.
    changes: Box<[(Change, usize)]>,
    /// The events of all changes.
    text: Bytes,
}

impl Batch {
    pub(super) fn new(after: i64, changes: Vec<Change>) -> Self {
        let mut text = String::new();
        let mut with_end = |change: Change| {
            push_event(&mut text, None, Some(change.seq), &EventData::Change(change.clone().into()));
            (change, text.len())
        };
        let changes: Box<[_]> = changes.into_iter().map(&mut with_end).collect();
        let is_access_change =
            |change: &Change| matches!(change.kind, ChangeKind::UserUpdated | ChangeKind::TokenUpdated);
        Self {
            after,
            last: changes.last().map_or(after, |(change, _)| change.seq),
            has_access_change: changes.iter().any(|(change, _)| is_access_change(change)),
            changes,
            // Without the unused capacity.
            text: text.into_bytes().into_boxed_slice().into(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.changes.len()
    }

    /// The events after `after` that the reader may see.
    pub(super) fn text_for(&self, after: i64, (actor, role): (ActorId, Role)) -> Bytes {
        let first = self.changes.partition_point(|(change, _)| change.seq <= after);
        let end_of = |index: usize| index.checked_sub(1).map_or(0, |before| self.changes[before].1);
        let is_visible = |index: &usize| self.changes[*index].0.is_for(actor, role);
        let mut indexes = first..self.changes.len();
        if indexes.all(|index| is_visible(&index)) {
            return self.text.slice(end_of(first)..);
        }
        let visible = (first..self.changes.len()).filter(is_visible);
        visible.flat_map(|index| &self.text[end_of(index)..self.changes[index].1]).copied().collect()
    }
}

pub(in super::super) fn event_text(name: Option<&str>, id: Option<i64>, data: &impl Serialize) -> String {
    let mut text = String::new();
    push_event(&mut text, name, id, data);
    text
}

fn push_event(text: &mut String, name: Option<&str>, id: Option<i64>, data: &impl Serialize) {
    // Compact JSON has no line breaks, which would need another `data` line. Only a map whose keys are not strings
    // cannot be serialized, and no event has one.
    let data = serde_json::to_string(data).unwrap_or_default();
    // Writing to a string cannot fail.
    if let Some(name) = name {
        let _ = writeln!(text, "event: {name}");
    }
    if let Some(id) = id {
        let _ = writeln!(text, "id: {id}");
    }
    let _ = write!(text, "data: {data}\n\n");
}
