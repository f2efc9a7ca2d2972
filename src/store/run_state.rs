//! What a run leaves for the next one: whether it ended cleanly, and which published file is ours.
//!
//! One small file that is rewritten in place by a single short write, so a killed process leaves the old or the new
//! text. After a power cut it may be older than it says; nothing is trusted then (see [`Record::boot`]).

use super::mishap;
use super::publish::Position;
use super::stamp::Stamp;
use super::{Error, Result};
use crate::clock;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

/// The file.
#[derive(Debug)]
pub(in crate::store) struct RunState {
    file: File,
}

/// What it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::store) struct Record {
    /// The boot of the machine in which it was written: file contents of another boot may have been lost on the way.
    pub boot: String,
    /// The live database as it was left by a clean stop; none while a run goes on.
    pub closed: Option<Stamp>,
    /// The published file, if there is one that is ours.
    pub published: Option<PublishedRecord>,
    /// The file that is about to get its name.
    pub successor: Option<Stamp>,
    /// The name was given up to a file of somebody else.
    pub foreign: bool,
}

/// The published file as we left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct PublishedRecord {
    /// The file after our last write.
    pub stamp: Stamp,
    /// How far in the write-ahead log its content is.
    pub position: Position,
    /// How far in the log the content of a write is that has begun and not ended.
    pub writing: Option<Position>,
}

impl RunState {
    /// Opens the file, and reads what the last run left. Nothing readable counts as nothing left.
    pub(in crate::store) fn open(path: &Path) -> Result<(Self, Option<Record>)> {
        let failed = |source| Error::File { doing: "cannot open", path: path.to_owned(), source };
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
        let state = Self { file };
        let record = state.parse();
        Ok((state, record))
    }

    /// What it says now.
    pub(in crate::store) fn read(&self) -> Record {
        self.parse().unwrap_or_else(Record::of_this_boot)
    }

    fn parse(&self) -> Option<Record> {
        let mut text = [0; LENGTH];
        let length = self.file.read_at(&mut text, 0).ok()?;
        Record::parse(std::str::from_utf8(&text[..length]).ok()?)
    }

    /// Replaces what it says.
    pub(in crate::store) fn write(&self, record: &Record) -> io::Result<()> {
        let mut text = record.to_string();
        // Always the same length, so that no rest of a longer text stays behind.
        while text.len() < LENGTH {
            text.push('\n');
        }
        mishap::may_happen()?;
        self.file.write_all_at(text.as_bytes(), 0)
    }

    /// Puts it on disk.
    pub(in crate::store) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }
}

impl Record {
    /// A record of this boot.
    pub(in crate::store) fn of_this_boot() -> Self {
        Self { boot: boot_id(), ..Self::default() }
    }

    /// Written since the machine started: what the kernel holds of the files is what was written.
    pub(in crate::store) fn is_of_this_boot(&self) -> bool {
        !self.boot.is_empty() && self.boot == boot_id()
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next() != Some(TITLE) {
            return None;
        }
        let mut record = Self::default();
        let (mut stamp, mut position, mut writing) = (None, None, None);
        for line in lines.filter(|line| !line.is_empty()) {
            let (key, value) = line.split_once(' ')?;
            match key {
                "boot" => value.clone_into(&mut record.boot),
                "closed" => record.closed = Some(value.parse().ok()?),
                "published" => stamp = Some(value.parse().ok()?),
                "position" => position = Some(value.parse().ok()?),
                "writing" => writing = Some(value.parse().ok()?),
                "foreign" => record.foreign = value == "yes",
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
        writeln!(f, "{TITLE}\nboot {}", self.boot)?;
        if let Some(stamp) = &self.closed {
            writeln!(f, "closed {stamp}")?;
        }
        if let Some(PublishedRecord { stamp, position, writing }) = &self.published {
            writeln!(f, "published {stamp}\nposition {position}")?;
            if let Some(target) = writing {
                writeln!(f, "writing {target}")?;
            }
        }
        if self.foreign {
            writeln!(f, "foreign yes")?;
        }
        if let Some(stamp) = &self.successor {
            writeln!(f, "successor {stamp}")?;
        }
        Ok(())
    }
}

/// True if nothing about a file, not even its name or its permissions, has changed since the machine started.
pub(in crate::store) fn untouched_since_boot(file: &Metadata) -> bool {
    // A clock that was set back at the start makes what was before look as if it was yet to come.
    booted_at().is_some_and(|start| file.ctime() < start || file.ctime() > clock::now().as_secs())
}

/// When the machine started, in seconds since the epoch, by the clock as it goes now.
fn booted_at() -> Option<i64> {
    if let Some(pretended) = mishap::boot() {
        return Some(pretended);
    }
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

fn boot_id() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}

const TITLE: &str = "agentlocator store 1";

const LENGTH: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        let stamp = Stamp { inode: u64::MAX, length: u64::MAX, modified: (i64::MAX, 999_999_999) };
        let position = Position { salt: [255; 8], frame: u32::MAX };
        Record {
            published: Some(PublishedRecord { stamp, position, writing: Some(position) }),
            closed: Some(stamp),
            successor: Some(stamp),
            foreign: true,
            ..Record::of_this_boot()
        }
    }

    #[test]
    fn it_reads_itself_back_and_fits() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state");
        let (state, none) = RunState::open(&path).unwrap();
        assert_eq!(none, None);
        assert!(record().to_string().len() <= LENGTH);
        state.write(&record()).unwrap();
        assert_eq!(RunState::open(&path).unwrap().1, Some(record()));
        let shorter = Record::of_this_boot();
        state.write(&shorter).unwrap();
        assert_eq!(RunState::open(&path).unwrap().1, Some(shorter));
    }

    #[test]
    fn what_is_not_ours_says_nothing() {
        for text in
            ["", "agentlocator store 9\nboot x\n", "agentlocator store 1\nboot\n", "agentlocator store 1\nx y\n"]
        {
            assert_eq!(Record::parse(text), None, "{text:?}");
        }
    }
}
