//! Whose the published file is that lies there at the start, and how much of it can be trusted.

use super::image::bears_our_mark;
use super::wal::Position;
use crate::store::run_state::{PublishedRecord, Record};
use crate::store::stamp::Stamp;

/// What is to be thought of the published file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// There is none.
    Missing,
    /// It is ours, and holds the live database as it was at the clean stop.
    Exact,
    /// It is ours, and holds the live database up to a place in its log.
    UpTo(Position),
    /// A write to it was cut off at its very beginning or end, or somebody has put something in its place: it is ours, and
    /// as for [`Verdict::UpTo`] `from`, if it holds what the log has up to `from` or `to`.
    OursIfWritten {
        /// Where the write began.
        from: Position,
        /// Where it was to end.
        to: Position,
    },
    /// It is ours, and may be torn.
    Unsure,
    /// It is not what we left.
    Foreign,
}

/// What was found at the start.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'f> {
    /// The file that has the published name.
    pub stamp: Option<Stamp>,
    /// It begins as a database does.
    pub has_header: bool,
    /// Nobody has done anything to it since the machine started.
    pub untouched_since_boot: bool,
    /// The last run ended cleanly, and nobody has changed the live database since.
    pub clean: bool,
    /// What the last run left.
    pub record: Option<&'f Record>,
}

/// Judges without reading the file.
pub(super) fn judge(found: &Found<'_>) -> Verdict {
    let Some(stamp) = found.stamp else { return Verdict::Missing };
    // Cut off while it was written, or between that and the note of it.
    let cut_off = !found.has_header || bears_our_mark(&stamp);
    let Some(record) = found.record else {
        return if cut_off { Verdict::Unsure } else { Verdict::Foreign };
    };
    if record.successor == Some(stamp) {
        return Verdict::Unsure;
    }
    if record.foreign {
        return Verdict::Foreign;
    }
    if !record.is_of_this_boot() {
        return after_a_boot(found, record, stamp, cut_off);
    }
    match record.published {
        Some(ours) if ours.stamp == stamp && found.clean && ours.writing.is_none() => Verdict::Exact,
        // What the kernel holds of both files is what was written.
        Some(ours) if ours.stamp == stamp => Verdict::UpTo(ours.position),
        Some(ours) if is_moved(ours.stamp, stamp) => Verdict::Unsure,
        Some(PublishedRecord { stamp: ours, position: from, writing: Some(to) }) if ours.inode == stamp.inode => {
            if cut_off {
                Verdict::UpTo(from)
            } else {
                Verdict::OursIfWritten { from, to }
            }
        }
        _ => Verdict::Foreign,
    }
}

/// Of what was written before a power cut any part may be lost, our own notes too; but not after a clean stop.
fn after_a_boot(found: &Found<'_>, record: &Record, stamp: Stamp, cut_off: bool) -> Verdict {
    match record.published {
        Some(ours) if ours.stamp == stamp && found.clean && ours.writing.is_none() => Verdict::Exact,
        Some(ours) if ours.stamp == stamp || is_moved(ours.stamp, stamp) => Verdict::Unsure,
        _ if record.closed.is_none() && (cut_off || found.untouched_since_boot) => Verdict::Unsure,
        _ => Verdict::Foreign,
    }
}

/// The file as we left it, on another disk or machine: nobody else leaves our mark, and in the same millisecond.
fn is_moved(ours: Stamp, found: Stamp) -> bool {
    ours.length == found.length && ours.modified == found.modified
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: Stamp = Stamp { inode: 7, length: 8192, modified: (1_700_000_000, 5_123_457) };
    const POSITION: Position = Position { salt: [3; 8], frame: 12 };

    const TARGET: Position = Position { salt: [3; 8], frame: 15 };

    fn record(writing: bool) -> Record {
        let writing = writing.then_some(TARGET);
        let published = Some(PublishedRecord { stamp: OURS, position: POSITION, writing });
        Record { published, ..Record::of_this_boot() }
    }

    fn found(record: &Record) -> Found<'_> {
        Found { stamp: Some(OURS), has_header: true, untouched_since_boot: false, clean: false, record: Some(record) }
    }

    #[test]
    fn a_clean_stop_is_trusted() {
        let record = Record { closed: Some(OURS), ..record(false) };
        assert_eq!(judge(&Found { clean: true, ..found(&record) }), Verdict::Exact);
        let rebooted = Record { boot: "another".into(), ..record };
        assert_eq!(judge(&Found { clean: true, ..found(&rebooted) }), Verdict::Exact);
    }

    #[test]
    fn after_a_kill_the_log_tells_what_is_missing() {
        assert_eq!(judge(&found(&record(false))), Verdict::UpTo(POSITION));
        let later = Stamp { length: 4096, modified: (1_700_000_001, 9_123_457), ..OURS };
        let mid_write = record(true);
        assert_eq!(judge(&Found { stamp: Some(later), ..found(&mid_write) }), Verdict::UpTo(POSITION));
        let torn = Stamp { modified: (1_700_000_001, 1), ..OURS };
        assert_eq!(
            judge(&Found { stamp: Some(torn), has_header: false, ..found(&mid_write) }),
            Verdict::UpTo(POSITION)
        );
        let header_is_back = Found { stamp: Some(torn), ..found(&mid_write) };
        assert_eq!(judge(&header_is_back), Verdict::OursIfWritten { from: POSITION, to: TARGET });
    }

    #[test]
    fn after_a_power_cut_everything_is_compared() {
        let cut = Record { boot: "another".into(), ..record(false) };
        assert_eq!(judge(&found(&cut)), Verdict::Unsure);
        let other_inode = Stamp { inode: 8, ..OURS };
        assert_eq!(judge(&Found { stamp: Some(other_inode), ..found(&cut) }), Verdict::Unsure);
        assert_eq!(judge(&Found { record: None, ..found(&cut) }), Verdict::Unsure);
        // What was lost may be our mark; but nobody has been there since.
        let unmarked = Stamp { inode: 8, length: 4096, modified: (1_700_000_009, 1) };
        let untouched = Found { stamp: Some(unmarked), untouched_since_boot: true, ..found(&cut) };
        assert_eq!(judge(&untouched), Verdict::Unsure);
        assert_eq!(judge(&Found { untouched_since_boot: false, ..untouched }), Verdict::Foreign);
    }

    #[test]
    fn what_was_given_up_stays_somebody_elses() {
        let given_up = Record { published: None, foreign: true, ..record(false) };
        assert_eq!(judge(&found(&given_up)), Verdict::Foreign);
        let cut = Record { boot: "another".into(), ..given_up };
        assert_eq!(judge(&Found { untouched_since_boot: true, ..found(&cut) }), Verdict::Foreign);
    }

    #[test]
    fn a_folder_that_was_moved_as_a_whole_is_ours() {
        let moved = Stamp { inode: 8, ..OURS };
        for boot in [Record::of_this_boot().boot, "another".into()] {
            let record = Record { boot, closed: Some(OURS), ..record(false) };
            assert_eq!(judge(&Found { stamp: Some(moved), ..found(&record) }), Verdict::Unsure);
        }
    }

    #[test]
    fn a_file_that_somebody_put_there_is_left_alone() {
        let record = record(false);
        for stamp in [
            Stamp { inode: 8, length: 4096, ..OURS },
            Stamp { length: 4096, ..OURS },
            Stamp { modified: (1_700_000_000, 6_123_457), ..OURS },
            Stamp { modified: (1_700_000_009, 1), ..OURS },
        ] {
            assert_eq!(judge(&Found { stamp: Some(stamp), ..found(&record) }), Verdict::Foreign, "{stamp:?}");
            assert_eq!(judge(&Found { stamp: Some(stamp), clean: true, ..found(&record) }), Verdict::Foreign);
        }
        let theirs = Stamp { modified: (1_700_000_009, 1), ..OURS };
        assert_eq!(judge(&Found { stamp: Some(theirs), record: None, ..found(&record) }), Verdict::Foreign);
    }

    #[test]
    fn a_kill_in_the_middle_of_an_exchange() {
        let next = Stamp { inode: 9, ..OURS };
        let record = Record { successor: Some(next), ..record(false) };
        assert_eq!(judge(&Found { stamp: Some(next), ..found(&record) }), Verdict::Unsure);
    }

    #[test]
    fn a_file_that_became_the_live_database_is_ours() {
        let theirs = Stamp { modified: (1, 1), ..OURS };
        let taken_over = Record { successor: Some(theirs), ..Record::of_this_boot() };
        assert_eq!(judge(&Found { stamp: Some(theirs), ..found(&taken_over) }), Verdict::Unsure);
        assert_eq!(judge(&Found { stamp: None, ..found(&taken_over) }), Verdict::Missing);
    }
}
