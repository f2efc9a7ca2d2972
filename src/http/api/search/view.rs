//! API types of search hits.

use crate::domain::Timestamp;
use crate::http::api::one_of::OneOf;
use crate::{domain, search};
use serde::Serialize;

/// A page of search hits.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SearchPage {
    /// The hits of this page.
    items: Vec<SearchHit>,
    /// The position of the next page; null for the last page.
    next_cursor: Option<String>,
    /// If nothing was found, the name of a contact that the text may mean; null if there is none.
    similar_name: Option<String>,
}

impl SearchPage {
    pub(super) fn new(items: Vec<SearchHit>, next: Option<i64>, similar_name: Option<String>) -> Self {
        Self { items, next_cursor: next.map(|next| next.to_string()), similar_name }
    }
}

pub(crate) type SearchKind = OneOf<domain::SearchKind>;

/// An item that matches a search.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SearchHit {
    /// The kind of the item.
    kind: SearchKind,
    /// The id of the contact, message, turn, call or note.
    id: i64,
    /// The id of the contact to whom the item belongs; for a contact, the same as `id`.
    contact_id: i64,
    /// The name of the contact; may be empty.
    contact_name: String,
    /// The main phone number of a contact without a name; null for all other contacts.
    contact_number: Option<String>,
    /// The id of the thread of a message, turn or call; null for other kinds.
    thread_id: Option<i64>,
    /// The id of the call, for a turn or a call; null for other kinds.
    call_id: Option<i64>,
    /// When the content was written or said; for a call, when it started; for a contact, when it was created.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The offset in milliseconds at which a turn begins in its call; null for other kinds.
    offset_ms: Option<i64>,
    /// The path of the page that shows the item: at the message, the note, or the second of the call.
    #[schema(example = "/app/inbox/3?message=7")]
    link: String,
    /// An excerpt of the item's text around the first match.
    text: String,
    /// The start and end of each match in `text`, in UTF-16 code units.
    #[schema(value_type = Vec<Vec<usize>>)]
    highlights: Vec<(usize, usize)>,
}

impl SearchHit {
    pub(super) fn new(hit: domain::SearchHit, query: &search::Query) -> Self {
        let excerpt = query.excerpt(&hit.text, MAX_EXCERPT);
        Self {
            link: link(&hit),
            kind: hit.kind.into(),
            id: hit.id,
            contact_id: hit.contact_id.0,
            contact_name: hit.contact_name,
            contact_number: hit.contact_number,
            thread_id: hit.thread_id.map(|id| id.0),
            call_id: hit.call_id.map(|id| id.0),
            at: hit.at,
            offset_ms: hit.offset_ms,
            text: excerpt.text,
            highlights: excerpt.highlights,
        }
    }
}

fn link(hit: &domain::SearchHit) -> String {
    let (id, contact) = (hit.id, hit.contact_id);
    match (hit.kind, hit.call_id) {
        (domain::SearchKind::Message, _) => format!("/app/inbox/{contact}?message={id}"),
        (domain::SearchKind::Note, _) => format!("/app/inbox/{contact}?note={id}"),
        (domain::SearchKind::Turn, Some(call)) => format!("/app/calls/{call}?at={}", hit.offset_ms.unwrap_or(0)),
        (domain::SearchKind::Call | domain::SearchKind::Turn, _) => format!("/app/calls/{id}"),
        (domain::SearchKind::Contact, _) => format!("/app/contacts/{contact}"),
    }
}

/// The maximum number of characters of a text around a match.
const MAX_EXCERPT: usize = 300;
