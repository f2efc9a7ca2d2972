//! What tells one state of a file from another without reading it.

use std::fmt;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::str::FromStr;

/// Which file it is, how long, and when it was last written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct Stamp {
    /// Inode number.
    pub inode: u64,
    /// Bytes.
    pub length: u64,
    /// Time of the last change of content: seconds and nanoseconds since the epoch.
    pub modified: (i64, i64),
}

impl Stamp {
    /// The stamp of what a `stat` said.
    pub(in crate::store) fn of(metadata: &Metadata) -> Self {
        Self { inode: metadata.ino(), length: metadata.len(), modified: (metadata.mtime(), metadata.mtime_nsec()) }
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { inode, length, modified: (seconds, nanos) } = self;
        write!(f, "{inode} {length} {seconds} {nanos}")
    }
}

impl FromStr for Stamp {
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
