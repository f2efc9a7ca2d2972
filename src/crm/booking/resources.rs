//! The resources of the business: what an appointment occupies, such as a person or a room.

use super::hours::{check_hours, in_order};
use super::position;
use crate::crm::text::name;
use crate::crm::{Error, RequestError};
use crate::domain::{
    BusinessId, Offer, OpeningHours, Resource, ResourceId, ResourceKind, ServiceId, Timestamp, UserId,
};
use crate::store::{ReadTx, ResourceData, WriteTx};

/// A partial change of a resource: `None` leaves a field unchanged.
#[derive(Clone, Debug, Default)]
pub struct ResourceUpdate {
    /// The name; `Some(None)` is allowed only for a built-in resource, which has a key.
    pub name: Option<Option<String>>,
    pub kind: Option<ResourceKind>,
    /// The user that the resource represents; `Some(None)` means no user.
    pub user_id: Option<Option<UserId>>,
    pub position: Option<i64>,
    /// An archived resource takes no new appointments.
    pub archived: Option<bool>,
    /// The services that the resource provides; `Some(None)` means all services.
    pub services: Option<Option<Vec<ServiceId>>>,
}

pub fn find(tx: &ReadTx<'_>, id: ResourceId) -> Result<Resource, Error> {
    Ok(tx.resource(id)?.ok_or(RequestError::NotFound("resource"))?)
}

/// A name is required.
pub fn add(
    tx: &WriteTx<'_>,
    business: BusinessId,
    change: &ResourceUpdate,
    now: Timestamp,
) -> Result<ResourceId, Error> {
    let empty = ResourceData {
        name: None,
        kind: ResourceKind::Staff,
        user_id: None,
        position: 0,
        archived_at: None,
        offer: Offer::All,
    };
    let data = change.applied_to(tx, empty, None, now)?;
    Ok(tx.insert_resource(business, &data, now)?)
}

/// The last resource that takes appointments cannot be archived.
pub fn change(
    tx: &WriteTx<'_>,
    business: BusinessId,
    id: ResourceId,
    change: &ResourceUpdate,
    now: Timestamp,
) -> Result<(), Error> {
    let resource = find(tx, id)?;
    let before = ResourceData {
        name: resource.name.clone(),
        kind: resource.kind,
        user_id: resource.user_id,
        position: resource.position,
        archived_at: resource.archived_at,
        offer: resource.offer.clone(),
    };
    let data = change.applied_to(tx, before.clone(), resource.key.as_deref(), now)?;
    if data == before {
        return Ok(());
    }
    if data.archived_at.is_some() && tx.resources(business, false)?.iter().all(|other| other.id == id) {
        return Err(RequestError::Conflict("the last resource cannot be archived; add another one first".into()).into());
    }
    Ok(tx.update_resource(id, &data, now)?)
}

/// Returns a resource's own opening hours; `None` if the hours of the business apply.
pub fn hours(tx: &ReadTx<'_>, business: BusinessId, id: ResourceId) -> Result<Option<Vec<OpeningHours>>, Error> {
    find(tx, id)?;
    Ok(tx.resource_hours(business, id)?)
}

/// `None` applies the hours of the business.
pub fn set_hours(
    tx: &WriteTx<'_>,
    business: BusinessId,
    id: ResourceId,
    hours: Option<&[OpeningHours]>,
    now: Timestamp,
) -> Result<(), Error> {
    find(tx, id)?;
    check_hours(hours.unwrap_or_default())?;
    if tx.resource_hours(business, id)? == hours.map(in_order) {
        return Ok(());
    }
    Ok(tx.set_resource_hours(business, id, hours, now)?)
}

impl ResourceUpdate {
    fn applied_to(
        &self,
        tx: &ReadTx<'_>,
        data: ResourceData,
        key: Option<&str>,
        now: Timestamp,
    ) -> Result<ResourceData, Error> {
        let archived_at = match self.archived {
            None => data.archived_at,
            Some(false) => None,
            Some(true) => data.archived_at.or(Some(now)),
        };
        let called = match self.name.as_ref().unwrap_or(&data.name) {
            None if key.is_some() => None,
            given => Some(name("name", given.as_deref().unwrap_or_default())?),
        };
        let user_id = self.user_id.unwrap_or(data.user_id);
        if let Some(user) = user_id
            && tx.user(user)?.is_none()
        {
            return Err(RequestError::field("user_id", "there is no such user").into());
        }
        let offer = match &self.services {
            None => data.offer,
            Some(None) => Offer::All,
            Some(Some(services)) => Offer::Only(check_services(tx, services)?),
        };
        Ok(ResourceData {
            name: called,
            kind: self.kind.unwrap_or(data.kind),
            user_id,
            position: position(self.position.unwrap_or(data.position))?,
            archived_at,
            offer,
        })
    }
}

/// Returns the services in the order in which they are stored, each once.
fn check_services(tx: &ReadTx<'_>, services: &[ServiceId]) -> Result<Vec<ServiceId>, Error> {
    for service in services {
        if tx.service(*service)?.is_none() {
            return Err(RequestError::field("service_ids", format!("there is no service {service}")).into());
        }
    }
    let mut services = services.to_vec();
    services.sort_unstable();
    services.dedup();
    Ok(services)
}
