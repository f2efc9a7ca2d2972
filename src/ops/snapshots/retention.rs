//! Which snapshots are kept.
//!
//! Days and weeks are counted only where there are snapshots, so a box that was off for a month loses none of them, and a
//! clock that was wrong for a while does little harm.

use super::name::{Kind, SnapshotName};
use crate::domain::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeSet;
use std::time::Duration;

/// How many are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Keep {
    /// Days of which the last one stays.
    pub days: usize,
    /// Weeks of which the last one stays.
    pub weeks: usize,
    /// Of those from before a migration, and of those from before an upgrade.
    pub special: usize,
}

/// Those that go. `good` has just been made and read back; it stays whatever the clock says.
pub(super) fn superfluous(
    found: &[SnapshotName],
    good: &SnapshotName,
    keep: Keep,
    zone: &TimeZone,
    now: Timestamp,
) -> Vec<SnapshotName> {
    let mut newest_first: Vec<&SnapshotName> = found.iter().collect();
    newest_first.sort_by_key(|name| std::cmp::Reverse((name.at, name.to_string())));
    let (mut days, mut weeks): (BTreeSet<Date>, BTreeSet<(i16, i8)>) = Default::default();
    let (mut migrations, mut upgrades) = (0, 0);
    let young = now.minus(Duration::from_hours(24 * keep.days as u64));
    let mut goes = Vec::new();
    for name in newest_first {
        let stays = match name.kind {
            Kind::Migration => next(&mut migrations) <= keep.special,
            Kind::Upgrade => next(&mut upgrades) <= keep.special,
            Kind::Nightly | Kind::Manual => {
                let day = day_of(name.at, zone);
                let week = day.iso_week_date();
                let of_day = days.len() < keep.days && days.insert(day);
                let of_week = weeks.len() < keep.weeks && weeks.insert((week.year(), week.week()));
                // What a person has made on a day stays beside the one of that night.
                of_day || of_week || name.kind == Kind::Manual && name.at >= young
            }
        };
        if !stays && name != good {
            goes.push(name.clone());
        }
    }
    goes
}

fn next(count: &mut usize) -> usize {
    *count += 1;
    *count
}

fn day_of(at: Timestamp, zone: &TimeZone) -> Date {
    let at = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default();
    at.to_zoned(zone.clone()).date()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEEP: Keep = Keep { days: 14, weeks: 8, special: 3 };
    const DAY: i64 = 86_400_000;
    /// A Monday, 03:00 UTC.
    const START: i64 = 1_789_959_600_000;

    fn nightly(day: i64) -> SnapshotName {
        SnapshotName::new(Kind::Nightly, Timestamp::from_millis(START + day * DAY), false)
    }

    fn goes(found: &[SnapshotName], good: &SnapshotName) -> Vec<SnapshotName> {
        superfluous(found, good, KEEP, &TimeZone::UTC, good.at)
    }

    #[test]
    fn a_year_of_nights_leaves_days_and_weeks() {
        let mut kept: Vec<SnapshotName> = Vec::new();
        for day in 0..365 {
            kept.push(nightly(day));
            let goes = goes(&kept, &nightly(day));
            kept.retain(|name| !goes.contains(name));
        }
        // 14 days, which are in 2 or 3 of the 8 weeks.
        assert!((19..=20).contains(&kept.len()), "{}", kept.len());
        assert!((351..365).all(|day| kept.contains(&nightly(day))));
        assert!(kept.iter().any(|name| name.at < nightly(365 - 42).at), "{kept:?}");
    }

    #[test]
    fn a_long_pause_costs_nothing() {
        let mut found: Vec<_> = (0..13).map(nightly).collect();
        found.push(nightly(400));
        let goes = goes(&found, &nightly(400));
        assert_eq!(goes.len(), 0, "{goes:?}");
    }

    #[test]
    fn what_was_made_before_upgrades_and_by_hand_has_rules_of_its_own() {
        let at = |kind, minutes: i64| SnapshotName::new(kind, Timestamp::from_millis(START + minutes * 60_000), false);
        let mut found: Vec<_> = (0..5).map(|n| at(Kind::Migration, n)).collect();
        found.extend((0..5).map(|n| at(Kind::Upgrade, n)));
        found.extend((0..5).map(|n| at(Kind::Manual, n)));
        let good = nightly(1);
        found.push(good.clone());
        let goes = goes(&found, &good);
        assert_eq!(goes.iter().filter(|name| name.kind == Kind::Migration).count(), 2);
        assert_eq!(goes.iter().filter(|name| name.kind == Kind::Upgrade).count(), 2);
        assert_eq!(goes.len(), 4, "{goes:?}");
        let later = superfluous(&found, &good, KEEP, &TimeZone::UTC, nightly(30).at);
        assert_eq!(later.iter().filter(|name| name.kind == Kind::Manual).count(), 4);
    }

    proptest! {
        #[test]
        fn the_good_one_stays_and_the_limits_hold(
            hours in proptest::collection::btree_set(-20_000_i64..20_000, 1..120),
            good in any::<prop::sample::Index>(),
            days in 1_usize..20,
            weeks in 0_usize..10,
        ) {
            let found: Vec<_> = hours
                .iter()
                .map(|hour| SnapshotName::new(Kind::Nightly, Timestamp::from_millis(START + hour * 3_600_000), false))
                .collect();
            let good = good.get(&found);
            let keep = Keep { days, weeks, special: 1 };
            let goes = superfluous(&found, good, keep, &TimeZone::UTC, good.at);
            prop_assert!(!goes.contains(good));
            let kept = found.len() - goes.len();
            prop_assert!(kept <= days + weeks + 1);
            prop_assert!(!goes.contains(found.last().unwrap()), "the newest stays");
            // Once more, nothing goes.
            let left: Vec<_> = found.iter().filter(|name| !goes.contains(name)).cloned().collect();
            prop_assert!(superfluous(&left, good, keep, &TimeZone::UTC, good.at).is_empty() || kept > days + weeks);
        }
    }
}
