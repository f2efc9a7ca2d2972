//! API types of the waiting list.

use crate::crm::waiting_list::{Waiting, WaitingEntryUpdate};
use crate::domain::{ResourceId, ServiceId, Timestamp};
use crate::http::api::calendar::view::FreeSlot;
use crate::http::etag::{Listed, Versioned};
use crate::http::extract::nullable;
use crate::http::local_date::LocalDate;
use crate::http::pagination::Page;
use serde::{Deserialize, Serialize};

pub(crate) type WaitingEntryPage = Page<WaitingEntry>;

/// An entry of the waiting list: a contact who waits for an appointment.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct WaitingEntry {
    /// The id of the entry.
    id: i64,
    /// The id of the waiting contact.
    contact_id: i64,
    /// The contact's name; may be empty.
    contact_name: String,
    /// The contact's current phone number in E.164; null if the contact has none.
    contact_number: Option<String>,
    /// The id of the service that the contact wants to book.
    service_id: i64,
    /// The name of the service.
    service_name: String,
    /// The id of the requested resource; null if any resource is suitable.
    resource_id: Option<i64>,
    /// The name of the resource; null if any resource is suitable, or the resource has no name.
    resource_name: Option<String>,
    /// The first suitable day.
    #[schema(value_type = String, format = Date)]
    from_date: LocalDate,
    /// The last suitable day.
    #[schema(value_type = String, format = Date)]
    to_date: LocalDate,
    /// A note for users; the contact does not see it.
    note: String,
    /// The actor that added the entry: `user:3`, `token:2` or `agent`.
    created_by: String,
    /// Since when the contact waits: `waiting_since` of the request that added the entry, or the time of that request.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// The first free time for the service and the resource on the remaining days of the entry; null if there is none.
    /// At most 62 of these days are searched, and none if the first one is more than 61 days ahead.
    free_slot: Option<FreeSlot>,
    /// The contact's earliest future appointment for the service that was booked since `created_at`, or is within the
    /// days of the entry; null if there is none.
    appointment: Option<WaitingAppointment>,
    /// The version of the item (its `ETag`), for `If-Match`.
    etag: String,
}

/// An appointment of a contact who is on the waiting list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct WaitingAppointment {
    /// The id of the appointment.
    id: i64,
    /// When the appointment starts.
    #[schema(value_type = String, format = DateTime)]
    starts_at: Timestamp,
}

impl Listed for WaitingEntry {
    fn etag_field(&mut self) -> &mut String {
        &mut self.etag
    }
}

impl Versioned for WaitingEntry {
    fn version(&self) -> impl Serialize {
        (self.contact_id, self.service_id, self.resource_id, self.from_date, self.to_date, &self.note)
    }
}

impl From<Waiting> for WaitingEntry {
    fn from(Waiting { entry, free, booked }: Waiting) -> Self {
        Self {
            id: entry.id.0,
            contact_id: entry.contact_id.0,
            contact_name: entry.contact_name,
            contact_number: entry.contact_number,
            service_id: entry.service_id.0,
            service_name: entry.service_name,
            resource_id: entry.resource_id.map(|id| id.0),
            resource_name: entry.resource_name,
            from_date: LocalDate(entry.from_date),
            to_date: LocalDate(entry.to_date),
            note: entry.note,
            created_by: entry.created_by,
            created_at: entry.created_at,
            free_slot: free.map(Into::into),
            appointment: booked.map(|next| WaitingAppointment { id: next.id.0, starts_at: next.starts_at }),
            etag: String::new(),
        }
        .with_etag()
    }
}

/// A new entry of the waiting list.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateWaitingEntryRequest {
    /// The id of the waiting contact.
    pub(super) contact_id: i64,
    /// The id of the service that the contact wants to book.
    pub(super) service_id: i64,
    /// The id of the resource; absent or null: any resource.
    pub(super) resource_id: Option<i64>,
    /// The first suitable day.
    #[schema(value_type = String, format = Date)]
    pub(super) from_date: LocalDate,
    /// The last suitable day.
    #[schema(value_type = String, format = Date)]
    pub(super) to_date: LocalDate,
    /// A note for users, at most 4000 characters; the contact does not see it. Absent or null if there is none.
    pub(super) note: Option<String>,
    /// Since when the contact waits, not in the future; absent or null: the current time.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) waiting_since: Option<Timestamp>,
}

/// A change of an entry of the waiting list. Absent fields keep their values, and so do null ones, unless the field
/// says what null means.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateWaitingEntryRequest {
    /// The id of the service that the contact wants to book.
    service_id: Option<i64>,
    /// The id of the resource; null if any resource is suitable.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>)]
    resource_id: Option<Option<i64>>,
    /// The first suitable day.
    #[schema(value_type = Option<String>, format = Date)]
    from_date: Option<LocalDate>,
    /// The last suitable day.
    #[schema(value_type = Option<String>, format = Date)]
    to_date: Option<LocalDate>,
    /// A note for users; the contact does not see it.
    note: Option<String>,
}

impl From<UpdateWaitingEntryRequest> for WaitingEntryUpdate {
    fn from(change: UpdateWaitingEntryRequest) -> Self {
        Self {
            service: change.service_id.map(ServiceId),
            resource: change.resource_id.map(|id| id.map(ResourceId)),
            from_date: change.from_date.map(|date| date.0),
            to_date: change.to_date.map(|date| date.0),
            note: change.note,
        }
    }
}
