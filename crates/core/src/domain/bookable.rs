//! Services that can be booked, and the resources that provide them.

use super::{ResourceId, ServiceId, Timestamp, UserId, text_enum};

/// A service of the business, such as a haircut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The id: the number of the database row.
    pub id: ServiceId,
    /// The name, as contacts read and hear it.
    pub name: String,
    /// The duration of an appointment in minutes, without the buffers.
    pub duration_min: u32,
    /// The time before an appointment, in minutes, in which the resource is not available.
    pub buffer_before_min: u32,
    /// The time after an appointment, in minutes, in which the resource is not available.
    pub buffer_after_min: u32,
    /// The price in agorot; none if no price is set.
    pub price_minor: Option<i64>,
    /// A description for contacts.
    pub description: String,
    /// The position in lists; the lowest is first.
    pub position: i64,
    /// When the service was archived; none while it is offered.
    pub archived_at: Option<Timestamp>,
    /// When the service was created, by the daemon's clock.
    pub created_at: Timestamp,
    /// When the service was last changed; at first the time of its creation.
    pub updated_at: Timestamp,
}

text_enum! {
    /// The kind of a resource.
    ResourceKind {
        /// A person.
        Staff = "staff",
        /// A room or a machine.
        Room = "room",
    }
}

/// The services that a resource provides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offer {
    /// Every service, including services that are created later.
    All,
    /// These services.
    Only(Vec<ServiceId>),
}

impl Offer {
    /// Returns true if the resource provides the service.
    pub fn includes(&self, service: ServiceId) -> bool {
        match self {
            Self::All => true,
            Self::Only(services) => services.contains(&service),
        }
    }
}

/// A member of the staff or a room. At most one appointment occupies a resource at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The id: the number of the database row.
    pub id: ResourceId,
    /// `business` for the resource that a new database contains, else none. The page shows a text for this key until
    /// the resource has a name.
    pub key: Option<String>,
    /// The name; none only for a resource with a key.
    pub name: Option<String>,
    /// Whether the resource is a person or a room.
    pub kind: ResourceKind,
    /// The user account of the member of the staff, if there is one.
    pub user_id: Option<UserId>,
    /// The position in lists, and the order in which a free resource is chosen; the lowest is first.
    pub position: i64,
    /// When the resource was archived; none while it can be booked.
    pub archived_at: Option<Timestamp>,
    /// The services that the resource provides.
    pub offer: Offer,
    /// When the resource was created, by the daemon's clock.
    pub created_at: Timestamp,
    /// When the resource was last changed; at first the time of its creation.
    pub updated_at: Timestamp,
}
