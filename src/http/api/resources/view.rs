//! What the API shows of resources.

use crate::crm::booking::resources::ResourceChange;
use crate::domain::{self, Offer, ServiceId, Timestamp, UserId};
use crate::http::api::nullable::nullable;
use crate::http::api::one_of::OneOf;
use crate::http::api::opening_hours::view::HoursRange;
use crate::http::etag::{Listed, Versioned};
use crate::http::pagination::Page;
use serde::{Deserialize, Serialize};

pub(crate) type ResourcePage = Page<Resource>;

pub(crate) type ResourceKind = OneOf<domain::ResourceKind>;

/// What an appointment occupies: a member of the staff, or a room.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Resource {
    /// The id.
    id: i64,
    /// `business` for the resource that a new database has, which may lack a name.
    key: Option<String>,
    /// The name.
    name: Option<String>,
    /// What it is.
    kind: ResourceKind,
    /// The user that it stands for.
    user_id: Option<i64>,
    /// Its place in lists, and in the choice of a free resource; the lowest is first.
    position: i64,
    /// Whether it takes no appointments any more.
    archived: bool,
    /// Whether it provides every service, including later ones.
    all_services: bool,
    /// The services that it provides; with `all_services` those that are offered.
    service_ids: Vec<i64>,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// The version of the item, for `If-Match`: its `ETag`.
    etag: String,
}

impl Listed for Resource {
    fn etag_field(&mut self) -> &mut String {
        &mut self.etag
    }
}

impl Versioned for Resource {
    // A new service does not change the resources that provide all, and their hours have a version of their own.
    fn version(&self) -> impl Serialize {
        let services = (!self.all_services).then_some(&self.service_ids);
        (self.id, &self.name, self.kind, self.user_id, self.position, self.archived, services)
    }
}

impl Resource {
    /// The view of a resource; `offered` are the services that are offered.
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
    /// The name, 1 to 200 characters.
    name: String,
    /// What it is; `staff` by default.
    kind: Option<ResourceKind>,
    /// The user that it stands for.
    user_id: Option<i64>,
    /// Its place in lists; 0 by default.
    position: Option<i64>,
    /// Whether it takes no appointments any more; false by default.
    archived: Option<bool>,
    /// The services that it provides; absent or null: every one.
    service_ids: Option<Vec<i64>>,
}

impl From<CreateResourceRequest> for ResourceChange {
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

/// A change of a resource; what is absent stays as it is.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeResourceRequest {
    /// The name; only a resource with a key may lack one.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    name: Option<Option<String>>,
    /// What it is.
    kind: Option<ResourceKind>,
    /// The user that it stands for.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>)]
    user_id: Option<Option<i64>>,
    /// Its place in lists.
    position: Option<i64>,
    /// Whether it takes no appointments any more.
    archived: Option<bool>,
    /// The services that it provides; null: every one.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Vec<i64>>)]
    service_ids: Option<Option<Vec<i64>>>,
}

impl From<ChangeResourceRequest> for ResourceChange {
    fn from(change: ChangeResourceRequest) -> Self {
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
    /// Its own hours of the week, which count within those of the business; null if it follows the business.
    pub(super) hours: Option<Vec<HoursRange>>,
}

impl Versioned for ResourceHours {}

/// A resource's own opening hours.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResourceHoursRequest {
    /// Its own hours of the week; null to follow the business.
    pub(super) hours: Option<Vec<HoursRange>>,
}
