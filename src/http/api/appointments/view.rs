//! What the API shows of appointments.

use crate::crm::appointment::AppointmentChange;
use crate::domain::{self, ResourceId, ServiceId, Timestamp};
use crate::http::api::nullable::nullable;
use crate::http::api::one_of::OneOf;
use crate::http::etag::Versioned;
use crate::http::pagination::Page;
use serde::{Deserialize, Serialize};

pub(crate) type AppointmentPage = Page<Appointment>;

pub(crate) type AppointmentState = OneOf<domain::AppointmentState>;

pub(crate) type AppointmentSource = OneOf<domain::AppointmentSource>;

/// An appointment of a contact.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Appointment {
    /// The id.
    id: i64,
    /// The contact.
    contact_id: i64,
    /// The contact's name; may be empty.
    contact_name: String,
    /// The contact's phone number, E.164.
    contact_number: Option<String>,
    /// The service.
    service_id: i64,
    /// The name of the service.
    service_name: String,
    /// The resource that it occupies.
    resource_id: i64,
    /// The name of the resource; null for the resource of a new database.
    resource_name: Option<String>,
    /// When it starts.
    #[schema(value_type = String, format = DateTime)]
    starts_at: Timestamp,
    /// When it ends.
    #[schema(value_type = String, format = DateTime)]
    ends_at: Timestamp,
    /// The time zone of the business when it was booked.
    time_zone: String,
    /// Its state.
    state: AppointmentState,
    /// Who booked it.
    source: AppointmentSource,
    /// The call in which it was booked.
    call_id: Option<i64>,
    /// When a user has first seen it; null: no user has, and the agent booked it.
    #[schema(value_type = Option<String>, format = DateTime)]
    seen_at: Option<Timestamp>,
    /// A note for users.
    note: String,
    /// The price in agorot when it was booked.
    price_minor: Option<i64>,
    /// Why it was cancelled.
    cancel_reason: Option<String>,
    /// Who booked it: `user:3`, `token:2`, `agent`.
    created_by: String,
    /// When it was booked.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// When it was cancelled.
    #[schema(value_type = Option<String>, format = DateTime)]
    cancelled_at: Option<Timestamp>,
}

impl Versioned for Appointment {
    // Neither a look at the appointment nor another name of the contact refuses a change.
    fn version(&self) -> impl Serialize {
        let place = (self.contact_id, self.service_id, self.resource_id, self.starts_at, self.ends_at);
        (self.id, place, self.state, &self.note, self.updated_at)
    }
}

impl From<domain::Appointment> for Appointment {
    fn from(of: domain::Appointment) -> Self {
        Self {
            id: of.id.0,
            contact_id: of.contact_id.0,
            contact_name: of.contact_name,
            contact_number: of.contact_number,
            service_id: of.service_id.0,
            service_name: of.service_name,
            resource_id: of.resource_id.0,
            resource_name: of.resource_name,
            starts_at: of.starts_at,
            ends_at: of.ends_at,
            time_zone: of.time_zone,
            state: of.state.into(),
            source: of.source.into(),
            call_id: of.call_id.map(|id| id.0),
            seen_at: of.seen_at,
            note: of.note,
            price_minor: of.price_minor,
            cancel_reason: of.cancel_reason,
            created_by: of.created_by,
            created_at: of.created_at,
            updated_at: of.updated_at,
            cancelled_at: of.cancelled_at,
        }
    }
}

/// A new appointment.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BookAppointmentRequest {
    /// The contact.
    pub(super) contact_id: i64,
    /// The service.
    pub(super) service_id: i64,
    /// The resource; absent or null: the first one that provides the service and is free.
    pub(super) resource_id: Option<i64>,
    /// When it starts, at a full minute.
    #[schema(value_type = String, format = DateTime)]
    pub(super) starts_at: Timestamp,
    /// A note for users.
    pub(super) note: Option<String>,
    /// Books in the past and outside of the opening hours as well, but never a time that is taken; false by default.
    pub(super) force: Option<bool>,
    /// The entry of the waiting list that the appointment fulfils; it is removed.
    pub(super) waiting_entry_id: Option<i64>,
}

/// A change of an appointment; what is absent stays as it is.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeAppointmentRequest {
    /// When it starts, at a full minute.
    #[schema(value_type = Option<String>, format = DateTime)]
    starts_at: Option<Timestamp>,
    /// The resource; null: the first one that provides the service and is free.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>)]
    resource_id: Option<Option<i64>>,
    /// The service; with another one, the length and the price are those of that service.
    service_id: Option<i64>,
    /// A note for users; null clears it.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    note: Option<Option<String>>,
    /// As when booking; false by default.
    force: Option<bool>,
}

impl From<ChangeAppointmentRequest> for AppointmentChange {
    fn from(change: ChangeAppointmentRequest) -> Self {
        Self {
            starts_at: change.starts_at,
            resource: change.resource_id.map(|id| id.map(ResourceId)),
            service: change.service_id.map(ServiceId),
            note: change.note.map(Option::unwrap_or_default),
            force: change.force == Some(true),
        }
    }
}

/// Why an appointment is cancelled.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CancelAppointmentRequest {
    /// The reason.
    pub(super) reason: Option<String>,
}
