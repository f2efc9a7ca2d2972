//! Closures: periods in which the business or a resource is closed.

use super::check_dates;
use crate::crm::text::{refuse, remark};
use crate::crm::{Error, RequestError};
use crate::domain::{ActorId, BusinessId, Closure, ClosureId, DayTime, ResourceId, Timestamp};
use crate::store::{ClosureData, ReadTx, WriteTx};
use jiff::civil::Date;

/// A partial change of a closure: `None` leaves a field unchanged.
#[derive(Clone, Debug, Default)]
pub struct ClosureUpdate {
    /// The resource; `Some(None)` means the whole business.
    pub resource_id: Option<Option<ResourceId>>,
    pub from_date: Option<Date>,
    /// The last closed day; it may be the first one.
    pub to_date: Option<Date>,
    /// The start time on the first day; `Some(None)` means the start of the day.
    pub from_time: Option<Option<DayTime>>,
    /// The end time on the last day; `Some(None)` means the end of the day.
    pub to_time: Option<Option<DayTime>>,
    pub reason: Option<String>,
}

pub fn find(tx: &ReadTx<'_>, id: ClosureId) -> Result<Closure, Error> {
    Ok(tx.closure(id)?.ok_or(RequestError::NotFound("closure"))?)
}

/// Existing appointments in this period are not changed.
pub fn add(
    tx: &WriteTx<'_>,
    business: BusinessId,
    actor: ActorId,
    (from_date, to_date): (Date, Date),
    change: &ClosureUpdate,
    now: Timestamp,
) -> Result<ClosureId, Error> {
    let empty =
        ClosureData { resource_id: None, from_date, to_date, from_time: None, to_time: None, reason: String::new() };
    let data = change.applied_to(tx, &empty)?;
    Ok(tx.insert_closure(business, &data, &actor.to_string(), now)?)
}

pub fn change(tx: &WriteTx<'_>, id: ClosureId, change: &ClosureUpdate, now: Timestamp) -> Result<(), Error> {
    let closure = find(tx, id)?;
    let before = ClosureData {
        resource_id: closure.resource_id,
        from_date: closure.from_date,
        to_date: closure.to_date,
        from_time: closure.from_time,
        to_time: closure.to_time,
        reason: closure.reason,
    };
    let data = change.applied_to(tx, &before)?;
    if data == before { Ok(()) } else { Ok(tx.update_closure(id, &data, now)?) }
}

pub fn delete(tx: &WriteTx<'_>, id: ClosureId) -> Result<(), Error> {
    find(tx, id)?;
    Ok(tx.delete_closure(id)?)
}

impl ClosureUpdate {
    fn applied_to(&self, tx: &ReadTx<'_>, data: &ClosureData) -> Result<ClosureData, Error> {
        let data = ClosureData {
            resource_id: self.resource_id.unwrap_or(data.resource_id),
            from_date: self.from_date.unwrap_or(data.from_date),
            to_date: self.to_date.unwrap_or(data.to_date),
            from_time: self.from_time.unwrap_or(data.from_time),
            to_time: self.to_time.unwrap_or(data.to_time),
            reason: remark("reason", self.reason.as_deref().unwrap_or(&data.reason))?,
        };
        check_dates(data.from_date, data.to_date)?;
        let (from, to) = (data.from_time.unwrap_or(DayTime::START), data.to_time.unwrap_or(DayTime::END));
        if data.from_date == data.to_date && from >= to {
            return Err(refuse("to", "must be after `from`").into());
        }
        if let Some(resource) = data.resource_id
            && tx.resource(resource)?.is_none()
        {
            return Err(RequestError::field("resource_id", "there is no such resource").into());
        }
        Ok(data)
    }
}
