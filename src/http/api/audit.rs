//! The audit log. For owners only.

mod view;

use super::operation::{Operations, operations};
use crate::domain::{ContactId, Timestamp};
use crate::http::auth::Owner;
use crate::http::extract::Query;
use crate::http::local_date::LocalDate;
use crate::http::pagination::{Limit, Page};
use crate::http::{ApiError, AppState};
use crate::store::AuditFilter;
use axum::Json;
use axum::extract::State;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use view::AuditEntryPage;

pub(super) fn operations() -> Operations {
    operations![list]
}

/// Filters for the audit log.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditQuery {
    /// Only entries of this actor, such as `user:3`, `token:2` or `agent`.
    #[param(value_type = Option<String>)]
    actor: Option<AuditWord>,
    /// Only entries with this action.
    #[param(value_type = Option<String>)]
    action: Option<AuditWord>,
    /// Only entries about resources of this kind: the part of `subject` before the id, such as `contact`, or the last
    /// word of `action`.
    #[param(value_type = Option<String>)]
    subject: Option<AuditWord>,
    /// Only entries about this contact or a resource that belongs to it, also those of contacts that were merged into
    /// it.
    contact_id: Option<i64>,
    /// The first day, in the time zone of the business.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<LocalDate>,
    /// The last day, in the time zone of the business.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<LocalDate>,
    /// Items per page, 1 to 200; 50 by default.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the previous page.
    cursor: Option<i64>,
}

/// List the audit log, newest first.
#[utoipa::path(get, path = "/api/audit", tag = "system", operation_id = "list_audit_entries", params(AuditQuery),
    responses((status = 200, body = AuditEntryPage)))]
pub(super) async fn list(
    State(state): State<AppState>,
    _owner: Owner,
    Query(query): Query<AuditQuery>,
) -> Result<Json<AuditEntryPage>, ApiError> {
    let config = state.config();
    let zone = &config.business.time_zone;
    let AuditQuery { limit, cursor, from, to, .. } = query;
    let word = |word: Option<AuditWord>| word.map(|word| word.0);
    let filter = AuditFilter {
        actor: word(query.actor),
        action: word(query.action),
        noun: word(query.subject),
        contact: query.contact_id.map(ContactId),
        from: from.map(|day| start_of(day.0, zone, "from")).transpose()?,
        to: to.map(|day| start_of(day.0.saturating_add(1.day()), zone, "to")).transpose()?,
    };
    // A filter may read the whole log.
    let (entries, next) = state.store.read_long(move |tx| tx.audit_log(&filter, cursor, limit.0)).await?;
    Ok(Json(Page::new(entries, next)))
}

fn start_of(day: Date, zone: &TimeZone, field: &'static str) -> Result<Timestamp, ApiError> {
    let start = day.to_zoned(zone.clone()).map_err(|error| ApiError::invalid(error.to_string()).with_field(field))?;
    Ok(Timestamp::from_millis(start.timestamp().as_millisecond()))
}

/// A word of an audit entry: an actor, an action or the kind of a resource.
#[derive(Debug)]
struct AuditWord(String);

impl<'de> Deserialize<'de> for AuditWord {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        let is_word = text.len() <= MAX_WORD
            && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b':'));
        if is_word {
            Ok(Self(text))
        } else {
            Err(D::Error::custom("must be a word of an entry, such as user:3 or login"))
        }
    }
}

const MAX_WORD: usize = 100;
