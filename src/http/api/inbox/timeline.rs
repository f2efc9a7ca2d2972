//! The timeline of a contact: messages, calls, notes, tasks, appointments and merges in one list.

use super::view::{TimelineItem, TimelineItemPage};
use crate::domain::{ContactId, TimelineAnchor, TimelineCursor, TimelineKind, TimelineRange};
use crate::http::auth::Member;
use crate::http::extract::{CommaSeparated, Id, Query};
use crate::http::pagination::Limit;
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
    /// `appointment_moved`, `appointment_cancelled`, `merge`, `contact_change`; all by default.
    #[param(value_type = Option<String>)]
    #[serde(default)]
    kinds: CommaSeparated<TimelineKind>,
    /// `next_cursor` of another page, to get the entries that are older than that page.
    #[param(value_type = Option<String>)]
    before: Option<TimelinePosition>,
    /// `previous_cursor` of another page, to get the entries that are newer than that page.
    #[param(value_type = Option<String>)]
    after: Option<TimelinePosition>,
    /// An entry or a time, to get the entries on both sides: `message.17`, with one of the values of `kinds` and the id
    /// of the entry, or `2026-11-12T10:00:00Z`. About half of the page is older.
    #[param(value_type = Option<String>)]
    around: Option<TimelineMiddle>,
}

impl TimelineQuery {
    fn range(&self) -> Result<TimelineRange, ApiError> {
        match (self.before, self.after, self.around) {
            (None, None, None) => Ok(TimelineRange::Newest),
            (Some(before), None, None) => Ok(TimelineRange::Before(before.0)),
            (None, Some(after), None) => Ok(TimelineRange::After(after.0)),
            (None, None, Some(around)) => Ok(TimelineRange::Around(around.0)),
            _ => Err(ApiError::invalid("only one of before, after and around can be used")),
        }
    }
}

/// A position in a timeline, which a page returns as `next_cursor` or `previous_cursor`.
#[derive(Clone, Copy, Debug)]
struct TimelinePosition(TimelineCursor);

impl<'de> Deserialize<'de> for TimelinePosition {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let cursor = String::deserialize(d)?.parse();
        cursor.map(Self).map_err(|_| serde::de::Error::custom("must be a cursor of another page"))
    }
}

#[derive(Clone, Copy, Debug)]
struct TimelineMiddle(TimelineAnchor);

impl<'de> Deserialize<'de> for TimelineMiddle {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let anchor = String::deserialize(d)?.parse();
        anchor.map(Self).map_err(|_| serde::de::Error::custom("must be an entry, such as message.17, or a time"))
    }
}

/// List the timeline of a contact, oldest first within the page.
///
/// Without `before`, `after` and `around`, the page has the newest entries.
#[utoipa::path(get, path = "/api/contacts/{id}/timeline", tag = "contacts", operation_id = "list_timeline",
    params(("id" = i64, Path), TimelineQuery), responses((status = 200, body = TimelineItemPage)))]
pub(in crate::http::api) async fn list(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    Query(query): Query<TimelineQuery>,
) -> Result<Json<TimelineItemPage>, ApiError> {
    let (range, kinds, limit) = (query.range()?, query.kinds.0, query.limit.0);
    let found = state.store.read(move |tx| match tx.contact(tx.kept_contact(ContactId(id))?)? {
        Some(contact) => tx.timeline(contact.id, &kinds, range, limit).map(Some),
        None => Ok(None),
    });
    let page = found.await?.ok_or_else(|| ApiError::not_found("there is no such contact"))?;
    let page = page.ok_or_else(|| ApiError::not_found("the timeline of this contact has no such entry"))?;
    let language = state.config().language();
    let item = |entry| TimelineItem::new(entry, language, actor.role);
    Ok(Json(TimelineItemPage {
        items: page.entries.into_iter().map(item).collect(),
        next_cursor: page.older.map(|older| older.to_string()),
        previous_cursor: page.newer.map(|newer| newer.to_string()),
    }))
}
