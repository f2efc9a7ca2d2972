//! API types of closures.

use crate::crm::booking::closures::ClosureUpdate;
use crate::domain::{self, DayTime, ResourceId, Timestamp};
use crate::http::etag::{Listed, Versioned};
use crate::http::extract::nullable;
use crate::http::local_date::LocalDate;
use crate::http::pagination::Page;
use serde::{Deserialize, Serialize};

pub(crate) type ClosurePage = Page<Closure>;

/// A period in which the business or a resource is closed, such as a vacation.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Closure {
    /// The id of the closure.
    id: i64,
    /// The id of the resource; null if the whole business is closed.
    resource_id: Option<i64>,
    /// The first day of the closure.
    #[schema(value_type = String, format = Date)]
    from_date: LocalDate,
    /// The last day of the closure.
    #[schema(value_type = String, format = Date)]
    to_date: LocalDate,
    /// The time of the first day at which the closure begins, `HH:MM`; null: the beginning of the day.
    #[schema(value_type = Option<String>)]
    from: Option<DayTime>,
    /// The time of the last day at which the closure ends, `HH:MM`; null: the end of the day.
    #[schema(value_type = Option<String>)]
    to: Option<DayTime>,
    /// The reason for the closure, shown to users; may be empty.
    reason: String,
    /// When the closure was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the closure was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// The version of the item (its `ETag`), for `If-Match`.
    etag: String,
}

impl Versioned for Closure {
    fn version(&self) -> impl Serialize {
        (self.id, self.resource_id, self.from_date, self.to_date, self.from, self.to, &self.reason)
    }
}

impl Listed for Closure {
    fn etag_field(&mut self) -> &mut String {
        &mut self.etag
    }
}

impl From<domain::Closure> for Closure {
    fn from(closure: domain::Closure) -> Self {
        Self {
            id: closure.id.0,
            resource_id: closure.resource_id.map(|id| id.0),
            from_date: LocalDate(closure.from_date),
            to_date: LocalDate(closure.to_date),
            from: closure.from_time,
            to: closure.to_time,
            reason: closure.reason,
            created_at: closure.created_at,
            updated_at: closure.updated_at,
            etag: String::new(),
        }
        .with_etag()
    }
}

/// A closure to add. It lasts from `from` on the first day to `to` on the last day.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateClosureRequest {
    /// The id of the resource; absent or null: the whole business.
    resource_id: Option<i64>,
    /// The first day of the closure.
    #[schema(value_type = String, format = Date)]
    pub(super) from_date: LocalDate,
    /// The last day of the closure.
    #[schema(value_type = String, format = Date)]
    pub(super) to_date: LocalDate,
    /// The time of the first day at which the closure begins, `HH:MM`; absent or null: the beginning of the day.
    #[schema(value_type = Option<String>)]
    from: Option<DayTime>,
    /// The time of the last day at which the closure ends, `HH:MM`; absent or null: the end of the day.
    #[schema(value_type = Option<String>)]
    to: Option<DayTime>,
    /// The reason for the closure, shown to users, at most 4000 characters; absent or null if there is none.
    reason: Option<String>,
}

impl From<CreateClosureRequest> for ClosureUpdate {
    fn from(new: CreateClosureRequest) -> Self {
        Self {
            resource_id: Some(new.resource_id.map(ResourceId)),
            from_date: Some(new.from_date.0),
            to_date: Some(new.to_date.0),
            from_time: Some(new.from),
            to_time: Some(new.to),
            reason: new.reason,
        }
    }
}

/// A change of a closure. Absent fields keep their values, and so do null ones, unless the field says what null means.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateClosureRequest {
    /// The id of the resource; null: the whole business.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>)]
    resource_id: Option<Option<i64>>,
    /// The first day of the closure.
    #[schema(value_type = Option<String>, format = Date)]
    from_date: Option<LocalDate>,
    /// The last day of the closure.
    #[schema(value_type = Option<String>, format = Date)]
    to_date: Option<LocalDate>,
    /// The time of the first day at which the closure begins, `HH:MM`; null: the beginning of the day.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    from: Option<Option<DayTime>>,
    /// The time of the last day at which the closure ends, `HH:MM`; null: the end of the day.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    to: Option<Option<DayTime>>,
    /// The reason for the closure, shown to users.
    reason: Option<String>,
}

impl From<UpdateClosureRequest> for ClosureUpdate {
    fn from(change: UpdateClosureRequest) -> Self {
        Self {
            resource_id: change.resource_id.map(|id| id.map(ResourceId)),
            from_date: change.from_date.map(|date| date.0),
            to_date: change.to_date.map(|date| date.0),
            from_time: change.from,
            to_time: change.to,
            reason: change.reason,
        }
    }
}
