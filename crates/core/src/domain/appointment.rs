//! Appointments, and contacts who wait for one.

use super::{AppointmentId, CallId, ContactId, ResourceId, ServiceId, Timestamp, WaitingId, text_enum};
use jiff::civil::Date;

text_enum! {
    /// The state of an appointment.
    AppointmentState {
        /// Booked.
        Booked = "booked",
        /// Cancelled; its time is free again.
        Cancelled = "cancelled",
        /// It has taken place.
        Done = "done",
        /// The contact did not come.
        NoShow = "no_show",
    }
}

impl AppointmentState {
    /// Whether the appointment occupies its resource.
    pub fn is_occupying(self) -> bool {
        match self {
            Self::Booked | Self::Done => true,
            Self::Cancelled | Self::NoShow => false,
        }
    }
}

text_enum! {
    /// Who booked an appointment.
    AppointmentSource {
        /// A user or an API client.
        User = "user",
        /// The AI, in a call or in a chat.
        Agent = "agent",
    }
}

/// An appointment of a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appointment {
    /// The id.
    pub id: AppointmentId,
    /// The contact.
    pub contact_id: ContactId,
    /// The contact's name; may be empty.
    pub contact_name: String,
    /// The contact's phone number.
    pub contact_number: Option<String>,
    /// The service.
    pub service_id: ServiceId,
    /// The name of the service.
    pub service_name: String,
    /// The resource that it occupies.
    pub resource_id: ResourceId,
    /// The name of the resource, if it has one.
    pub resource_name: Option<String>,
    /// When it starts.
    pub starts_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// The time zone of the business when it was booked, by its IANA name.
    pub time_zone: String,
    /// Its state.
    pub state: AppointmentState,
    /// Who booked it.
    pub source: AppointmentSource,
    /// The call in which it was booked.
    pub call_id: Option<CallId>,
    /// When a user has first seen it; appointments of users are seen at once.
    pub seen_at: Option<Timestamp>,
    /// A note for users.
    pub note: String,
    /// The price in agorot when it was booked.
    pub price_minor: Option<i64>,
    /// Why it was cancelled.
    pub cancel_reason: Option<String>,
    /// Who booked it, in the form of the audit log.
    pub created_by: String,
    /// When it was booked.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When it was cancelled.
    pub cancelled_at: Option<Timestamp>,
}

/// A contact who waits for an appointment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingEntry {
    /// The id.
    pub id: WaitingId,
    /// The id of the contact who waits.
    pub contact_id: ContactId,
    /// The contact's name; may be empty.
    pub contact_name: String,
    /// The contact's phone number.
    pub contact_number: Option<String>,
    /// The service.
    pub service_id: ServiceId,
    /// The name of the service.
    pub service_name: String,
    /// The resource; none: any.
    pub resource_id: Option<ResourceId>,
    /// The name of the resource, if one is wanted and has a name.
    pub resource_name: Option<String>,
    /// The first day that suits the contact.
    pub from_date: Date,
    /// The last day that suits the contact.
    pub to_date: Date,
    /// A note for users.
    pub note: String,
    /// Who added the entry, in the form of the audit log.
    pub created_by: String,
    /// Since when the contact waits: the time of the addition, unless an earlier one came with it.
    pub created_at: Timestamp,
}
