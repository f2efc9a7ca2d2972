//! A file that is, or is to become, an exact copy of the live database.
//!
//! Rules: the publisher writes the file only while this process holds its lease or while the file does not have the
//! published name. The header is zeroed first and written last, so every reader rejects an interrupted write. After
//! another program has written to the file, the publisher does not write to it again.

use super::error::PublishError;
use super::page_set::PageSet;
use super::source::Snapshot;
use crate::clock;
use crate::fault_injection;
use crate::file_stamp::FileStamp;
use crate::sys::{self, LeaseAnswer};
use std::fs::{File, FileTimes, OpenOptions, Permissions};
use std::io;
use std::ops::RangeInclusive;
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
    /// Pages that may differ from the live database, apart from those of pending commits.
    pub stale: PageSet,
    /// Number of bytes allocated on the disk.
    reserved: u64,
    /// The modification time that was last set on the file, in milliseconds since the epoch.
    marked_ms: i64,
    /// True if the service's user may write to the file.
    is_writable: bool,
}

/// A page number and its content.
pub(super) type Page<'p> = (u32, &'p [u8]);

impl Image {
    /// Opens an existing file. A file that the service's user can only read (for example because root restored a
    /// backup) is opened for reading. Such a file cannot be leased, so the publisher replaces it with its own file.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        match OpenOptions::new().read(true).write(true).open(path) {
            Ok(file) => Self::of(file, path),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                let image = Self::of(File::open(path)?, path)?;
                Ok(Self { is_writable: false, ..image })
            }
            Err(error) => Err(error),
        }
    }

    /// Creates an empty image. If the file `like` exists, the image gets its permissions and, if the system allows
    /// that, its owner. All pages of the image are stale.
    pub(super) fn create(path: &Path, like: &Path, page_count: u32) -> io::Result<Self> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(MODE).open(path)?;
        if let Ok(like) = std::fs::metadata(like) {
            file.set_permissions(sys::owner_writable(like.mode()))?;
            // Only root may change a file's owner. If the change fails, the owner stays.
            let _ = std::os::unix::fs::fchown(&file, Some(like.uid()), Some(like.gid()));
        } else {
            file.set_permissions(Permissions::from_mode(MODE))?;
        }
        let mut image = Self::of(file, path)?;
        image.stale = PageSet::up_to(page_count);
        Ok(image)
    }

    fn of(file: File, path: &Path) -> io::Result<Self> {
        let stamp = FileStamp::of(&file.metadata()?);
        Ok(Self {
            file,
            path: path.to_owned(),
            stamp,
            stale: PageSet::default(),
            reserved: stamp.length,
            marked_ms: 0,
            is_writable: true,
        })
    }

    /// Requests the lease, which lasts until [`Image::release_lease`] or until the image is dropped.
    pub(super) fn acquire_lease(&self) -> LeaseAnswer {
        if self.is_writable { sys::take_lease(&self.file) } else { LeaseAnswer::Denied }
    }

    pub(super) fn release_lease(&self) {
        sys::release_lease(&self.file);
    }

    pub(super) fn is_lease_uncontended(&self) -> bool {
        sys::is_lease_uncontended(&self.file)
    }

    /// Returns true if another program has written to the file.
    pub(super) fn is_modified(&self) -> io::Result<bool> {
        Ok(FileStamp::of(&self.file.metadata()?) != self.stamp)
    }

    /// Returns true if the file has a second name, for example because a backup program made a hard link. Such a file
    /// must stay unchanged.
    pub(super) fn is_shared(&self) -> bool {
        self.file.metadata().is_ok_and(|found| found.nlink() > 1)
    }

    /// Reads from an offset on until `out` is full or the file ends. Returns the number of bytes.
    fn read_at(&self, out: &mut [u8], offset: u64) -> io::Result<usize> {
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

    /// Returns those of `pages` in which the file differs from a snapshot of the live database.
    pub(super) fn differing(
        &self,
        snapshot: &Snapshot<'_>,
        pages: RangeInclusive<u32>,
        page_size: usize,
    ) -> Result<Vec<u32>, PublishError> {
        let (first, count) = (*pages.start(), pages.clone().count());
        let mut theirs = vec![0; count * page_size];
        let offset = u64::from(first - 1) * page_size as u64;
        self.read_at(&mut theirs, offset).map_err(PublishError::file("read the published file"))?;
        let (mut ours, mut differing) = (Vec::with_capacity(page_size), Vec::new());
        for (page, theirs) in pages.zip(theirs.chunks_exact(page_size)) {
            ours.clear();
            snapshot.read(page, &mut ours)?;
            if page == 1 {
                clear_wal_mode(&mut ours);
            }
            if ours != theirs {
                differing.push(page);
            }
        }
        Ok(differing)
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    /// Writes pages in ascending order. If this function is called several times to write one state, only the last call
    /// is `complete`: after that call the file is a database of `page_count` pages, and no page is stale. No other
    /// process may have the file open.
    pub(super) fn write(
        &mut self,
        pages: &[Page<'_>],
        page_count: u32,
        page_size: usize,
        complete: bool,
    ) -> io::Result<()> {
        let written = self.write_pages(pages, page_count, page_size, complete);
        // The mark is set even after a failure, because the service wrote the bytes that were written.
        let marked = self.set_marker();
        if written.is_err() || marked.is_err() {
            // It is unknown how many pages were written.
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

    /// Writes page content. Sets `is_changed` to true as soon as the first byte is written, even if the write then
    /// fails.
    fn overwrite(&self, content: &[u8], offset: u64, is_changed: &mut bool) -> io::Result<()> {
        fault_injection::inject()?;
        let written = loop {
            match self.file.write_at(content, offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                outcome => break outcome?,
            }
        };
        *is_changed |= written > 0;
        self.file.write_all_at(&content[written..], offset + written as u64)
    }

    /// Zeroes the header, so that SQLite rejects the file. A program that only copies the bytes does not notice it.
    /// Returns the previous header.
    fn zero_header(&self) -> io::Result<[u8; MAGIC.len()]> {
        let mut header = [0; MAGIC.len()];
        self.read_at(&mut header, 0)?;
        self.write_at(&[0; MAGIC.len()], 0)?;
        Ok(header)
    }

    fn write_pages(&mut self, pages: &[Page<'_>], page_count: u32, page_size: usize, complete: bool) -> io::Result<()> {
        let length = u64::from(page_count) * page_size as u64;
        // Space is allocated while the old content is still complete: if the disk lacks space, nothing is written.
        if length > self.reserved {
            let more = if self.stamp.length == 0 { length } else { length.next_multiple_of(RESERVE) };
            sys::reserve(&self.file, self.reserved, more - self.reserved)?;
            self.reserved = more;
        }
        let header = self.zero_header()?;
        let mut is_changed = false;
        let written = self.replace_pages(pages, length, page_size, complete, &mut is_changed);
        if written.is_err() && !is_changed {
            // A copy-on-write file system or a quota may reject even the first page. The old content is then complete,
            // and restoring its header makes the file readable again.
            self.write_at(&header, 0)?;
        }
        written
    }

    fn replace_pages(
        &mut self,
        pages: &[Page<'_>],
        length: u64,
        page_size: usize,
        complete: bool,
        is_changed: &mut bool,
    ) -> io::Result<()> {
        let (first, rest) = match pages.split_first() {
            Some((first, rest)) if first.0 == 1 => (Some(first.1), rest),
            _ => (None, pages),
        };
        let offset_of = |number: u32| u64::from(number - 1) * page_size as u64;
        for (number, content) in rest.iter().filter(|(number, _)| offset_of(*number) < length) {
            self.overwrite(content, offset_of(*number), is_changed)?;
        }
        let written_to = pages.last().map_or(0, |(last, _)| length.min(offset_of(*last) + page_size as u64));
        if complete && self.stamp.length.max(written_to) != length {
            fault_injection::inject()?;
            self.file.set_len(length)?;
            *is_changed = true;
            // Setting the length releases the space allocated beyond it.
            self.reserved = self.reserved.min(length);
        }
        if let Some(first) = first {
            let mut first = first.to_vec();
            clear_wal_mode(&mut first);
            if !complete {
                first[..MAGIC.len()].fill(0);
            }
            self.overwrite(&first, 0, is_changed)?;
        } else if complete {
            self.write_at(MAGIC, 0)?;
        }
        Ok(())
    }

    /// Sets the service's mark in the modification time: a number of nanoseconds that another program is unlikely to
    /// set. Each write sets a later time, so that tools that compare times detect the change.
    fn set_marker(&mut self) -> io::Result<()> {
        self.marked_ms = clock::now_ms().max(self.marked_ms + 1);
        let since_epoch = Duration::from_millis(u64::try_from(self.marked_ms).unwrap_or_default()) + MARKER;
        let times = FileTimes::new().set_modified(UNIX_EPOCH + since_epoch);
        let marked = fault_injection::inject().and_then(|()| self.file.set_times(times));
        self.stamp = FileStamp::of(&self.file.metadata()?);
        marked
    }
}

/// Sets the two header bytes in the first page that select WAL mode, the read version and the write version, to 1 (no
/// WAL). They are the only difference between a live database and its copy.
pub fn clear_wal_mode(first_page: &mut [u8]) {
    first_page[18..20].copy_from_slice(&[1, 1]);
}

/// Returns true if the modification time has the service's mark.
pub(super) fn has_marker(stamp: &FileStamp) -> bool {
    stamp.modified.1 % 1_000_000 == i64::from(MARKER.subsec_nanos())
}

/// The first bytes of every SQLite database.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const MARKER: Duration = Duration::from_nanos(123_457);
const MODE: u32 = 0o640;
/// When a file grows, disk space is allocated for it in multiples of this many bytes.
const RESERVE: u64 = 1 << 20;
