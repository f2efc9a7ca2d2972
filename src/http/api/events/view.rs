//! API types of changes and notices.

use crate::domain::Timestamp;
use crate::http::api::one_of::OneOf;
use crate::runtime::typing::TypingNotice;
use crate::{domain, store};
use serde::Serialize;

/// The `data` of an event: a change, a notice for `event: typing`, or nothing for `event: reset` and `event: alive`.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub(crate) enum EventData {
    Change(Change),
    Typing(Typing),
    Empty {},
}

/// A user is typing in a thread; for `event: typing`, which has no `id`. The notice expires after six seconds.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Typing {
    /// The id of the thread.
    thread_id: i64,
    /// The id of the user; null for an API client with a token.
    user_id: Option<i64>,
    /// The name of the user; empty for a token.
    user_name: String,
}

impl From<TypingNotice> for EventData {
    fn from(TypingNotice { thread, user, name }: TypingNotice) -> Self {
        Self::Typing(Typing { thread_id: thread.0, user_id: user.map(|user| user.0), user_name: name })
    }
}

/// A change of stored data.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Change {
    /// The number of the change; later changes have greater numbers.
    pub(super) seq: i64,
    /// When the change was committed.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The kind of the change.
    kind: ChangeKind,
    /// The id of the thread, if the changed item is a thread or part of a thread; otherwise null.
    thread_id: Option<i64>,
    /// The id of the changed item, whose type depends on `kind`. For a turn, it is the id of the call; for a note, the
    /// id of the contact; for a draft, the id of the thread. Null for a kind without an id.
    ref_id: Option<i64>,
}

pub(crate) type ChangeKind = OneOf<domain::ChangeKind>;

impl From<store::Change> for Change {
    fn from(change: store::Change) -> Self {
        Self {
            seq: change.seq,
            at: change.at,
            thread_id: change.thread_id.map(|id| id.0),
            ref_id: match change.kind {
                domain::ChangeKind::DraftUpdated => change.thread_id.map(|id| id.0),
                _ => change.ref_id,
            },
            kind: change.kind.into(),
        }
    }
}
