//! The retention policy of snapshots.
//!
//! Only days and weeks that have snapshots count. A machine that was off for a month therefore loses no snapshots, and
//! a clock that was wrong for some time causes little harm.

use super::name::{Kind, SnapshotName};
use crate::domain::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeSet;
use std::time::Duration;

/// How many snapshots to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RetentionPolicy {
    /// Number of days for which the last snapshot of the day is kept.
    pub days: usize,
    /// Number of weeks for which the last snapshot of the week is kept.
    pub weeks: usize,
    /// Number of pre-migration snapshots to keep, and also the number of pre-upgrade snapshots.
    pub special: usize,
}

/// Returns the expired snapshots. `good` passed verification and is never returned, whatever time the clock shows.
/// Nightly snapshots of the last two days are kept too: the newest one may be of an empty or damaged database.
pub(super) fn expired(
    found: &[SnapshotName],
    good: &SnapshotName,
    policy: RetentionPolicy,
    zone: &TimeZone,
    now: Timestamp,
) -> Vec<SnapshotName> {
    let mut newest_first: Vec<&SnapshotName> = found.iter().collect();
    newest_first.sort_by_key(|name| std::cmp::Reverse((name.at, name.to_string())));
    let (mut nightly, mut manual) = (Places::default(), Places::default());
    let (mut migrations, mut upgrades) = (0, 0);
    let manual_cutoff = now.minus(Duration::from_hours(24 * policy.days as u64));
    let is_recent = |at: Timestamp| now.minus(RECENT) <= at && at <= now.plus(RECENT);
    let mut to_delete = Vec::new();
    for name in newest_first {
        let is_kept = match name.kind {
            Kind::Migration => next(&mut migrations) <= policy.special,
            Kind::Upgrade => next(&mut upgrades) <= policy.special,
            Kind::Nightly => nightly.take(day_of(name.at, zone), policy) || is_recent(name.at),
            Kind::Manual => manual.take(day_of(name.at, zone), policy) || name.at >= manual_cutoff,
        };
        if !is_kept && name != good {
            to_delete.push(name.clone());
        }
    }
    to_delete
}

#[derive(Default)]
struct Places {
    days: BTreeSet<Date>,
    weeks: BTreeSet<(i16, i8)>,
}

impl Places {
    /// Returns true if the snapshot is kept: it is the first one of its day or week, and the policy keeps further days
    /// or weeks.
    fn take(&mut self, day: Date, policy: RetentionPolicy) -> bool {
        let week = day.iso_week_date();
        let of_day = self.days.len() < policy.days && self.days.insert(day);
        let of_week = self.weeks.len() < policy.weeks && self.weeks.insert((week.year(), week.week()));
        of_day || of_week
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SpaceNeeds {
    /// Size of the finished snapshot in bytes.
    pub copy: u64,
    /// Bytes that must be free before the snapshot is created.
    pub required_free: u64,
    /// Bytes that are free now.
    pub free: u64,
    /// Maximum total size of all snapshots in bytes.
    pub budget: u64,
}

/// Returns the snapshots to delete before a new copy is created, oldest first. `kept` is never deleted, even if the
/// budget is smaller. If deleting all others would not free enough space for the copy, only the snapshots beyond the
/// budget are deleted.
pub(super) fn select_to_free_space(
    found: &[(SnapshotName, u64)],
    kept: &[SnapshotName],
    needs: SpaceNeeds,
) -> Vec<SnapshotName> {
    let mut oldest_first: Vec<_> = found.iter().filter(|(name, _)| !kept.contains(name)).collect();
    oldest_first.sort_by_key(|(name, _)| (name.at, name.to_string()));
    let sum = |bytes: u64, (_, one): &(SnapshotName, u64)| bytes.saturating_add(*one);
    let most_free = oldest_first.iter().copied().fold(needs.free, sum);
    let is_possible = most_free >= needs.required_free;
    let (copy, required_free) = if is_possible { (needs.copy, needs.required_free) } else { (0, 0) };
    let (mut used, mut free) = (found.iter().fold(copy, sum), needs.free);
    let mut dropped = Vec::new();
    for (name, bytes) in oldest_first {
        if used <= needs.budget && free >= required_free {
            break;
        }
        used = used.saturating_sub(*bytes);
        free = free.saturating_add(*bytes);
        dropped.push(name.clone());
    }
    dropped
}

/// Nightly snapshots of this last time are kept, unless they are deleted to free space.
const RECENT: Duration = Duration::from_hours(48);

fn next(count: &mut usize) -> usize {
    *count += 1;
    *count
}

fn day_of(at: Timestamp, zone: &TimeZone) -> Date {
    at.to_zoned(zone).date()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const POLICY: RetentionPolicy = RetentionPolicy { days: 14, weeks: 8, special: 3 };
    const DAY: i64 = 86_400_000;
    /// A Monday, 03:00 UTC, in milliseconds since the epoch.
    const START: i64 = 1_789_959_600_000;

    fn nightly(day: i64) -> SnapshotName {
        SnapshotName::new(Kind::Nightly, Timestamp::from_millis(START + day * DAY), false)
    }

    fn to_delete(found: &[SnapshotName], good: &SnapshotName) -> Vec<SnapshotName> {
        expired(found, good, POLICY, &TimeZone::UTC, good.at)
    }

    #[test]
    fn a_year_of_nights_leaves_days_and_weeks() {
        let mut kept: Vec<SnapshotName> = Vec::new();
        for day in 0..365 {
            kept.push(nightly(day));
            let to_delete = to_delete(&kept, &nightly(day));
            kept.retain(|name| !to_delete.contains(name));
        }
        // 14 daily snapshots, which cover 2 or 3 of the 8 weeks.
        assert!((19..=20).contains(&kept.len()), "{}", kept.len());
        assert!((351..365).all(|day| kept.contains(&nightly(day))));
        assert!(kept.iter().any(|name| name.at < nightly(365 - 42).at), "{kept:?}");
    }

    #[test]
    fn a_long_pause_costs_nothing() {
        let mut found: Vec<_> = (0..13).map(nightly).collect();
        found.push(nightly(400));
        let to_delete = to_delete(&found, &nightly(400));
        assert_eq!(to_delete.len(), 0, "{to_delete:?}");
    }

    #[test]
    fn snapshots_of_upgrades_and_on_request_have_their_own_retention() {
        let at = |kind, minutes: i64| SnapshotName::new(kind, Timestamp::from_millis(START + minutes * 60_000), false);
        let mut found: Vec<_> = (0..5).map(|n| at(Kind::Migration, n)).collect();
        found.extend((0..5).map(|n| at(Kind::Upgrade, n)));
        found.extend((0..5).map(|n| at(Kind::Manual, n)));
        let good = nightly(1);
        found.push(good.clone());
        let to_delete = to_delete(&found, &good);
        assert_eq!(to_delete.iter().filter(|name| name.kind == Kind::Migration).count(), 2);
        assert_eq!(to_delete.iter().filter(|name| name.kind == Kind::Upgrade).count(), 2);
        assert_eq!(to_delete.len(), 4, "{to_delete:?}");
        let later = expired(&found, &good, POLICY, &TimeZone::UTC, nightly(30).at);
        assert_eq!(later.iter().filter(|name| name.kind == Kind::Manual).count(), 4);
    }

    #[test]
    fn last_nights_snapshot_outlives_newer_ones_of_the_day() {
        let night = nightly(0);
        for kind in [Kind::Manual, Kind::Nightly] {
            let later = SnapshotName::new(kind, Timestamp::from_millis(START + DAY / 2), false);
            assert_eq!(to_delete(&[night.clone(), later.clone()], &later), [], "{kind:?}");
        }
    }

    #[test]
    fn the_oldest_snapshots_are_deleted_until_the_new_one_fits() {
        let found: Vec<_> = (0..5).map(|day| (nightly(day), 10)).collect();
        let kept = [nightly(4), nightly(3)];
        let needs = SpaceNeeds { copy: 10, required_free: 15, free: 100, budget: 100 };
        assert_eq!(select_to_free_space(&found, &kept, needs), []);
        assert_eq!(select_to_free_space(&found, &kept, SpaceNeeds { budget: 50, ..needs }), [nightly(0)]);
        assert_eq!(select_to_free_space(&found, &kept, SpaceNeeds { free: 0, ..needs }), [nightly(0), nightly(1)]);
        // The two newest snapshots are kept even if they exceed the budget.
        assert_eq!(
            select_to_free_space(&found, &kept, SpaceNeeds { budget: 5, ..needs }),
            [nightly(0), nightly(1), nightly(2)]
        );
        // No snapshot is deleted for a copy that would not fit anyway. Those beyond the budget are deleted.
        assert_eq!(select_to_free_space(&found, &kept, SpaceNeeds { required_free: 1000, ..needs }), []);
        assert_eq!(
            select_to_free_space(&found, &kept, SpaceNeeds { required_free: 1000, budget: 45, ..needs }),
            [nightly(0)]
        );
    }

    proptest! {
        #[test]
        fn space_is_made_from_the_oldest_and_no_more_than_needed(
            sizes in proptest::collection::vec(1_u64..1000, 0..40),
            kept in 0_usize..4,
            copy in 0_u64..1000,
            required_free in 0_u64..20_000,
            free in 0_u64..10_000,
            budget in 0_u64..20_000,
        ) {
            let found: Vec<_> = sizes.iter().zip(0..).map(|(bytes, day)| (nightly(day), *bytes)).collect();
            let kept: Vec<_> = found.iter().rev().take(kept).map(|(name, _)| name.clone()).collect();
            let needs = SpaceNeeds { copy, required_free, free, budget };
            let dropped = select_to_free_space(&found, &kept, needs);
            let bytes_of = |names: &[SnapshotName]| -> u64 {
                found.iter().filter(|(name, _)| names.contains(name)).map(|(_, bytes)| bytes).sum()
            };
            prop_assert!(dropped.iter().all(|name| !kept.contains(name)), "those that are kept stay");
            let oldest: Vec<_> = found.iter().take(dropped.len()).map(|(name, _)| name.clone()).collect();
            prop_assert_eq!(&dropped, &oldest, "the oldest go first");
            let total: u64 = sizes.iter().sum();
            let droppable = total - bytes_of(&kept);
            let is_possible = free + droppable >= required_free;
            let fits = |dropped: &[SnapshotName]| {
                let gone = bytes_of(dropped);
                let (copy, required_free) = if is_possible { (copy, required_free) } else { (0, 0) };
                total - gone + copy <= budget && free + gone >= required_free
            };
            prop_assert!(fits(&dropped) || dropped.len() == found.len() - kept.len(), "enough go");
            if let Some((_, fewer)) = dropped.split_last() {
                prop_assert!(!fits(fewer), "and no more than needed");
            }
        }

        #[test]
        fn a_year_on_a_small_disk_never_stops(
            database in 50_u64..200,
            growth in 0_u64..4,
            budget in 0_u64..4000,
        ) {
            // The disk has 2,000 bytes, which also contain the database and its published copy.
            let mut kept: Vec<(SnapshotName, u64)> = Vec::new();
            for day in 0..200 {
                let copy = database + growth * u64::try_from(day).unwrap() / 4;
                let used: u64 = kept.iter().map(|(_, bytes)| bytes).sum();
                let free = 2000_u64.saturating_sub(2 * copy + used);
                let two: Vec<_> = kept.iter().rev().take(2).map(|(name, _)| name.clone()).collect();
                let dropped = select_to_free_space(&kept, &two, SpaceNeeds { copy, required_free: copy + 10, free, budget });
                kept.retain(|(name, _)| !dropped.contains(name));
                let used: u64 = kept.iter().map(|(_, bytes)| bytes).sum();
                if 5 * copy + 10 <= 2000 {
                    prop_assert!(2000 >= 2 * copy + used + copy + 10, "day {}: the copy does not fit", day);
                    kept.push((nightly(day), copy));
                }
                prop_assert!(kept.len() >= 2 || day == 0);
            }
        }
        #[test]
        fn the_good_snapshot_stays_and_the_limits_hold(
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
            let policy = RetentionPolicy { days, weeks, special: 1 };
            let to_delete = expired(&found, good, policy, &TimeZone::UTC, good.at);
            prop_assert!(!to_delete.contains(good));
            let kept = found.len() - to_delete.len();
            let is_recent = |name: &&SnapshotName| name.at.since(good.at).max(good.at.since(name.at)) <= RECENT;
            prop_assert!(kept <= days + weeks + 1 + found.iter().filter(is_recent).count());
            prop_assert!(!to_delete.contains(found.last().unwrap()), "the newest stays");
            // A second run deletes nothing: a deleted snapshot has not taken the place of a day or week.
            let left: Vec<_> = found.iter().filter(|name| !to_delete.contains(name)).cloned().collect();
            prop_assert!(expired(&left, good, policy, &TimeZone::UTC, good.at).is_empty());
        }
    }
}
