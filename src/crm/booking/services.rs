//! The services of the business.

use super::{position, within};
use crate::crm::text::{name, remark};
use crate::crm::{Error, RequestError};
use crate::domain::{BusinessId, Service, ServiceId, Timestamp};
use crate::store::{ReadTx, ServiceData, WriteTx};

/// A partial change of a service: `None` leaves a field unchanged.
#[derive(Clone, Debug, Default)]
pub struct ServiceUpdate {
    pub name: Option<String>,
    pub duration_min: Option<u32>,
    /// Minutes before the appointment in which the resource is occupied.
    pub buffer_before_min: Option<u32>,
    /// Minutes after the appointment in which the resource is occupied.
    pub buffer_after_min: Option<u32>,
    /// The price in agorot; `Some(None)` means no price.
    pub price_minor: Option<Option<i64>>,
    pub description: Option<String>,
    pub position: Option<i64>,
    /// An archived service cannot be booked.
    pub archived: Option<bool>,
}

pub fn find(tx: &ReadTx<'_>, id: ServiceId) -> Result<Service, Error> {
    Ok(tx.service(id)?.ok_or(RequestError::NotFound("service"))?)
}

pub fn find_offered(tx: &ReadTx<'_>, id: ServiceId) -> Result<Service, Error> {
    let service = tx.service(id)?.ok_or_else(|| RequestError::field("service_id", "there is no such service"))?;
    if service.archived_at.is_some() {
        let message = "this service is archived; restore it, or choose another one".into();
        return Err(RequestError::CodedConflict { code: "service_archived", message, params: Vec::new() }.into());
    }
    Ok(service)
}

/// The name and the duration are required.
pub fn add(tx: &WriteTx<'_>, business: BusinessId, change: &ServiceUpdate, now: Timestamp) -> Result<ServiceId, Error> {
    let empty = ServiceData {
        name: String::new(),
        duration_min: 0,
        buffer_before_min: 0,
        buffer_after_min: 0,
        price_minor: None,
        description: String::new(),
        position: 0,
        archived_at: None,
    };
    let data = change.applied_to(&empty, now)?;
    Ok(tx.insert_service(business, &data, now)?)
}

pub fn change(tx: &WriteTx<'_>, id: ServiceId, change: &ServiceUpdate, now: Timestamp) -> Result<(), Error> {
    let service = find(tx, id)?;
    let before = ServiceData {
        name: service.name,
        duration_min: service.duration_min,
        buffer_before_min: service.buffer_before_min,
        buffer_after_min: service.buffer_after_min,
        price_minor: service.price_minor,
        description: service.description,
        position: service.position,
        archived_at: service.archived_at,
    };
    let data = change.applied_to(&before, now)?;
    if data == before { Ok(()) } else { Ok(tx.update_service(id, &data, now)?) }
}

impl ServiceUpdate {
    fn applied_to(&self, data: &ServiceData, now: Timestamp) -> Result<ServiceData, RequestError> {
        let archived_at = match self.archived {
            None => data.archived_at,
            Some(false) => None,
            Some(true) => data.archived_at.or(Some(now)),
        };
        let price = self.price_minor.unwrap_or(data.price_minor);
        Ok(ServiceData {
            name: name("name", self.name.as_deref().unwrap_or(&data.name))?,
            duration_min: within("duration_min", self.duration_min.unwrap_or(data.duration_min), (1, 24 * 60))?,
            buffer_before_min: within(
                "buffer_before_min",
                self.buffer_before_min.unwrap_or(data.buffer_before_min),
                (0, MAX_BUFFER_MIN),
            )?,
            buffer_after_min: within(
                "buffer_after_min",
                self.buffer_after_min.unwrap_or(data.buffer_after_min),
                (0, MAX_BUFFER_MIN),
            )?,
            price_minor: price.map(|price| within("price_minor", price, (0, MAX_PRICE_MINOR))).transpose()?,
            description: remark("description", self.description.as_deref().unwrap_or(&data.description))?,
            position: position(self.position.unwrap_or(data.position))?,
            archived_at,
        })
    }
}

const MAX_BUFFER_MIN: i64 = 8 * 60;
const MAX_PRICE_MINOR: i64 = 1_000_000_000;
