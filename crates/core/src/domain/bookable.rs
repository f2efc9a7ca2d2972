//! What can be booked: services, and the resources that provide them.

use super::{ResourceId, ServiceId, Timestamp, UserId, text_enum};

/// A service of the business, such as a haircut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The id.
    pub id: ServiceId,
    /// The name.
    pub name: String,
    /// Its length in minutes.
    pub duration_min: u32,
    /// Minutes before it in which the resource is not available.
    pub buffer_before_min: u32,
    /// Minutes after it in which the resource is not available.
    pub buffer_after_min: u32,
    /// The price in agorot.
    pub price_minor: Option<i64>,
    /// A description for contacts.
    pub description: String,
    /// Its place in lists; the lowest is first.
    pub position: i64,
    /// Since when it is not offered any more.
    pub archived_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

text_enum! {
    /// What a resource is.
    ResourceKind {
        /// A person.
        Staff = "staff",
        /// A room or a machine.
        Room = "room",
    }
}

/// Which services a resource provides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offer {
    /// Every service, including later ones.
    All,
    /// These services.
    Only(Vec<ServiceId>),
}

impl Offer {
    /// Whether the service is among them.
    pub fn includes(&self, service: ServiceId) -> bool {
        match self {
            Self::All => true,
            Self::Only(services) => services.contains(&service),
        }
    }
}

/// What an appointment occupies: a member of the staff, or a room. It has at most one appointment at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The id.
    pub id: ResourceId,
    /// `business` for the one that a new database has; the page shows it by this key until it has a name.
    pub key: Option<String>,
    /// The name; only a resource with a key may lack one.
    pub name: Option<String>,
    /// What it is.
    pub kind: ResourceKind,
    /// The user that it stands for.
    pub user_id: Option<UserId>,
    /// Its place in lists, and in the choice of a free resource; the lowest is first.
    pub position: i64,
    /// Since when it takes no appointments any more.
    pub archived_at: Option<Timestamp>,
    /// Which services it provides.
    pub offer: Offer,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}
