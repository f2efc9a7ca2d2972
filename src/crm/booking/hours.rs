//! The opening hours of the business.

use super::within;
use crate::crm::{Error, RequestError};
use crate::domain::{BusinessId, EveRule, HolidayRule, OpeningHours, OpeningRules, Timestamp};
use crate::store::{ReadTx, WriteTx};

#[derive(Clone, Debug)]
pub struct WeekHours {
    pub hours: Vec<OpeningHours>,
    pub rules: OpeningRules,
}

pub fn week(tx: &ReadTx<'_>, business: BusinessId) -> Result<WeekHours, Error> {
    Ok(WeekHours { hours: tx.opening_hours(business)?, rules: tx.opening_rules(business)? })
}

/// `None` keeps the stored notice time, which is in minutes.
pub fn set_week(
    tx: &WriteTx<'_>,
    business: BusinessId,
    hours: &[OpeningHours],
    (holidays, eves): (HolidayRule, EveRule),
    notice_min: Option<u32>,
    now: Timestamp,
) -> Result<(), Error> {
    check_hours(hours)?;
    let notice_min = match notice_min {
        Some(minutes) => within("notice_min", minutes, (0, MAX_NOTICE_MIN))?,
        None => tx.opening_rules(business)?.notice_min,
    };
    let rules = OpeningRules { holidays, eves, notice_min };
    let stored = week(tx, business)?;
    // The first request saves the hours even if they are those of a new installation, because the set-up is then done.
    if tx.has_saved_opening_hours(business)? && stored.rules == rules && stored.hours == in_order(hours) {
        return Ok(());
    }
    Ok(tx.set_opening_hours(business, hours, &rules, now)?)
}

/// Returns the hours in the order in which they are stored.
pub(super) fn in_order(hours: &[OpeningHours]) -> Vec<OpeningHours> {
    let mut hours = hours.to_vec();
    hours.sort_unstable_by_key(|one| (one.weekday.to_sunday_zero_offset(), one.range.from));
    hours
}

pub(super) fn check_hours(hours: &[OpeningHours]) -> Result<(), RequestError> {
    if hours.len() > MAX_RANGES {
        return Err(RequestError::field("hours", format!("hours must have at most {MAX_RANGES} ranges")));
    }
    if hours.iter().any(|one| one.range.is_empty()) {
        return Err(RequestError::field("hours", "each range of hours must begin before it ends"));
    }
    let mut ranges: Vec<_> = hours.iter().map(|one| (one.weekday.to_sunday_zero_offset(), one.range)).collect();
    ranges.sort_unstable();
    if ranges.windows(2).any(|pair| pair[0].0 == pair[1].0 && pair[1].1.from < pair[0].1.to) {
        return Err(RequestError::field("hours", "two ranges of a weekday overlap"));
    }
    Ok(())
}

const MAX_RANGES: usize = 70;
const MAX_NOTICE_MIN: i64 = 60 * 24 * 60;
