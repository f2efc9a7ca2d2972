//! Appointments and the waiting list.

use super::{AppointmentId, CallId, ContactId, ResourceId, ServiceId, Timestamp, WaitingId, text_enum};
use jiff::civil::Date;

text_enum! {
    /// The state of an appointment.
    AppointmentState {
        Booked = "booked",
        /// Cancelled; its time is free again.
        Cancelled = "cancelled",
        /// The appointment has taken place.
        Done = "done",
        /// The contact did not come.
        NoShow = "no_show",
    }
}

impl AppointmentState {
    /// Returns true if the appointment occupies its resource, so that no other appointment can overlap it.
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
        /// The AI, in a call.
        Agent = "agent",
    }
}

text_enum! {
    /// A change of an appointment of which its contact is notified.
    AppointmentEvent {
        Booked = "booked",
        /// The appointment has another time or service.
        Moved = "moved",
        Cancelled = "cancelled",
    }
}

/// An appointment of a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appointment {
    /// The id: the number of the database row.
    pub id: AppointmentId,
    /// The contact who has the appointment.
    pub contact_id: ContactId,
    /// The contact's name; may be empty.
    pub contact_name: String,
    /// The contact's current phone number; none if none is known.
    pub contact_number: Option<String>,
    /// The booked service.
    pub service_id: ServiceId,
    /// The name of the service.
    pub service_name: String,
    /// The resource that the appointment occupies.
    pub resource_id: ResourceId,
    /// The name of the resource; none if the resource has no name.
    pub resource_name: Option<String>,
    /// When the appointment starts, without the buffer before it.
    pub starts_at: Timestamp,
    /// When the appointment ends, without the buffer after it.
    pub ends_at: Timestamp,
    /// The time zone of the business when the appointment was booked, by its IANA name.
    pub time_zone: String,
    /// Whether the appointment is booked, cancelled or over.
    pub state: AppointmentState,
    /// Who booked the appointment.
    pub source: AppointmentSource,
    /// The call in which the appointment was booked; none if it was booked in another way.
    pub call_id: Option<CallId>,
    /// When a user first saw the appointment; none until then. For an appointment that a user booked, the time of the
    /// booking.
    pub seen_at: Option<Timestamp>,
    /// A note for users.
    pub note: String,
    /// The price of the service in agorot at the time of the booking; none if the service had no price.
    pub price_minor: Option<i64>,
    /// The reason for the cancellation; none if no reason was given.
    pub cancel_reason: Option<String>,
    /// The actor that booked the appointment, in the form of the audit log, such as `user:3`.
    pub created_by: String,
    /// When the appointment was booked.
    pub created_at: Timestamp,
    /// When the appointment was last changed; at first the time of its creation.
    pub updated_at: Timestamp,
    /// When the appointment was cancelled.
    pub cancelled_at: Option<Timestamp>,
}

/// A contact who waits for an appointment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingEntry {
    /// The id: the number of the database row.
    pub id: WaitingId,
    /// The id of the contact who waits.
    pub contact_id: ContactId,
    /// The contact's name; may be empty.
    pub contact_name: String,
    /// The contact's current phone number; none if none is known.
    pub contact_number: Option<String>,
    /// The service for which the contact waits.
    pub service_id: ServiceId,
    /// The name of the service.
    pub service_name: String,
    /// The requested resource; none if the contact accepts any resource.
    pub resource_id: Option<ResourceId>,
    /// The name of the requested resource; none if no resource is requested or the resource has no name.
    pub resource_name: Option<String>,
    /// The first day that suits the contact.
    pub from_date: Date,
    /// The last day that suits the contact.
    pub to_date: Date,
    /// A note for users.
    pub note: String,
    /// The actor that added the entry, in the form of the audit log, such as `user:3`.
    pub created_by: String,
    /// When the contact began to wait: the time at which the entry was added, or an earlier time that was passed with
    /// it.
    pub created_at: Timestamp,
}
