//! Classifies the published file at a start, by owner and by missing pages. A file with the recorded stamp was written
//! by the service; one with a header zeroed by the service is a torn write; any other file is foreign and is never
//! written.

use super::image::has_marker;
use super::wal::Position;
use crate::store::file_stamp::FileStamp;
use crate::store::run_state::{Boot, COPIED_AFTER, PublishedRecord, Record};

/// How a start classifies the published file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) enum FileState {
    /// There is no file.
    Missing,
    /// The service wrote it. It is not written before the live database is verified.
    Ours(MissingPages),
    /// A write by the service was interrupted: no program takes the file for a database.
    Torn(MissingPages),
    /// It is foreign, and is not changed.
    Foreign {
        /// What was found.
        found: String,
        /// True if it could not be read or adopted: the next start examines it again. False if it waits for the owner's
        /// decision.
        examine_again: bool,
    },
}

impl FileState {
    /// A foreign file that waits for the owner's decision.
    pub(in crate::store) fn foreign(found: &str) -> Self {
        Self::Foreign { found: found.to_owned(), examine_again: false }
    }

    /// A foreign file that could not be read or adopted.
    pub(in crate::store) fn unusable(found: String) -> Self {
        Self::Foreign { found, examine_again: true }
    }
}

/// The pages of the live database that the service's file may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum MissingPages {
    /// None.
    Nothing,
    /// Those in the log from this position on.
    Since(Position),
    /// Any: it must be compared.
    Any,
}

/// What is known of the file without reading all of it.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Observed<'o> {
    /// The file's stamp.
    pub stamp: FileStamp,
    /// Time of the last inode change, in seconds since the epoch.
    pub changed_at: i64,
    /// The file does not begin with zeros.
    pub has_header: bool,
    /// The last run stopped cleanly, and the live database has not changed since.
    pub clean: bool,
    /// The record of the last run.
    pub record: Option<&'o Record>,
}

/// Classifies the file. `holds_write` returns whether the file holds what the log has up to a position; it is called
/// only if a write may have been completed but not recorded.
pub(in crate::store) fn classify(file: &Observed<'_>, holds_write: impl Fn(Position) -> bool) -> FileState {
    let foreign = || FileState::foreign(NOT_OURS);
    let Some(record) = file.record else { return foreign() };
    let boot = record.boot_since();
    let missing = match record.published {
        Some(ours) if file.clean && ours.writing.is_none() => MissingPages::Nothing,
        Some(ours) if boot == Boot::Same && ours.position != Position::NOWHERE => MissingPages::Since(ours.position),
        _ => MissingPages::Any,
    };
    let is_the_recorded_file = |stamp: FileStamp| stamp.inode == file.stamp.inode;
    if record.foreign.is_some_and(|foreign| foreign.stamp == file.stamp) {
        return foreign();
    }
    match record.published {
        Some(ours) if ours.stamp == file.stamp => return FileState::Ours(missing),
        // The folder was moved to another disk after a clean stop: everything but the inode is unchanged.
        Some(ours) if record.closed.is_some() && ours.stamp.is_moved_to(file.stamp) => {
            return FileState::Ours(MissingPages::Any);
        }
        Some(ours) if !file.has_header && is_the_recorded_file(ours.stamp) => return FileState::Torn(missing),
        // The process was killed between the end of a write and its record.
        Some(PublishedRecord { stamp, writing: Some(to), position })
            if boot == Boot::Same && is_the_recorded_file(stamp) && (holds_write(to) || holds_write(position)) =>
        {
            return FileState::Ours(missing);
        }
        _ => {}
    }
    if record.successor == Some(file.stamp) {
        return FileState::Ours(MissingPages::Any);
    }
    // A power cut loses the last records. The service's own writes set its mark and both times of the file at once; a
    // tool that copies a file with its times does not.
    let times_agree = (-MARKER_AHEAD..=COPIED_AFTER).contains(&(file.changed_at - file.stamp.modified.0));
    if boot == Boot::Another && record.closed.is_none() && record.foreign.is_none() {
        if file.has_header && has_marker(&file.stamp) && times_agree {
            return FileState::Ours(MissingPages::Any);
        }
        if !file.has_header && record.successor.is_some_and(is_the_recorded_file) {
            return FileState::Torn(MissingPages::Any);
        }
    }
    foreign()
}

/// Under load the mark may be ahead of the clock, by a millisecond for each write.
const MARKER_AHEAD: i64 = 5;
const NOT_OURS: &str = "is not the file that this service left there";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::file_stamp::ExactStamp;

    const OURS: FileStamp = FileStamp { inode: 7, length: 8192, modified: (1_700_000_000, 5_123_457) };
    const FOREIGN: ExactStamp = ExactStamp { stamp: OURS, changed: OURS.modified };
    const POSITION: Position = Position { salt: [3; 8], frame: 12 };
    const TARGET: Position = Position { salt: [3; 8], frame: 15 };

    fn record(writing: bool) -> Record {
        let writing = writing.then_some(TARGET);
        let published = Some(PublishedRecord { stamp: OURS, position: POSITION, writing });
        Record { published, ..Record::of_this_boot() }
    }

    fn observed(record: &Record) -> Observed<'_> {
        Observed { stamp: OURS, changed_at: 1_700_000_000, has_header: true, clean: false, record: Some(record) }
    }

    fn state(file: &Observed<'_>) -> FileState {
        classify(file, |_| false)
    }

    fn is_foreign(file: &Observed<'_>) -> bool {
        matches!(state(file), FileState::Foreign { .. })
    }

    #[test]
    fn the_recorded_stamp_is_ours() {
        let mut record = Record { closed: Some(OURS), ..record(false) };
        assert_eq!(state(&Observed { clean: true, ..observed(&record) }), FileState::Ours(MissingPages::Nothing));
        assert_eq!(state(&observed(&record)), FileState::Ours(MissingPages::Since(POSITION)));
        for boot in ["another", ""] {
            record.boot = boot.into();
            assert_eq!(state(&observed(&record)), FileState::Ours(MissingPages::Any), "{boot:?}");
            assert_eq!(state(&Observed { clean: true, ..observed(&record) }), FileState::Ours(MissingPages::Nothing));
        }
    }

    #[test]
    fn a_zeroed_header_is_our_torn_write() {
        let torn = FileStamp { modified: (1_700_000_001, 1), ..OURS };
        let record = record(true);
        let file = Observed { stamp: torn, has_header: false, ..observed(&record) };
        assert_eq!(state(&file), FileState::Torn(MissingPages::Since(POSITION)));
        let zeros = Observed { stamp: FileStamp { inode: 8, ..torn }, ..file };
        assert!(is_foreign(&zeros), "another file that begins with zeros is not ours");
        let cut = Record { boot: "another".into(), ..record.clone() };
        assert_eq!(state(&Observed { record: Some(&cut), ..file }), FileState::Torn(MissingPages::Any));
    }

    #[test]
    fn a_write_that_was_complete_and_not_noted_is_proved_by_the_log() {
        let later = FileStamp { length: 4096, modified: (1_700_000_001, 9_123_457), ..OURS };
        let record = record(true);
        let file = Observed { stamp: later, ..observed(&record) };
        assert_eq!(classify(&file, |position| position == TARGET), FileState::Ours(MissingPages::Since(POSITION)));
        assert!(is_foreign(&file), "a backup that was put back with its times bears our mark too");
        let unknown = Record { boot: String::new(), ..record };
        assert!(matches!(classify(&Observed { record: Some(&unknown), ..file }, |_| true), FileState::Foreign { .. }));
    }

    #[test]
    fn after_a_power_cut_only_what_we_wrote_ourselves_is_ours() {
        let cut = Record { boot: "another".into(), ..record(false) };
        let later = FileStamp { inode: 9, length: 4096, modified: (1_700_000_009, 8_123_457) };
        let file = Observed { stamp: later, changed_at: 1_700_000_009, ..observed(&cut) };
        assert_eq!(state(&file), FileState::Ours(MissingPages::Any));
        assert!(is_foreign(&Observed { changed_at: 1_700_000_600, ..file }), "a backup put back with its times");
        let unmarked = FileStamp { modified: (1_700_000_009, 1), ..later };
        assert!(is_foreign(&Observed { stamp: unmarked, ..file }), "a backup put back without its times");
        let foreign = Record { foreign: Some(FOREIGN), ..cut.clone() };
        assert!(is_foreign(&Observed { record: Some(&foreign), ..file }));
        assert!(is_foreign(&Observed { record: None, ..file }));
    }

    #[test]
    fn what_was_found_to_be_foreign_stays_foreign() {
        let foreign = Record { published: None, foreign: Some(FOREIGN), ..record(false) };
        assert!(is_foreign(&observed(&foreign)));
        assert!(is_foreign(&Observed { clean: true, ..observed(&foreign) }));
    }

    #[test]
    fn a_folder_that_was_moved_after_a_clean_stop_is_ours() {
        let moved = FileStamp { inode: 8, ..OURS };
        for boot in [Record::of_this_boot().boot, "another".into()] {
            let mut record = Record { boot, closed: Some(OURS), ..record(false) };
            assert_eq!(state(&Observed { stamp: moved, ..observed(&record) }), FileState::Ours(MissingPages::Any));
            record.closed = None;
            let file = Observed { stamp: moved, changed_at: 1_700_000_900, ..observed(&record) };
            assert!(is_foreign(&file), "not after any other");
        }
    }

    #[test]
    fn a_file_that_another_program_put_there_is_foreign() {
        let record = record(false);
        for stamp in [
            FileStamp { inode: 8, length: 4096, ..OURS },
            FileStamp { length: 4096, ..OURS },
            FileStamp { modified: (1_700_000_000, 6_123_457), ..OURS },
            FileStamp { modified: (1_700_000_009, 1), ..OURS },
        ] {
            assert!(is_foreign(&Observed { stamp, ..observed(&record) }), "{stamp:?}");
            assert!(is_foreign(&Observed { stamp, clean: true, ..observed(&record) }), "{stamp:?}");
        }
    }

    #[test]
    fn a_kill_in_the_middle_of_an_exchange() {
        let next = FileStamp { inode: 9, ..OURS };
        let record = Record { successor: Some(next), ..record(false) };
        assert_eq!(state(&Observed { stamp: next, ..observed(&record) }), FileState::Ours(MissingPages::Any));
    }
}
