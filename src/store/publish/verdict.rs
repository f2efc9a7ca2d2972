//! Whose the published file is that lies there at the start, and how much of it can be trusted.

use super::image::bears_our_mark;
use super::wal::Position;
use crate::store::run_state::Record;
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
    /// The last run ended cleanly, and nobody has changed the live database since.
    pub clean: bool,
    /// What the last run left.
    pub record: Option<&'f Record>,
    /// The live database has just been made from it.
    pub adopted: bool,
}

/// Judges without reading the file.
pub(super) fn judge(found: &Found<'_>) -> Verdict {
    let Some(stamp) = found.stamp else { return Verdict::Missing };
    if found.adopted {
        return Verdict::Unsure;
    }
    // Cut off while it was written, or between that and the note of it.
    let cut_off = !found.has_header || bears_our_mark(&stamp);
    let Some(record) = found.record else {
        return if cut_off { Verdict::Unsure } else { Verdict::Foreign };
    };
    let same_boot = record.is_of_this_boot();
    let known = record.published;
    if let Some(published) = known.filter(|published| published.stamp == stamp) {
        return match (found.clean, same_boot, published.writing) {
            (true, _, false) => Verdict::Exact,
            // What the kernel holds of both files is what was written.
            (_, true, _) => Verdict::UpTo(published.position),
            (_, false, _) => Verdict::Unsure,
        };
    }
    if record.successor == Some(stamp) {
        return Verdict::Unsure;
    }
    let same_file = known.is_some_and(|published| published.stamp.inode == stamp.inode);
    let writing = known.is_some_and(|published| published.writing);
    match known {
        // Killed in the middle of a write.
        Some(published) if same_boot && same_file && writing && cut_off => Verdict::UpTo(published.position),
        // After a power cut our own notes may be older than the file.
        _ if !same_boot && record.closed.is_none() && cut_off => Verdict::Unsure,
        _ => Verdict::Foreign,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::run_state::PublishedRecord;

    const OURS: Stamp = Stamp { inode: 7, length: 8192, modified: (1_700_000_000, 5_123_457) };
    const POSITION: Position = Position { salt: [3; 8], frame: 12 };

    fn record(writing: bool) -> Record {
        let published = Some(PublishedRecord { stamp: OURS, position: POSITION, writing });
        Record { published, ..Record::of_this_boot() }
    }

    fn found(record: &Record) -> Found<'_> {
        Found { stamp: Some(OURS), has_header: true, clean: false, record: Some(record), adopted: false }
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
    }

    #[test]
    fn after_a_power_cut_everything_is_compared() {
        let cut = Record { boot: "another".into(), ..record(false) };
        assert_eq!(judge(&found(&cut)), Verdict::Unsure);
        let other_inode = Stamp { inode: 8, ..OURS };
        assert_eq!(judge(&Found { stamp: Some(other_inode), ..found(&cut) }), Verdict::Unsure);
        assert_eq!(judge(&Found { record: None, ..found(&cut) }), Verdict::Unsure);
    }

    #[test]
    fn a_file_that_somebody_put_there_is_left_alone() {
        let record = record(false);
        for stamp in [
            Stamp { inode: 8, ..OURS },
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
        let record = record(false);
        assert_eq!(judge(&Found { stamp: Some(theirs), adopted: true, ..found(&record) }), Verdict::Unsure);
        assert_eq!(judge(&Found { stamp: None, ..found(&record) }), Verdict::Missing);
    }
}
