//! The state that a run leaves for the next one: whether it stopped cleanly, and the identity of its files.
//!
//! The state is one small file, which a single short write replaces in place. A killed process therefore leaves either
//! the old or the new text. After a power failure the file may be outdated, and is then not trusted (see
//! [`Record::boot_since`]).

use crate::file_stamp::{ExactStamp, FileId, FileStamp};
use crate::wal::Position;
use crate::{Error, Result, fault_injection};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The state file and its content. Threads can change different fields without overwriting each other's changes.
#[derive(Debug)]
pub struct RunState {
    file: File,
    /// The first line of the file.
    title: String,
    /// The id of this boot of the machine; empty if the process cannot read it.
    boot: String,
    content: Mutex<Content>,
}

#[derive(Debug)]
struct Content {
    record: Record,
    /// True if the file has this content. Otherwise the next change writes it.
    is_written: bool,
}

/// The content of the state file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// The id of the boot to which the rest of the record belongs; empty if the process could not read it.
    pub boot: String,
    /// The identity of the live database. If another file has the name of the live database after an unclean stop, this
    /// folder is a copy.
    pub live: Option<FileId>,
    /// The live database after a clean stop; `None` during a run.
    pub closed: Option<FileStamp>,
    /// The write-ahead log after a clean stop; `None` if it was emptied.
    pub closed_log: Option<FileStamp>,
    /// The published file, if the service wrote it.
    pub published: Option<PublishedRecord>,
    /// The file that is about to get the published name.
    pub successor: Option<FileStamp>,
    /// A foreign file that was found under the published name while the service ran.
    pub foreign: Option<ExactStamp>,
    /// A published file that was last written before this time lacked acknowledged writes. [`FOREVER`] while the file
    /// still lacks some. Seconds and nanoseconds since the epoch.
    pub late_until: Option<(i64, i64)>,
    /// True if the owner wants the next start to adopt the foreign file.
    pub adopt: bool,
}

/// The published file as the service left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublishedRecord {
    /// The stamp after the service's last write.
    pub stamp: FileStamp,
    /// The file contains everything up to this position in the write-ahead log. [`Position::NOWHERE`] if that position
    /// is unknown.
    pub position: Position,
    /// The target position of a write that has started but not finished; [`Position::NOWHERE`] if the target is
    /// unknown.
    pub writing: Option<Position>,
}

/// Whether the machine has booted since a record was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boot {
    /// The machine has not booted since: the kernel still has everything that was written to the files.
    Same,
    /// The machine has booted since: any part of the last writes may be lost.
    Another,
    /// Unknown, because the process cannot read the boot id.
    Unknown,
}

impl RunState {
    /// Opens the file and reads the record of the last run. Returns no record if the file is new or unreadable, or
    /// belongs to another program or another format version. `boot` is the id of this boot of the machine, see
    /// [`boot_id`].
    pub fn open(path: &Path, program: &str, boot: &str) -> Result<(Self, Option<Record>)> {
        let failed = |source| Error::File { doing: "cannot open", path: path.to_owned(), source };
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
        let title = format!("{program} {FORMAT}");
        let left = Record::read(&file, &title);
        let record = left.clone().unwrap_or_else(|| Record::of_boot(boot));
        let content = Mutex::new(Content { record, is_written: left.is_some() });
        Ok((Self { file, title, boot: boot.to_owned(), content }, left))
    }

    /// Returns the id of this boot of the machine; empty if the process cannot read it.
    pub fn boot(&self) -> &str {
        &self.boot
    }

    /// Returns the current record, even if it could not be written.
    pub fn record(&self) -> Record {
        self.lock().record.clone()
    }

    /// Changes the record. Writes the file only if the record differs or could not be written before.
    pub fn change(&self, change: impl FnOnce(&mut Record)) -> io::Result<()> {
        let mut content = self.lock();
        let mut next = content.record.clone();
        change(&mut next);
        if content.is_written && content.record == next { Ok(()) } else { self.write(&mut content, next) }
    }

    /// Replaces the record, and writes the file even if the record is unchanged.
    pub fn replace(&self, next: &Record) -> io::Result<()> {
        self.write(&mut self.lock(), next.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, content: &mut Content, next: Record) -> io::Result<()> {
        let mut text = format!("{}\n{next}", self.title);
        *content = Content { record: next, is_written: false };
        // The text is padded to a constant length, so that it overwrites a longer previous text completely.
        while text.len() < LENGTH {
            text.push('\n');
        }
        fault_injection::inject()?;
        self.file.write_all_at(text.as_bytes(), 0)?;
        content.is_written = true;
        Ok(())
    }

    /// Syncs the file to disk.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }
}

impl Record {
    /// Creates an empty record for a boot of the machine, identified by its id.
    pub fn of_boot(boot: &str) -> Self {
        Self { boot: boot.to_owned(), ..Self::default() }
    }

    /// Returns the fields that stay valid after the publisher of a new run has inspected the files.
    #[must_use]
    pub fn of_a_new_run(&self, boot: &str) -> Self {
        Self { live: self.live, late_until: self.late_until, ..Self::of_boot(boot) }
    }

    /// Returns whether the machine has booted since the record was written. `now` is the id of this boot.
    pub fn boot_since(&self, now: &str) -> Boot {
        if self.boot.is_empty() || now.is_empty() {
            Boot::Unknown
        } else if self.boot == now {
            Boot::Same
        } else {
            Boot::Another
        }
    }

    /// Returns true if the published file with this stamp may lack writes that were acknowledged while the file was
    /// behind.
    pub fn was_behind(&self, published: FileStamp) -> bool {
        let is_incomplete = self.published.is_some_and(|ours| ours.position == Position::NOWHERE);
        is_incomplete || self.late_until.is_some_and(|until| published.modified < until)
    }

    fn read(file: &File, title: &str) -> Option<Self> {
        let mut text = [0; LENGTH];
        let length = file.read_at(&mut text, 0).ok()?;
        Self::parse(std::str::from_utf8(&text[..length]).ok()?, title)
    }

    fn parse(text: &str, title: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next() != Some(title) {
            return None;
        }
        let mut record = Self::default();
        let (mut stamp, mut position, mut writing) = (None, None, None);
        for line in lines.filter(|line| !line.is_empty()) {
            let (key, value) = line.split_once(' ')?;
            match key {
                "boot" => value.clone_into(&mut record.boot),
                "live" => record.live = Some(value.parse().ok()?),
                "closed" => record.closed = Some(value.parse().ok()?),
                "closed_log" => record.closed_log = Some(value.parse().ok()?),
                "published" => stamp = Some(value.parse().ok()?),
                "position" => position = Some(value.parse().ok()?),
                "writing" => writing = Some(value.parse().ok()?),
                "foreign" => record.foreign = Some(value.parse().ok()?),
                "late_until" => {
                    let (seconds, nanos) = value.split_once(' ')?;
                    record.late_until = Some((seconds.parse().ok()?, nanos.parse().ok()?));
                }
                "adopt" => record.adopt = value == "yes",
                "successor" => record.successor = Some(value.parse().ok()?),
                _ => return None,
            }
        }
        record.published = match (stamp, position) {
            (Some(stamp), Some(position)) => Some(PublishedRecord { stamp, position, writing }),
            _ => None,
        };
        Some(record)
    }
}

impl std::fmt::Display for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "boot {}", self.boot)?;
        if let Some(live) = &self.live {
            writeln!(f, "live {live}")?;
        }
        if let Some(stamp) = &self.closed {
            writeln!(f, "closed {stamp}")?;
        }
        if let Some(stamp) = &self.closed_log {
            writeln!(f, "closed_log {stamp}")?;
        }
        if let Some(PublishedRecord { stamp, position, writing }) = &self.published {
            writeln!(f, "published {stamp}\nposition {position}")?;
            if let Some(target) = writing {
                writeln!(f, "writing {target}")?;
            }
        }
        if let Some(stamp) = &self.foreign {
            writeln!(f, "foreign {stamp}")?;
        }
        if let Some((seconds, nanos)) = self.late_until {
            writeln!(f, "late_until {seconds} {nanos}")?;
        }
        if self.adopt {
            writeln!(f, "adopt yes")?;
        }
        if let Some(stamp) = &self.successor {
            writeln!(f, "successor {stamp}")?;
        }
        Ok(())
    }
}

/// Returns the kernel's id of this boot, without dashes. Empty if the process cannot read it, as in a systemd service
/// with `ProcSubset=pid`.
pub fn boot_id() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().replace('-', "")
}

/// If the content time and the inode time of a file differ by more than this many seconds, the file counts as copied.
pub const COPIED_AFTER: i64 = 2;

/// A time later than the modification time of any file.
pub const FOREVER: (i64, i64) = (i64::MAX, 999_999_999);

/// The format version, which follows the program's name in the first line.
const FORMAT: &str = "store 1";

const LENGTH: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        let stamp = FileStamp { inode: u64::MAX, length: u64::MAX, modified: (i64::MAX, 999_999_999) };
        let position = Position { salt: [255; 8], frame: u32::MAX };
        Record {
            published: Some(PublishedRecord { stamp, position, writing: Some(position) }),
            closed: Some(stamp),
            closed_log: Some(stamp),
            successor: Some(stamp),
            foreign: Some(ExactStamp { stamp, changed: stamp.modified }),
            live: Some("18446744073709551615 18446744073709551615 18446744073709551615999999999".parse().unwrap()),
            adopt: true,
            late_until: Some(FOREVER),
            ..Record::of_boot(&boot_id())
        }
    }

    #[test]
    fn a_record_reads_itself_back_and_fits_into_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state");
        let open = |program: &str| RunState::open(&path, program, &boot_id()).unwrap();
        let (state, none) = open("shop");
        assert_eq!(none, None);
        assert!(state.title.len() + 1 + record().to_string().len() <= LENGTH);
        state.replace(&record()).unwrap();
        assert_eq!(open("shop").1, Some(record()));
        assert_eq!(open("another").1, None);
        let shorter = Record::of_boot(&boot_id());
        state.replace(&shorter).unwrap();
        assert_eq!(open("shop").1, Some(shorter));
    }

    #[test]
    fn a_foreign_record_is_not_parsed() {
        for text in ["", "shop store 9\nboot x\n", "shop store 1\nboot\n", "shop store 1\nx y\n"] {
            assert_eq!(Record::parse(text, "shop store 1"), None, "{text:?}");
        }
    }
}
