//! Classifies the published file at a start: who wrote it, and which pages it lacks. The file counts as the service's
//! own by one of the rules below. Any other file is foreign, and the service never writes to it.
//!
//! 1. The file has the recorded stamp, or the stamp of the file that was about to get the published name.
//! 2. After a clean stop, the file differs from the recorded stamp at most by its inode and the fraction of a second of
//!    its modification time: the folder was moved to another disk.
//! 3. The file has the recorded inode, and its header is zeroed: a write was interrupted (a torn write).
//! 4. The file has the recorded inode, the start of a write was recorded, the machine has not booted since, and the
//!    file contains what the write-ahead log (WAL) has up to the start or the end of that write: the process was killed
//!    before it could record the end.
//! 5. After a power failure, which loses the last records, one of two cases applies. Either the file has the service's
//!    mark, and the times of its content and of its inode agree, which is unlikely for a copy. Or its header is zeroed,
//!    and the file is the one that was about to get the published name.
//!
//! A file with the same pages as the live database also counts as the service's own. That comparison reads both files
//! completely, so the program that uses this crate makes it.

use super::image::has_marker;
use super::state::ForeignCause;
use crate::file_stamp::FileStamp;
use crate::folder::Folder;
use crate::run_state::{Boot, COPIED_AFTER, PublishedRecord, Record};
use crate::wal::{Position, holds_write};
use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::fs::MetadataExt;

/// The classification of the published file at a start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileState {
    /// The file is missing.
    Missing,
    /// The service wrote the file. The publisher does not write to it until the live database is verified.
    Ours(MissingPages),
    /// A write by the service was interrupted. No program can open the file as a database.
    Torn(MissingPages),
    /// The file is foreign, and is not changed.
    Foreign {
        /// What was found.
        cause: ForeignCause,
        /// True if the file could not be read or adopted, so that the next start examines it again. False if the file
        /// waits for the owner's decision.
        examine_again: bool,
    },
}

impl FileState {
    /// Creates the state of a foreign file that waits for the owner's decision.
    pub fn foreign(cause: ForeignCause) -> Self {
        Self::Foreign { cause, examine_again: false }
    }

    /// Creates the state of a foreign file that could not be read or adopted.
    pub fn unusable(cause: ForeignCause) -> Self {
        Self::Foreign { cause, examine_again: true }
    }

    /// Classifies the published file at a start by its `stat` result and its first bytes. `record` is the content of
    /// the state file that the last run wrote. `boot` is the id of this boot of the machine. `clean` is true if the
    /// last run stopped cleanly and the live database has not changed since.
    pub fn of(folder: &Folder, found: Option<&Metadata>, record: Option<&Record>, boot: &str, clean: bool) -> Self {
        let Some(found) = found else { return Self::Missing };
        if !found.is_file() {
            return Self::foreign(ForeignCause::NotRegular);
        }
        let mut header = [0; 16];
        let file = match File::open(&folder.published) {
            Ok(file) => file,
            Err(error) => return Self::unusable(ForeignCause::of_open_error(&error)),
        };
        let read = (&file).take(16).read(&mut header).unwrap_or_default();
        let observed = Observed {
            stamp: FileStamp::of(found),
            changed_at: found.ctime(),
            has_header: read < header.len() || header != [0; 16],
            clean,
            boot: record.map_or(Boot::Unknown, |record| record.boot_since(boot)),
            record,
        };
        classify(&observed, |position| holds_write(&folder.wal(), &file, position).unwrap_or(false))
    }
}

/// The pages of the live database that the service's file may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingPages {
    /// No pages.
    Nothing,
    /// The pages in the WAL from this position on.
    Since(Position),
    /// Any pages: the file must be compared with the live database.
    Any,
}

/// The facts about the file that are known without reading it completely.
#[derive(Clone, Copy, Debug)]
struct Observed<'o> {
    pub stamp: FileStamp,
    /// Time of the last inode change, in seconds since the epoch.
    pub changed_at: i64,
    /// False if the file begins with 16 zero bytes: the service zeroes them before it writes. True for any other file,
    /// also for one with fewer bytes.
    pub has_header: bool,
    /// The last run stopped cleanly, and the live database has not changed since.
    pub clean: bool,
    pub boot: Boot,
    pub record: Option<&'o Record>,
}

/// `holds_write` returns true if the file contains what the WAL has up to a position.
fn classify(file: &Observed<'_>, holds_write: impl Fn(Position) -> bool) -> FileState {
    let foreign = || FileState::foreign(ForeignCause::NotOurs);
    let Some(record) = file.record else { return foreign() };
    let boot = file.boot;
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
        // The folder was moved to another disk after a clean stop.
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
    // A power failure loses the last records. Each write by the service sets its mark and both times of the file at
    // once. After a tool has copied a file together with its times, the two times usually differ.
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

/// Maximum number of seconds by which the mark may be ahead of the clock. Under load, each write can add a millisecond.
const MARKER_AHEAD: i64 = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file_stamp::ExactStamp;

    const OURS: FileStamp = FileStamp { inode: 7, length: 8192, modified: (1_700_000_000, 5_123_457) };
    const THIS_BOOT: &str = "this";
    const FOREIGN: ExactStamp = ExactStamp { stamp: OURS, changed: OURS.modified };
    const POSITION: Position = Position { salt: [3; 8], frame: 12 };
    const TARGET: Position = Position { salt: [3; 8], frame: 15 };

    fn record(writing: bool) -> Record {
        let writing = writing.then_some(TARGET);
        let published = Some(PublishedRecord { stamp: OURS, position: POSITION, writing });
        Record { published, ..Record::of_boot(THIS_BOOT) }
    }

    fn observed(record: &Record) -> Observed<'_> {
        let boot = record.boot_since(THIS_BOOT);
        Observed { stamp: OURS, changed_at: 1_700_000_000, has_header: true, clean: false, boot, record: Some(record) }
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
        assert!(is_foreign(&zeros), "another file that begins with zeros is foreign");
        let cut = Record { boot: "another".into(), ..record.clone() };
        assert_eq!(
            state(&Observed { boot: Boot::Another, record: Some(&cut), ..file }),
            FileState::Torn(MissingPages::Any)
        );
    }

    #[test]
    fn a_write_that_was_complete_and_not_noted_is_verified_by_the_log() {
        let later = FileStamp { length: 4096, modified: (1_700_000_001, 9_123_457), ..OURS };
        let record = record(true);
        let file = Observed { stamp: later, ..observed(&record) };
        assert_eq!(classify(&file, |position| position == TARGET), FileState::Ours(MissingPages::Since(POSITION)));
        assert!(is_foreign(&file), "a backup that was restored with its times bears our mark too");
        let unknown = Record { boot: String::new(), ..record };
        assert!(matches!(
            classify(&Observed { boot: Boot::Unknown, record: Some(&unknown), ..file }, |_| true),
            FileState::Foreign { .. }
        ));
    }

    #[test]
    fn after_a_power_cut_only_what_we_wrote_ourselves_is_ours() {
        let cut = Record { boot: "another".into(), ..record(false) };
        let later = FileStamp { inode: 9, length: 4096, modified: (1_700_000_009, 8_123_457) };
        let file = Observed { stamp: later, changed_at: 1_700_000_009, ..observed(&cut) };
        assert_eq!(state(&file), FileState::Ours(MissingPages::Any));
        assert!(is_foreign(&Observed { changed_at: 1_700_000_600, ..file }), "a backup restored with its times");
        let unmarked = FileStamp { modified: (1_700_000_009, 1), ..later };
        assert!(is_foreign(&Observed { stamp: unmarked, ..file }), "a backup restored without its times");
        let foreign = Record { foreign: Some(FOREIGN), ..cut.clone() };
        assert!(is_foreign(&Observed { record: Some(&foreign), ..file }));
        assert!(is_foreign(&Observed { record: None, ..file }));
    }

    #[test]
    fn a_foreign_file_stays_foreign() {
        let foreign = Record { published: None, foreign: Some(FOREIGN), ..record(false) };
        assert!(is_foreign(&observed(&foreign)));
        assert!(is_foreign(&Observed { clean: true, ..observed(&foreign) }));
    }

    #[test]
    fn a_folder_that_was_moved_after_a_clean_stop_is_ours() {
        let moved = FileStamp { inode: 8, ..OURS };
        for boot in [THIS_BOOT, "another"] {
            let mut record = Record { boot: boot.into(), closed: Some(OURS), ..record(false) };
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
    fn a_file_left_by_a_kill_in_the_middle_of_an_exchange_is_ours() {
        let next = FileStamp { inode: 9, ..OURS };
        let record = Record { successor: Some(next), ..record(false) };
        assert_eq!(state(&Observed { stamp: next, ..observed(&record) }), FileState::Ours(MissingPages::Any));
    }
}
