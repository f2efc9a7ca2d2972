//! The timeline of a contact: messages, calls, notes, tasks, appointments and merges in one list.

use super::view::{TimelineItem, TimelinePage};
use crate::domain::{ContactId, TimelineCursor, TimelineKind};
use crate::http::auth::Member;
use crate::http::extract::{CommaSeparated, Id, Query};
use crate::http::pagination::{Limit, Page};
use crate::http::{ApiError, AppState};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Deserializer};

/// The page of a timeline to return.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http::api) struct TimelineQuery {
    /// Items per page, 1 to 200; 50 by default.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    #[serde(default)]
    limit: Limit,
    /// The kinds of entries, separated by commas: `message`, `call`, `note`, `task`, `task_done`, `appointment`,
    /// `merge`; all by default.
    #[param(value_type = Option<String>)]
    #[serde(default)]
    kinds: CommaSeparated<TimelineKind>,
    /// `next_cursor` of another page, to get the entries that are older than that page.
    #[param(value_type = Option<String>)]
    before: Option<TimelinePosition>,
}

/// A position in a timeline, which a page returns as `next_cursor`.
#[derive(Clone, Copy, Debug)]
struct TimelinePosition(TimelineCursor);

impl<'de> Deserialize<'de> for TimelinePosition {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let cursor = String::deserialize(d)?.parse();
        cursor.map(Self).map_err(|_| serde::de::Error::custom("must be the next_cursor of another page"))
    }
}

/// List the timeline of a contact, oldest first within the page.
///
/// Without `before`, the page has the newest entries.
#[utoipa::path(get, path = "/api/contacts/{id}/timeline", tag = "contacts", operation_id = "list_timeline",
    params(("id" = i64, Path), TimelineQuery), responses((status = 200, body = TimelinePage)))]
pub(in crate::http::api) async fn list(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    Query(query): Query<TimelineQuery>,
) -> Result<Json<TimelinePage>, ApiError> {
    let (kinds, before, limit) = (query.kinds.0, query.before.map(|before| before.0), query.limit.0);
    let found = state.store.read(move |tx| match tx.contact(tx.kept_contact(ContactId(id))?)? {
        Some(contact) => tx.timeline(contact.id, &kinds, before, limit).map(Some),
        None => Ok(None),
    });
    let (entries, next) = found.await?.ok_or_else(|| ApiError::not_found("there is no such contact"))?;
    let language = state.config().language();
    let items: Vec<_> = entries.into_iter().map(|entry| TimelineItem::new(entry, language, actor.role)).collect();
    Ok(Json(Page::new(items, next)))
}
