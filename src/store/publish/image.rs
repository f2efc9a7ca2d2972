//! A file that is, or is to become, an exact copy of the live database.
//!
//! Rules: it is written only while this process holds its lease or while it has no published name; its header is zeroed
//! first and written last, so every reader rejects an interrupted write; and after another program has written to it,
//! the service never writes to it again.

use super::page_set::PageSet;
use crate::clock;
use crate::store::fault_injection;
use crate::store::file_stamp::FileStamp;
use crate::store::sys::{self, LeaseAnswer};
use std::fs::{File, FileTimes, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

/// A copy of the live database, page for page.
#[derive(Debug)]
pub(super) struct Image {
    file: File,
    /// The current name of the file.
    pub path: PathBuf,
    /// The stamp after the service's last write.
    pub stamp: FileStamp,
    /// Pages that may differ from the live database.
    pub stale: PageSet,
    /// Number of bytes allocated on the disk.
    reserved: u64,
    /// The last time that was set on it, in milliseconds.
    marked_ms: i64,
}

/// A page number and its content.
pub(super) type Page<'p> = (u32, &'p [u8]);

impl Image {
    /// Opens an existing file.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        Self::of(file, path)
    }

    /// Creates an empty image, with the permissions of `like` if that file exists. All its pages are stale.
    pub(super) fn create(path: &Path, like: &Path, page_count: u32) -> io::Result<Self> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(MODE).open(path)?;
        if let Ok(like) = std::fs::metadata(like) {
            file.set_permissions(like.permissions())?;
            // Only root may change a file's owner; otherwise it stays.
            let _ = std::os::unix::fs::fchown(&file, Some(like.uid()), Some(like.gid()));
        } else {
            file.set_permissions(std::fs::Permissions::from_mode(MODE))?;
        }
        let mut image = Self::of(file, path)?;
        image.stale = PageSet::up_to(page_count);
        Ok(image)
    }

    fn of(file: File, path: &Path) -> io::Result<Self> {
        let stamp = FileStamp::of(&file.metadata()?);
        Ok(Self { file, path: path.to_owned(), stamp, stale: PageSet::default(), reserved: stamp.length, marked_ms: 0 })
    }

    /// Requests the lease, which is held until [`Image::release_lease`] or until the image is dropped.
    pub(super) fn acquire_lease(&self) -> LeaseAnswer {
        sys::take_lease(&self.file)
    }

    /// Releases the lease: processes that wait to open the file continue.
    pub(super) fn release_lease(&self) {
        sys::release_lease(&self.file);
    }

    /// True while the lease is held and no process waits for it.
    pub(super) fn is_lease_uncontended(&self) -> bool {
        sys::is_lease_uncontended(&self.file)
    }

    /// True if another program has written to it.
    pub(super) fn is_modified(&self) -> io::Result<bool> {
        Ok(FileStamp::of(&self.file.metadata()?) != self.stamp)
    }

    /// True if the file has a second name, for example from a backup by hard links: the file must then stay as it is.
    pub(super) fn is_shared(&self) -> bool {
        self.file.metadata().is_ok_and(|found| found.nlink() > 1)
    }

    /// Reads from an offset on, as far as `out` and the file go.
    pub(super) fn read_at(&self, out: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut length = 0;
        while length < out.len() {
            match self.file.read_at(&mut out[length..], offset + length as u64) {
                Ok(0) => break,
                Ok(read) => length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(length)
    }

    /// Syncs the file to disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    /// Writes pages, lowest first. Only the last of several writes is `complete`: after it the file is a database of
    /// `page_count` pages, and no page is stale. No other process may have the file open.
    pub(super) fn write(
        &mut self,
        pages: &[Page<'_>],
        page_count: u32,
        page_size: usize,
        complete: bool,
    ) -> io::Result<()> {
        let written = self.write_pages(pages, page_count, page_size, complete);
        // Also after a failure: what was written so far was written by the service.
        let marked = self.set_marker();
        if written.is_err() || marked.is_err() {
            // How many pages were written is unknown.
            self.stale.insert_up_to(page_count);
            return written.and(marked);
        }
        if complete {
            self.stale.clear();
        } else {
            for (number, _) in pages {
                self.stale.remove(*number);
            }
        }
        Ok(())
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        fault_injection::inject()?;
        self.file.write_all_at(bytes, offset)
    }

    fn zero_header(&self) -> io::Result<()> {
        self.write_at(&[0; MAGIC.len()], 0)
    }

    fn write_pages(&mut self, pages: &[Page<'_>], page_count: u32, page_size: usize, complete: bool) -> io::Result<()> {
        let length = u64::from(page_count) * page_size as u64;
        // While the old content is still complete: without space, nothing is written.
        if length > self.reserved {
            let more = if self.stamp.length == 0 { length } else { length.next_multiple_of(RESERVE) };
            sys::reserve(&self.file, self.reserved, more - self.reserved)?;
            self.reserved = more;
        }
        self.zero_header()?;
        let (first, rest) = match pages.split_first() {
            Some((first, rest)) if first.0 == 1 => (Some(first.1), rest),
            _ => (None, pages),
        };
        for (number, content) in rest.iter().filter(|(number, _)| *number <= page_count) {
            self.write_at(content, u64::from(*number - 1) * page_size as u64)?;
        }
        let written_to = pages.last().map_or(0, |(last, _)| u64::from((*last).min(page_count)) * page_size as u64);
        if complete && self.stamp.length.max(written_to) != length {
            fault_injection::inject()?;
            self.file.set_len(length)?;
            // Setting the length releases the space allocated beyond it.
            self.reserved = self.reserved.min(length);
        }
        if let Some(first) = first {
            let mut first = first.to_vec();
            clear_wal_mode(&mut first);
            if !complete {
                first[..MAGIC.len()].fill(0);
            }
            self.write_at(&first, 0)?;
        } else if complete {
            self.write_at(MAGIC, 0)?;
        }
        Ok(())
    }

    /// Sets the service's mark in the modification time: a time that no other program would set, and a later one at
    /// each write, so that tools that compare times see a change.
    fn set_marker(&mut self) -> io::Result<()> {
        self.marked_ms = clock::now().as_millis().max(self.marked_ms + 1);
        let since_epoch = Duration::from_millis(u64::try_from(self.marked_ms).unwrap_or_default()) + MARKER;
        let times = FileTimes::new().set_modified(UNIX_EPOCH + since_epoch);
        let marked = fault_injection::inject().and_then(|()| self.file.set_times(times));
        self.stamp = FileStamp::of(&self.file.metadata()?);
        marked
    }
}

/// Sets the only difference between a live database and its copy: the read and write version in the first page, which
/// say whether there is a log beside it.
pub(in crate::store) fn clear_wal_mode(first_page: &mut [u8]) {
    first_page[18..20].copy_from_slice(&[1, 1]);
}

/// True if the service wrote the file last.
pub(super) fn has_marker(stamp: &FileStamp) -> bool {
    stamp.modified.1 % 1_000_000 == i64::from(MARKER.subsec_nanos())
}

/// The first bytes of every SQLite database.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const MARKER: Duration = Duration::from_nanos(123_457);
const MODE: u32 = 0o640;
/// Disk space is allocated in multiples of this.
const RESERVE: u64 = 1 << 20;
