//! Detects a clock that is behind. This happens after the start of a machine whose clock has no battery, until a time
//! server has answered.

use super::program;
use crate::domain::{Notice, Timestamp};
use std::path::Path;
use std::time::Duration;

/// Times that a correct clock has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockFloor {
    /// When this program was built; `None` if unknown.
    pub built: Option<Timestamp>,
    /// The time of the newest entry in the database.
    pub newest_entry: Option<Timestamp>,
}

/// Which time shows that the clock is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockBehind {
    Build(Timestamp),
    /// It is also possible that the clock was ahead when that entry was written.
    NewestEntry(Timestamp),
}

impl ClockFloor {
    /// Returns `None` if the clock may be correct. If the clock is synchronised with a time server, the newest entry is
    /// not compared: a later entry was then written with a wrong clock.
    pub fn check(self, now: Timestamp, is_synchronised: bool) -> Option<ClockBehind> {
        let is_before = |floor: &Timestamp, margin| now < floor.minus(margin);
        let built = self.built.filter(|built| is_before(built, BUILD_MARGIN)).map(ClockBehind::Build);
        let newest = self.newest_entry.filter(|newest| !is_synchronised && is_before(newest, ENTRY_MARGIN));
        built.or(newest.map(ClockBehind::NewestEntry))
    }
}

impl ClockBehind {
    pub fn notice(self, now: Timestamp) -> Notice {
        match self {
            Self::Build(built) => Notice::ClockBeforeBuild { now, built },
            Self::NewestEntry(newest) => Notice::ClockBeforeNewestEntry { now, newest },
        }
    }
}

/// Returns true if systemd-timesyncd has set the clock from a time server since the machine was started.
pub fn is_synchronised() -> bool {
    Path::new("/run/systemd/timesync/synchronized").exists()
}

/// Like [`is_synchronised`], but also asks the kernel, whose clock chrony and ntpd mark as synchronised. systemd is asked
/// for it, because the service's own system calls exclude those of the clock.
pub async fn is_kernel_synchronised() -> bool {
    let status = program::output_of("timedatectl", &["show", "--property=NTPSynchronized"]);
    is_synchronised() || status.await.is_some_and(|status| program::value(&status, "NTPSynchronized") == "yes")
}

/// Tolerance, because the build machine may be in another time zone, or have a clock that is slightly ahead.
const BUILD_MARGIN: Duration = Duration::from_hours(24);
/// Tolerance, because times reported by providers may differ from this machine's clock by minutes.
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
