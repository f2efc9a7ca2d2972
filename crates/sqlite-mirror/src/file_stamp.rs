//! Identifies a file, or a state of a file, without reading it.

use crate::run_state::Boot;
use std::fmt;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::str::FromStr;
use std::time::UNIX_EPOCH;

/// A file's inode, length and modification time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStamp {
    /// Inode number.
    pub inode: u64,
    /// Length in bytes.
    pub length: u64,
    /// Time of the last content change: seconds and nanoseconds since the epoch.
    pub modified: (i64, i64),
}

impl FileStamp {
    /// Returns the stamp of a `stat` result.
    pub fn of(metadata: &Metadata) -> Self {
        Self { inode: metadata.ino(), length: metadata.len(), modified: (metadata.mtime(), metadata.mtime_nsec()) }
    }

    /// Returns true if `found` can be the same state of a file after a copy to another disk. A tool that preserves
    /// times keeps the length and the modification time but not the inode number, and some tools (tar) keep only whole
    /// seconds.
    pub fn is_moved_to(self, found: Self) -> bool {
        let (seconds, nanos) = found.modified;
        self.length == found.length && self.modified.0 == seconds && (self.modified.1 == nanos || nanos == 0)
    }
}

impl fmt::Display for FileStamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { inode, length, modified: (seconds, nanos) } = self;
        write!(f, "{inode} {length} {seconds} {nanos}")
    }
}

impl FromStr for FileStamp {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut words = text.split(' ');
        let mut word = || words.next().ok_or(());
        let stamp = Self {
            inode: word()?.parse().map_err(|_| ())?,
            length: word()?.parse().map_err(|_| ())?,
            modified: (word()?.parse().map_err(|_| ())?, word()?.parse().map_err(|_| ())?),
        };
        if words.next().is_none() { Ok(stamp) } else { Err(()) }
    }
}

/// A state of a file, including its permissions and names. A file that was restored with its old length and
/// modification time has another `ExactStamp`, because no system call sets the change time of an inode (`ctime`) to a
/// chosen value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExactStamp {
    /// Inode, length and modification time.
    pub stamp: FileStamp,
    /// Time of the last inode change: seconds and nanoseconds since the epoch.
    pub changed: (i64, i64),
}

impl ExactStamp {
    /// Returns the stamp of a `stat` result.
    pub fn of(metadata: &Metadata) -> Self {
        Self { stamp: FileStamp::of(metadata), changed: (metadata.ctime(), metadata.ctime_nsec()) }
    }
}

impl fmt::Display for ExactStamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stamp, changed: (seconds, nanos) } = self;
        write!(f, "{seconds} {nanos} {stamp}")
    }
}

impl FromStr for ExactStamp {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut words = text.splitn(3, ' ');
        let mut word = || words.next().ok_or(());
        let changed = (word()?.parse().map_err(|_| ())?, word()?.parse().map_err(|_| ())?);
        Ok(Self { stamp: word()?.parse()?, changed })
    }
}

/// The identity of a file, independent of its content. A copy of the file has another identity, apart from the case in
/// [`FileId::is_same_file`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileId {
    inode: u64,
    device: u64,
    /// Creation time in nanoseconds since the epoch; 0 if the file system does not record it.
    created: u128,
}

impl FileId {
    /// Returns the identity of a file from its `stat` result.
    pub fn of(metadata: &Metadata) -> Self {
        let created = metadata.created().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Self { inode: metadata.ino(), device: metadata.dev(), created: created.map_or(0, |since| since.as_nanos()) }
    }

    /// Returns true if `self`, which was recorded earlier, and `other`, which was found now, are the same file. `boot`
    /// says whether the machine has booted in between.
    ///
    /// The inode numbers must be equal, and the creation times if both are known. If one is unknown, the device numbers
    /// must be equal within one boot. They are not compared across boots, because at each boot the kernel assigns new
    /// numbers to USB disks, device-mapper volumes and network shares.
    pub fn is_same_file(self, other: Self, boot: Boot) -> bool {
        let is_same_place = if self.created != 0 && other.created != 0 {
            self.created == other.created
        } else {
            boot != Boot::Same || self.device == other.device
        };
        self.inode == other.inode && is_same_place
    }
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { inode, device, created } = self;
        write!(f, "{inode} {device} {created}")
    }
}

impl FromStr for FileId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut words = text.split(' ');
        let mut word = || words.next().ok_or(());
        let id = Self {
            inode: word()?.parse().map_err(|_| ())?,
            device: word()?.parse().map_err(|_| ())?,
            created: word()?.parse().map_err(|_| ())?,
        };
        if words.next().is_none() { Ok(id) } else { Err(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_another_file_and_a_reboot_changes_only_the_device() {
        let file = FileId { inode: 7, device: 2, created: 99 };
        let unknown = FileId { created: 0, ..file };
        for boot in [Boot::Same, Boot::Another, Boot::Unknown] {
            assert!(file.is_same_file(FileId { device: 3, ..file }, boot));
            assert!(!file.is_same_file(FileId { created: 100, ..file }, boot), "a copy with the same inode number");
            assert!(!file.is_same_file(FileId { inode: 8, ..file }, boot));
            assert!(unknown.is_same_file(unknown, boot) && unknown.is_same_file(file, boot));
            assert!(!unknown.is_same_file(FileId { inode: 8, ..unknown }, boot));
            let is_same_elsewhere = unknown.is_same_file(FileId { device: 3, ..unknown }, boot);
            assert_eq!(is_same_elsewhere, boot != Boot::Same, "device numbers change when the machine boots");
        }
        assert_eq!(file.to_string().parse(), Ok(file));
    }
}
