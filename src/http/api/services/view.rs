//! API types of services.

use crate::crm::booking::services::ServiceUpdate;
use crate::domain::{self, Timestamp};
use crate::http::etag::{Listed, Versioned};
use crate::http::extract::nullable;
use crate::http::pagination::Page;
use serde::{Deserialize, Serialize};

pub(crate) type ServicePage = Page<Service>;

/// A service that can be booked.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Service {
    /// The id of the service.
    id: i64,
    /// The name of the service.
    name: String,
    /// The duration of an appointment in minutes.
    duration_min: u32,
    /// The minutes before the appointment in which the resource is not available.
    buffer_before_min: u32,
    /// The minutes after the appointment in which the resource is not available.
    buffer_after_min: u32,
    /// The price in agorot; null if no price is set.
    price_minor: Option<i64>,
    /// A description of the service for contacts; may be empty.
    description: String,
    /// The position in lists; the lowest is first.
    position: i64,
    /// Whether the service is no longer offered.
    archived: bool,
    /// When the service was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the service was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// The version of the item (its `ETag`), for `If-Match`.
    etag: String,
}

impl Versioned for Service {
    fn version(&self) -> impl Serialize {
        let times = (self.duration_min, self.buffer_before_min, self.buffer_after_min);
        (self.id, &self.name, times, self.price_minor, &self.description, self.position, self.archived)
    }
}

impl Listed for Service {
    fn etag_field(&mut self) -> &mut String {
        &mut self.etag
    }
}

impl From<domain::Service> for Service {
    fn from(service: domain::Service) -> Self {
        Self {
            id: service.id.0,
            name: service.name,
            duration_min: service.duration_min,
            buffer_before_min: service.buffer_before_min,
            buffer_after_min: service.buffer_after_min,
            price_minor: service.price_minor,
            description: service.description,
            position: service.position,
            archived: service.archived_at.is_some(),
            created_at: service.created_at,
            updated_at: service.updated_at,
            etag: String::new(),
        }
        .with_etag()
    }
}

/// A new service.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateServiceRequest {
    /// The name of the service, 1 to 200 characters.
    name: String,
    /// The duration of an appointment in minutes, 1 to 1440.
    duration_min: u32,
    /// The minutes before the appointment in which the resource is not available, at most 480; 0 by default.
    buffer_before_min: Option<u32>,
    /// The minutes after the appointment in which the resource is not available, at most 480; 0 by default.
    buffer_after_min: Option<u32>,
    /// The price in agorot; absent or null if there is none.
    price_minor: Option<i64>,
    /// A description of the service for contacts; absent or null if there is none.
    description: Option<String>,
    /// The position in lists; the lowest is first. 0 by default.
    position: Option<i64>,
    /// Whether the service is no longer offered; false by default.
    archived: Option<bool>,
}

impl From<CreateServiceRequest> for ServiceUpdate {
    fn from(new: CreateServiceRequest) -> Self {
        Self {
            name: Some(new.name),
            duration_min: Some(new.duration_min),
            buffer_before_min: new.buffer_before_min,
            buffer_after_min: new.buffer_after_min,
            price_minor: Some(new.price_minor),
            description: new.description,
            position: new.position,
            archived: new.archived,
        }
    }
}

/// A change of a service. Absent fields keep their values, and so do null ones, unless the field says what null means.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateServiceRequest {
    /// The name of the service, 1 to 200 characters.
    name: Option<String>,
    /// The duration of new appointments in minutes, 1 to 1440. Existing appointments keep their duration.
    duration_min: Option<u32>,
    /// The minutes before the appointment in which the resource is not available, at most 480.
    buffer_before_min: Option<u32>,
    /// The minutes after the appointment in which the resource is not available, at most 480.
    buffer_after_min: Option<u32>,
    /// The price in agorot; null removes the price.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>)]
    price_minor: Option<Option<i64>>,
    /// A description of the service for contacts.
    description: Option<String>,
    /// The position in lists; the lowest is first.
    position: Option<i64>,
    /// Whether the service is no longer offered.
    archived: Option<bool>,
}

impl From<UpdateServiceRequest> for ServiceUpdate {
    fn from(change: UpdateServiceRequest) -> Self {
        Self {
            name: change.name,
            duration_min: change.duration_min,
            buffer_before_min: change.buffer_before_min,
            buffer_after_min: change.buffer_after_min,
            price_minor: change.price_minor,
            description: change.description,
            position: change.position,
            archived: change.archived,
        }
    }
}
