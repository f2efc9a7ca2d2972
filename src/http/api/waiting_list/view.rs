//! What the API shows of the waiting list.

use crate::domain::{self, Timestamp};
use crate::http::local_date::LocalDate;
use crate::http::pagination::Page;
use serde::{Deserialize, Serialize};

pub(crate) type WaitingEntryPage = Page<WaitingEntry>;

/// A contact who waits for an appointment.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct WaitingEntry {
    /// The id.
    id: i64,
    /// The contact.
    contact_id: i64,
    /// The contact's name; may be empty.
    contact_name: String,
    /// The service.
    service_id: i64,
    /// The name of the service.
    service_name: String,
    /// The resource; null: any.
    resource_id: Option<i64>,
    /// The first day that suits the contact.
    #[schema(value_type = String, format = Date)]
    from_date: LocalDate,
    /// The last day that suits the contact.
    #[schema(value_type = String, format = Date)]
    to_date: LocalDate,
    /// A note for users.
    note: String,
    /// Who added the entry: `user:3`, `token:2`, `agent`.
    created_by: String,
    /// When it was added.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<domain::WaitingEntry> for WaitingEntry {
    fn from(entry: domain::WaitingEntry) -> Self {
        Self {
            id: entry.id.0,
            contact_id: entry.contact_id.0,
            contact_name: entry.contact_name,
            service_id: entry.service_id.0,
            service_name: entry.service_name,
            resource_id: entry.resource_id.map(|id| id.0),
            from_date: LocalDate(entry.from_date),
            to_date: LocalDate(entry.to_date),
            note: entry.note,
            created_by: entry.created_by,
            created_at: entry.created_at,
        }
    }
}

/// A new entry of the waiting list.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateWaitingEntryRequest {
    /// The contact.
    pub(super) contact_id: i64,
    /// The service.
    pub(super) service_id: i64,
    /// The resource; absent or null: any.
    pub(super) resource_id: Option<i64>,
    /// The first day that suits the contact.
    #[schema(value_type = String, format = Date)]
    pub(super) from_date: LocalDate,
    /// The last day that suits the contact.
    #[schema(value_type = String, format = Date)]
    pub(super) to_date: LocalDate,
    /// A note for users.
    pub(super) note: Option<String>,
}
