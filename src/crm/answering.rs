//! Who answers incoming calls now: the owner's choice, which overrides the settings until it ends.

use super::booking::opening;
use super::text::refuse;
use super::{Error, RequestError};
use crate::booking::instant;
use crate::domain::{ActorId, AnswerMode, Answering, BusinessId, DayTime, Timestamp};
use crate::store::{self, ReadTx, WriteTx};
use jiff::ToSpan;
use jiff::tz::TimeZone;

/// The action in the audit log, also for the HTTP request that sets the choice.
pub const AUDIT_ACTION: &str = "set_answering";

#[derive(Clone, Copy, Debug)]
pub struct Choice {
    pub mode: AnswerMode,
    /// When the settings decide again; `None` if the choice lasts until the next choice.
    pub until: Option<Timestamp>,
}

/// Returns the choice that overrides the settings; `None` if the settings decide.
pub fn current(tx: &ReadTx<'_>, now: Timestamp) -> store::Result<Option<Answering>> {
    Ok(last(tx)?.filter(|last| last.is_active(now)))
}

/// Returns the last choice, which may have ended. A choice that a newer release stored and this release does not know
/// counts as none.
pub fn last(tx: &ReadTx<'_>) -> store::Result<Option<Answering>> {
    Ok(tx.meta(KEY)?.and_then(|text| serde_json::from_str(&text).ok()))
}

/// Stores a choice, which applies from the next call on. `can_ring`: whether there is a phone that can ring.
pub fn set(
    tx: &WriteTx<'_>,
    Choice { mode, until }: Choice,
    can_ring: bool,
    actor: ActorId,
    now: Timestamp,
) -> Result<(), Error> {
    if mode == AnswerMode::Ring && !can_ring {
        let message = "no phone can ring: neither voice.ring_numbers nor agent.transfer_to is set".into();
        return Err(RequestError::CodedConflict { code: "no_transfer_number", message, params: Vec::new() }.into());
    }
    let until = until.filter(|_| mode != AnswerMode::Settings);
    if until.is_some_and(|until| until <= now || until > latest(now)) {
        return Err(refuse("until", "must be in the future, within a year").into());
    }
    let choice = Answering { mode, until, set_by: actor.to_string(), set_at: now };
    tx.set_meta(KEY, &serde_json::to_string(&choice).unwrap_or_default())?;
    Ok(tx.record_answering()?)
}

/// Stores a choice that was not made by an audited request, with its entry in the audit log.
pub fn set_audited(
    tx: &WriteTx<'_>,
    choice: Choice,
    can_ring: bool,
    actor: ActorId,
    now: Timestamp,
) -> Result<(), Error> {
    set(tx, choice, can_ring, actor, now)?;
    Ok(tx.insert_audit(actor, AUDIT_ACTION, &subject(choice.mode), now)?)
}

pub fn subject(mode: AnswerMode) -> String {
    format!("answering:{mode}")
}

/// Returns the time of the next opening on a day after today; `None` if there is none within 31 days.
pub fn next_opening(
    tx: &ReadTx<'_>,
    business: BusinessId,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    let today = now.to_zoned(zone).date();
    let opening = opening(tx, business, zone, today, today.saturating_add(MAX_DAYS.days()))?;
    let days = (1..=MAX_DAYS).map(|days| today.saturating_add(days.days()));
    let mut openings = days.filter_map(|day| Some(instant(day, opening.on(day).ranges.first()?.from, zone)));
    Ok(openings.find(|at| *at > now))
}

pub fn next_time(time: DayTime, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let today = now.to_zoned(zone).date();
    (0..=2).map(|days| instant(today.saturating_add(days.days()), time, zone)).find(|at| *at > now)
}

fn latest(now: Timestamp) -> Timestamp {
    now.plus(std::time::Duration::from_hours(24 * 366))
}

/// The key in the table `meta`. The value is an [`Answering`] as JSON.
const KEY: &str = "answering";
/// How many days ahead an opening is looked for.
const MAX_DAYS: i64 = 31;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{database, transact};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_choice_holds_until_it_ends() {
        let (_folder, conn) = database();
        let (now, end) = (at("2026-11-26T10:00:00Z"), at("2026-11-26T15:00:00Z"));
        let set = |tx: &WriteTx<'_>, mode, until, can_ring| {
            super::set(tx, Choice { mode, until }, can_ring, ActorId::OwnerByWhatsApp, now)
        };
        transact(&conn, |tx| {
            assert_eq!(current(tx, now)?, None);
            set(tx, AnswerMode::Agent, Some(end), false).unwrap();
            let stored = current(tx, now)?.unwrap();
            assert_eq!((stored.mode, stored.set_by.as_str()), (AnswerMode::Agent, "owner"));
            assert_eq!(current(tx, end)?, None);
            assert!(matches!(set(tx, AnswerMode::Ring, None, false), Err(Error::Refused(_))));
            assert!(matches!(set(tx, AnswerMode::Agent, Some(now), true), Err(Error::Refused(_))));
            set(tx, AnswerMode::Ring, None, true).unwrap();
            assert_eq!(current(tx, at("2027-11-26T10:00:00Z"))?.unwrap().mode, AnswerMode::Ring);
            set(tx, AnswerMode::Settings, Some(end), true).unwrap();
            assert_eq!((current(tx, now)?, last(tx)?.unwrap().until), (None, None));
            // A choice that this release does not know.
            tx.set_meta(KEY, "{\"mode\":\"robot\"}")?;
            assert_eq!(current(tx, now)?, None);
            Ok(())
        });
    }

    #[test]
    fn a_time_of_day_is_the_next_one() {
        let zone = &TimeZone::get("Asia/Jerusalem").unwrap();
        for (now, time, next) in [
            ("2026-11-26T10:00:00Z", "17:00", "2026-11-26T15:00:00Z"),
            ("2026-11-26T15:00:00Z", "17:00", "2026-11-27T15:00:00Z"),
            ("2026-11-26T10:00:00Z", "24:00", "2026-11-26T22:00:00Z"),
            // An hour that the clock change skips.
            ("2026-03-26T22:30:00Z", "02:30", "2026-03-27T00:00:00Z"),
        ] {
            assert_eq!(next_time(time.parse().unwrap(), zone, at(now)), Some(at(next)), "{now} {time}");
        }
    }

    #[test]
    fn the_next_opening_is_on_a_later_day() {
        let (_folder, conn) = database();
        let zone = &TimeZone::get("Asia/Jerusalem").unwrap();
        transact(&conn, |tx| {
            // Thursday before and after the opening, and Friday. The shipped hours are from Sunday to Friday, from
            // 09:00.
            for (now, next) in [
                ("2026-11-26T04:00:00Z", "2026-11-27T07:00:00Z"),
                ("2026-11-26T14:00:00Z", "2026-11-27T07:00:00Z"),
                ("2026-11-27T14:00:00Z", "2026-11-29T07:00:00Z"),
            ] {
                assert_eq!(next_opening(tx, BusinessId::FIRST, zone, at(now)).unwrap(), Some(at(next)), "{now}");
            }
            Ok(())
        });
    }
}
