//! Detects a clock that is behind: it shows a time before this program was built, or before the newest entry in the
//! database. A machine without a battery for its clock starts like this, until a time server has answered.

use crate::domain::{Notice, Timestamp};
use std::path::Path;
use std::time::Duration;

/// Times that have passed already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockFloor {
    /// When this program was built, if known.
    pub built: Option<Timestamp>,
    /// The newest entry in the database.
    pub newest_entry: Option<Timestamp>,
}

/// Why a clock is known to be behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockBehind {
    /// It shows a time before the program was built.
    Build(Timestamp),
    /// It shows a time before the newest entry. The clock may also have been ahead when that was written.
    NewestEntry(Timestamp),
}

impl ClockFloor {
    /// Why the clock is behind; none if it may be right. A clock synchronised with a time server is trusted over the
    /// database: earlier entries were then written with a wrong clock.
    pub fn check(self, now: Timestamp, is_synchronised: bool) -> Option<ClockBehind> {
        let is_before = |floor: &Timestamp, margin| now < floor.minus(margin);
        let built = self.built.filter(|built| is_before(built, BUILD_MARGIN)).map(ClockBehind::Build);
        let newest = self.newest_entry.filter(|newest| !is_synchronised && is_before(newest, ENTRY_MARGIN));
        built.or(newest.map(ClockBehind::NewestEntry))
    }
}

impl ClockBehind {
    /// The notice for the alert.
    pub fn notice(self, now: Timestamp) -> Notice {
        match self {
            Self::Build(built) => Notice::ClockBeforeBuild { now, built },
            Self::NewestEntry(newest) => Notice::ClockBeforeNewestEntry { now, newest },
        }
    }
}

/// True if systemd-timesyncd has set the clock by a time server since the machine was started.
pub fn is_synchronised() -> bool {
    Path::new("/run/systemd/timesync/synchronized").exists()
}

/// The build machine may be in another time zone, or its clock a little ahead.
const BUILD_MARGIN: Duration = Duration::from_hours(24);
/// Times that providers report may differ from the machine's clock by minutes.
const ENTRY_MARGIN: Duration = Duration::from_hours(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_has_passed_is_wrong() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (built, newest) = (at("2026-01-10T00:00:00Z"), at("2026-11-20T12:00:00Z"));
        let floor = ClockFloor { built: Some(built), newest_entry: Some(newest) };
        let behind = |now: &str, is_synchronised| floor.check(at(now), is_synchronised);
        assert_eq!(behind("2025-11-20T12:00:00Z", false), Some(ClockBehind::Build(built)));
        assert_eq!(behind("2025-11-20T12:00:00Z", true), Some(ClockBehind::Build(built)));
        assert_eq!(behind("2026-10-01T00:00:00Z", false), Some(ClockBehind::NewestEntry(newest)));
        assert_eq!(behind("2026-10-01T00:00:00Z", true), None);
        assert_eq!(behind("2026-11-20T11:30:00Z", false), None);
        assert_eq!(ClockFloor { built: None, newest_entry: None }.check(at("1970-01-01T00:00:00Z"), false), None);
    }
}
