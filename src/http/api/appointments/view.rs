//! API types of appointments.

pub(super) mod notice;

use crate::crm::appointment::AppointmentUpdate;
use crate::domain::{self, ResourceId, ServiceId, Timestamp};
use crate::http::api::one_of::OneOf;
use crate::http::etag::Versioned;
use crate::http::extract::nullable;
use crate::http::pagination::Page;
use serde::{Deserialize, Serialize};

pub(crate) type AppointmentPage = Page<Appointment>;

pub(crate) type AppointmentState = OneOf<domain::AppointmentState>;

pub(crate) type AppointmentSource = OneOf<domain::AppointmentSource>;

/// An appointment of a contact.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Appointment {
    /// The id of the appointment.
    id: i64,
    /// The id of the contact who has the appointment.
    contact_id: i64,
    /// The contact's name; may be empty.
    contact_name: String,
    /// The contact's current phone number in E.164; null if the contact has none.
    contact_number: Option<String>,
    /// The id of the booked service.
    service_id: i64,
    /// The current name of the booked service.
    service_name: String,
    /// The id of the resource that the appointment occupies.
    resource_id: i64,
    /// The name of the resource; null if the resource is the default one of a new database and has no name.
    resource_name: Option<String>,
    /// When the appointment starts.
    #[schema(value_type = String, format = DateTime)]
    starts_at: Timestamp,
    /// When the appointment ends.
    #[schema(value_type = String, format = DateTime)]
    ends_at: Timestamp,
    /// The IANA time zone of the business at the time of the booking.
    time_zone: String,
    /// The state of the appointment.
    state: AppointmentState,
    /// Whether the agent or a user booked the appointment.
    source: AppointmentSource,
    /// The id of the call in which the agent booked the appointment; null if it was not booked in a call.
    call_id: Option<i64>,
    /// When a user first saw the appointment; null if the agent booked it and no user has seen it.
    #[schema(value_type = Option<String>, format = DateTime)]
    seen_at: Option<Timestamp>,
    /// A note for users; the contact does not see it.
    note: String,
    /// The price of the service in agorot when the service was chosen; null if it had no price.
    price_minor: Option<i64>,
    /// The reason for the cancellation; null if no reason was given, or the appointment is not cancelled.
    cancel_reason: Option<String>,
    /// The actor that booked the appointment: `user:3`, `token:2` or `agent`.
    created_by: String,
    /// When the appointment was booked.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the appointment was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// When the appointment was cancelled; null if it is not cancelled.
    #[schema(value_type = Option<String>, format = DateTime)]
    cancelled_at: Option<Timestamp>,
}

impl Versioned for Appointment {
    // `seen_at` and the contact's name are left out, so that neither a view nor a rename makes a change fail with 412.
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

/// An appointment to be booked.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BookAppointmentRequest {
    /// The id of the contact for whom the appointment is booked.
    pub(super) contact_id: i64,
    /// The id of the service to book.
    pub(super) service_id: i64,
    /// The id of the resource; absent or null: the first one that provides the service and is free.
    pub(super) resource_id: Option<i64>,
    /// When the appointment starts: a full minute, at most five years from now.
    #[schema(value_type = String, format = DateTime)]
    pub(super) starts_at: Timestamp,
    /// A note for users, at most 4000 characters; the contact does not see it. Absent or null if there is none.
    pub(super) note: Option<String>,
    /// Whether a time in the past or outside of the opening hours is allowed; a time that is taken is always rejected.
    /// False by default.
    pub(super) force: Option<bool>,
    /// The id of the waiting-list entry that the appointment fulfils; the entry is removed. Absent or null if there is
    /// none.
    pub(super) waiting_entry_id: Option<i64>,
    /// Whether the contact gets a WhatsApp message about the booking, in the contact's language. It is sent after 15
    /// seconds; the next change of the appointment, such as an undo, cancels it. Nothing is sent
    /// if the time of the appointment is over. False by default.
    pub(super) notify: Option<bool>,
}

/// A change of an appointment. Absent fields keep their values, and so do null ones, unless the field says what null
/// means.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateAppointmentRequest {
    /// The new start: a full minute, at most five years from now.
    #[schema(value_type = Option<String>, format = DateTime)]
    starts_at: Option<Timestamp>,
    /// The id of the resource; null: the first one that provides the service and is free.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>)]
    resource_id: Option<Option<i64>>,
    /// The id of the service; the duration and the price change to those of the new service.
    service_id: Option<i64>,
    /// A note for users, at most 4000 characters; the contact does not see it. Null clears the note.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    note: Option<Option<String>>,
    /// Whether a time in the past or outside of the opening hours is allowed; false by default.
    force: Option<bool>,
    /// Whether the contact gets a WhatsApp message about a new time or service, as for a booking. Null or absent: only if
    /// the contact was notified of the previous change within the last five minutes, which this change may undo.
    pub(super) notify: Option<bool>,
}

impl From<UpdateAppointmentRequest> for AppointmentUpdate {
    fn from(change: UpdateAppointmentRequest) -> Self {
        Self {
            starts_at: change.starts_at,
            resource: change.resource_id.map(|id| id.map(ResourceId)),
            service: change.service_id.map(ServiceId),
            note: change.note.map(Option::unwrap_or_default),
            force: change.force == Some(true),
        }
    }
}

/// A cancellation of an appointment.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CancelAppointmentRequest {
    /// The reason for the cancellation, for users, at most 4000 characters; absent or null if there is none.
    pub(super) reason: Option<String>,
    /// Whether the contact gets a WhatsApp message about the cancellation, as about a booking. Null or absent: only if the
    /// contact was notified of the previous change within the last five minutes, which the cancellation may undo.
    pub(super) notify: Option<bool>,
}
