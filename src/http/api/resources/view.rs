//! API types of resources.

use crate::crm::booking::resources::ResourceUpdate;
use crate::domain::{self, Offer, ServiceId, Timestamp, UserId};
use crate::http::api::one_of::OneOf;
use crate::http::api::opening_hours::view::HoursRange;
use crate::http::etag::{Listed, Versioned};
use crate::http::extract::nullable;
use crate::http::pagination::Page;
use serde::{Deserialize, Serialize};

pub(crate) type ResourcePage = Page<Resource>;

pub(crate) type ResourceKind = OneOf<domain::ResourceKind>;

/// A bookable resource: a staff member or a room.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Resource {
    /// The id of the resource.
    id: i64,
    /// `business` for the default resource of a new database, which may have no name; null for other resources.
    key: Option<String>,
    /// The name of the resource; null if the default resource has none.
    name: Option<String>,
    /// The kind of the resource.
    kind: ResourceKind,
    /// The id of the user whom the resource represents; null if it represents no user.
    user_id: Option<i64>,
    /// The position in lists, and the order in which a free resource is chosen; the lowest is first.
    position: i64,
    /// Whether the resource accepts no new appointments.
    archived: bool,
    /// Whether the resource provides every service, including services that are added later.
    all_services: bool,
    /// The ids of the services that the resource provides; with `all_services`, those of all offered services.
    service_ids: Vec<i64>,
    /// When the resource was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the resource was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// The version of the item (its `ETag`), for `If-Match`.
    etag: String,
}

impl Listed for Resource {
    fn etag_field(&mut self) -> &mut String {
        &mut self.etag
    }
}

impl Versioned for Resource {
    // A new service must not change the version of resources that provide all services. The opening hours of a resource
    // have a version of their own.
    fn version(&self) -> impl Serialize {
        let services = (!self.all_services).then_some(&self.service_ids);
        (self.id, &self.name, self.kind, self.user_id, self.position, self.archived, services)
    }
}

impl Resource {
    /// `offered` are the services that are not archived.
    pub(super) fn new(resource: domain::Resource, offered: &[domain::Service]) -> Self {
        let (all_services, services) = match resource.offer {
            Offer::All => (true, offered.iter().map(|service| service.id.0).collect()),
            Offer::Only(services) => (false, services.into_iter().map(|id| id.0).collect()),
        };
        Self {
            id: resource.id.0,
            key: resource.key,
            name: resource.name,
            kind: resource.kind.into(),
            user_id: resource.user_id.map(|id| id.0),
            position: resource.position,
            archived: resource.archived_at.is_some(),
            all_services,
            service_ids: services,
            created_at: resource.created_at,
            updated_at: resource.updated_at,
            etag: String::new(),
        }
        .with_etag()
    }
}

/// A new resource.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateResourceRequest {
    /// The name of the resource, 1 to 200 characters.
    name: String,
    /// The kind of the resource; `staff` by default.
    kind: Option<ResourceKind>,
    /// The id of the user whom the resource represents; absent or null if it represents no user.
    user_id: Option<i64>,
    /// The position in lists, and the order in which a free resource is chosen; the lowest is first. 0 by default.
    position: Option<i64>,
    /// Whether the resource accepts no new appointments; false by default.
    archived: Option<bool>,
    /// The ids of the services that the resource provides; absent or null: all services.
    service_ids: Option<Vec<i64>>,
}

impl From<CreateResourceRequest> for ResourceUpdate {
    fn from(new: CreateResourceRequest) -> Self {
        Self {
            name: Some(Some(new.name)),
            kind: new.kind.map(|kind| kind.0),
            user_id: Some(new.user_id.map(UserId)),
            position: new.position,
            archived: new.archived,
            services: Some(new.service_ids.map(service_ids)),
        }
    }
}

/// A change of a resource. Absent fields keep their values, and so do null ones, unless the field says what null means.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateResourceRequest {
    /// The name of the resource; null is allowed only for the resource that a new database contains (its `key` is
    /// `business`).
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    name: Option<Option<String>>,
    /// The kind of the resource.
    kind: Option<ResourceKind>,
    /// The id of the user whom the resource represents; null removes the reference.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>)]
    user_id: Option<Option<i64>>,
    /// The position in lists, and the order in which a free resource is chosen; the lowest is first.
    position: Option<i64>,
    /// Whether the resource accepts no new appointments.
    archived: Option<bool>,
    /// The ids of the services that the resource provides; null: all services.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Vec<i64>>)]
    service_ids: Option<Option<Vec<i64>>>,
}

impl From<UpdateResourceRequest> for ResourceUpdate {
    fn from(change: UpdateResourceRequest) -> Self {
        Self {
            name: change.name,
            kind: change.kind.map(|kind| kind.0),
            user_id: change.user_id.map(|id| id.map(UserId)),
            position: change.position,
            archived: change.archived,
            services: change.service_ids.map(|services| services.map(service_ids)),
        }
    }
}

fn service_ids(ids: Vec<i64>) -> Vec<ServiceId> {
    ids.into_iter().map(ServiceId).collect()
}

/// A resource's own opening hours.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ResourceHours {
    /// The weekly hours of the resource, which apply only within the opening hours of the business; null if the
    /// resource has the hours of the business.
    pub(super) hours: Option<Vec<HoursRange>>,
}

impl Versioned for ResourceHours {}

/// The new opening hours of a resource.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResourceHoursRequest {
    /// The weekly hours of the resource, at most 70 ranges, of which those of a weekday must not overlap; null to use
    /// the opening hours of the business.
    pub(super) hours: Option<Vec<HoursRange>>,
}
