//! The caller of a booking, with the call and the current time.

use crate::booking::instant;
use crate::crm::booking::slots::local_date;
use crate::crm::{Error, RequestError, appointment};
use crate::domain::{ActorId, BusinessId, Call, CallSid, DayTime, Speaker, Timestamp};
use crate::store::ReadTx;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

#[derive(Clone, Debug)]
pub struct Caller {
    pub call: CallSid,
    /// The business's time zone.
    pub zone: TimeZone,
    /// The time of the tool call; in a rehearsal, it may differ from the system clock.
    pub now: Timestamp,
    /// The turns of the call so far, with their speakers.
    pub said: Vec<(Speaker, String)>,
}

impl Caller {
    pub(super) fn context(&self) -> appointment::Context {
        let (business, actor) = (BusinessId::FIRST, ActorId::Agent);
        appointment::Context { business, zone: self.zone.clone(), actor, now: self.now }
    }

    pub(super) fn today(&self) -> Date {
        local_date(self.now, &self.zone)
    }

    pub fn local(&self, at: Timestamp) -> DateTime {
        at.to_zoned(&self.zone).datetime()
    }

    pub(super) fn moment(&self, at: DateTime) -> Result<Timestamp, RequestError> {
        let minutes = i32::from(at.hour()) * 60 + i32::from(at.minute());
        let time = u16::try_from(minutes).ok().and_then(DayTime::from_minutes);
        let moment = instant(at.date(), time.unwrap_or(DayTime::START), &self.zone);
        let is_exact = self.local(moment) == at;
        if is_exact { Ok(moment) } else { Err(RequestError::Invalid("this time does not exist on that day".into())) }
    }

    /// Converts the next free time in a `slot_taken` error to local time, as in the agent's other tool outputs.
    pub(super) fn in_local_time(&self, error: Error) -> Error {
        let Error::Refused(RequestError::CodedConflict { code: "slot_taken", params, .. }) = &error else {
            return error;
        };
        let next = params.iter().find(|(name, _)| *name == "next_free").and_then(|(_, at)| at.parse().ok());
        match next {
            Some(next) => {
                let message = format!("this time is taken; the next free one is {}", self.local(next));
                RequestError::Conflict(message.into()).into()
            }
            None => error,
        }
    }

    pub(super) fn stored_call(&self, tx: &ReadTx<'_>) -> Result<Call, Error> {
        Ok(tx.stored_call(&self.call)?.ok_or(RequestError::NotFound("call"))?)
    }
}
