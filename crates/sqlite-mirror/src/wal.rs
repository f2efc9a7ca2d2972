//! Reads the changes of a commit from the write-ahead log (WAL), directly after the commit.
//!
//! The formats are SQLite's: <https://sqlite.org/fileformat2.html#walformat> and <https://sqlite.org/walformat.html>.
//! The thread that commits also reads, so no frame can be overwritten before it has been read. The change counter of
//! the index shows whether another program has committed in between.
//!
//! The two descriptors in [`WalFiles`] must stay open longer than every connection to the database: closing any
//! descriptor of `-shm` releases the locks that SQLite holds on that file in this process.

use crate::event::{Event, Observer};
use crate::folder::Folder;
use crate::publish::clear_wal_mode;
use rustix::process::{Flock, FlockOffsetType, FlockType, Pid, fcntl_getlk};
use std::collections::BTreeSet;
use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

/// A position in the write-ahead log. The position stands for all frames before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// A value that SQLite changes each time the WAL restarts.
    pub salt: [u8; 8],
    /// Number of frames since the start of the WAL.
    pub frame: u32,
}

impl Position {
    /// An invalid position, from which no read can continue.
    pub const NOWHERE: Self = Self { salt: [255; 8], frame: u32::MAX };
}

#[derive(Debug)]
pub(crate) struct Delta {
    pub changes: Changes,
    /// The length of the database after the commit, in pages.
    pub page_count: u32,
    /// The end of the WAL after the commit.
    pub position: Position,
    /// The change counter of the WAL's index after the commit.
    pub change: u32,
}

#[derive(Debug)]
pub(crate) enum Changes {
    Content(Content),
    /// Only the page numbers, because the content is too large.
    Numbers(Vec<u32>),
    /// Any page may have changed: another program has written, the WAL could not be read, or the queue dropped the
    /// changes.
    Unknown,
}

impl Changes {
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Content(content) => content.numbers.len() * content.page_size,
            Self::Numbers(_) | Self::Unknown => 0,
        }
    }
}

/// The content of changed pages, as the frames of the WAL that contain them.
#[derive(Debug, Default)]
pub(crate) struct Content {
    /// The frames, each with its header and page. Further bytes may follow the last frame.
    frames: Vec<u8>,
    /// The page number of each frame.
    numbers: Vec<u32>,
    page_size: usize,
}

/// The open files of the WAL and of its index.
#[derive(Clone, Debug)]
pub struct WalFiles {
    log: Arc<File>,
    index: Arc<File>,
}

/// The end of the WAL, as recorded in its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub position: Position,
    /// Incremented by each commit.
    pub change: u32,
    pub page_count: u32,
}

#[derive(Debug)]
pub(crate) struct WalReader {
    files: WalFiles,
    page_size: usize,
    at: Header,
    observer: Observer,
}

impl WalFiles {
    /// Opens the WAL and its index. These two files exist only after a connection has read from the database.
    pub fn open(folder: &Folder) -> io::Result<Self> {
        Ok(Self { log: Arc::new(File::open(folder.wal())?), index: Arc::new(File::open(folder.wal_index())?) })
    }

    /// Returns the id of another process that has a read transaction; `None` if there is none or the query fails. Such
    /// a process holds a POSIX lock on one of the index bytes that SQLite calls `WAL_READ_LOCK`
    /// (<https://sqlite.org/walformat.html>, "WAL locks").
    pub fn reader(&self) -> Option<i32> {
        let wanted = Flock {
            start: FIRST_READ_LOCK,
            length: READ_LOCKS,
            pid: None,
            typ: FlockType::WriteLock,
            offset_type: FlockOffsetType::Set,
        };
        // F_GETLK only reports the conflicting lock and acquires none.
        fcntl_getlk(&*self.index, &wanted).ok()??.pid.map(Pid::as_raw_pid)
    }

    /// Returns the current end of the WAL.
    pub(crate) fn header(&self) -> io::Result<Header> {
        let mut both = [0; 2 * HEADER];
        for _ in 0..1000 {
            self.index.read_exact_at(&mut both, 0)?;
            let (first, second) = both.split_at(HEADER);
            if first == second && first[12] == 1 {
                return Header::parse(first);
            }
            // Another thread or process has written only one of the two copies of the header so far.
            std::thread::yield_now();
        }
        Err(io::Error::new(io::ErrorKind::InvalidData, "the log's index has two different headers"))
    }

    fn frame_header(&self, frame: u32, page_size: usize) -> io::Result<FrameHeader> {
        let mut bytes = [0; FRAME_HEADER];
        self.log.read_exact_at(&mut bytes, offset(frame, page_size))?;
        Ok(FrameHeader::parse(&bytes))
    }

    /// Returns the pages in the frames from `from` to the end of the WAL; `None` if the WAL has restarted since.
    pub(crate) fn pages_since(&self, from: Position, page_size: usize) -> io::Result<Option<Vec<u32>>> {
        let to = self.header()?.position;
        // An empty WAL has no salt yet, so it cannot be distinguished from another empty WAL.
        if to.salt != from.salt || to.frame < from.frame || from.salt == [0; 8] {
            return Ok(None);
        }
        let mut pages = Vec::new();
        for frame in from.frame..to.frame {
            let header = self.frame_header(frame, page_size)?;
            if header.salt != to.salt {
                return Ok(None);
            }
            pages.push(header.page);
        }
        Ok(Some(pages))
    }
}

/// Returns true if a file contains the pages of the last frames up to a position in the WAL. Only a file that was
/// written from that WAL contains them. The WAL is read as a plain file, so no connection of this process may have it
/// open.
pub fn holds_write(log: &Path, file: &File, to: Position) -> io::Result<bool> {
    if to.frame == 0 || to == Position::NOWHERE {
        return Ok(false);
    }
    let log = File::open(log)?;
    let mut page_size = [0; 4];
    log.read_exact_at(&mut page_size, 8)?;
    let page_size = u32::from_be_bytes(page_size) as usize;
    if !(512..=65536).contains(&page_size) {
        return Ok(false);
    }
    let file_length = file.metadata()?.len();
    let mut frame = vec![0; FRAME_HEADER + page_size];
    let mut seen = BTreeSet::new();
    let mut length = None;
    for number in (to.frame.saturating_sub(EVIDENCE)..to.frame).rev() {
        log.read_exact_at(&mut frame, offset(number, page_size))?;
        let (header, ours) = frame.split_at_mut(FRAME_HEADER);
        let header = FrameHeader::parse(header);
        let pages = *length.get_or_insert(header.pages_after);
        if header.salt != to.salt || file_length != u64::from(pages) * page_size as u64 {
            return Ok(false);
        }
        // In reverse order, the first frame of a page is its newest. A page beyond the end of the database is not in
        // the file.
        if header.page == 0 || header.page > pages || !seen.insert(header.page) {
            continue;
        }
        let mut theirs = vec![0; page_size];
        file.read_exact_at(&mut theirs, u64::from(header.page - 1) * page_size as u64)?;
        if header.page == 1 {
            clear_wal_mode(ours);
        }
        if theirs != ours {
            return Ok(false);
        }
    }
    Ok(true)
}

impl WalReader {
    /// Creates a reader that starts after everything that is in the WAL now.
    pub(crate) fn new(files: WalFiles, page_size: usize, observer: Observer) -> io::Result<Self> {
        let at = files.header()?;
        Ok(Self { files, page_size, at, observer })
    }

    pub(crate) fn at(&self) -> Header {
        self.at
    }

    /// Returns the changes since the last read; `None` if nothing has changed. `buffer` is reused for the content.
    pub(crate) fn read(&mut self, buffer: Vec<u8>) -> Option<Delta> {
        match self.files.header() {
            Ok(now) => self.read_up_to(now, buffer),
            Err(error) => {
                self.observer.report(&Event::LogUnreadable { is_index: true, error: &error });
                let Header { position, change, page_count } = self.at;
                Some(Delta { changes: Changes::Unknown, page_count, position, change })
            }
        }
    }

    /// Returns the changes since the last read up to `now`, an end of the WAL that the caller has read.
    pub(crate) fn read_up_to(&mut self, now: Header, buffer: Vec<u8>) -> Option<Delta> {
        let before = std::mem::replace(&mut self.at, now);
        if now == before {
            return None;
        }
        let changes = self.changes(before, now, buffer).unwrap_or_else(|error| {
            self.observer.report(&Event::LogUnreadable { is_index: false, error: &error });
            Changes::Unknown
        });
        Some(Delta { changes, page_count: now.page_count, position: now.position, change: now.change })
    }

    fn changes(&self, before: Header, now: Header, buffer: Vec<u8>) -> io::Result<Changes> {
        let restarted = now.position.salt != before.position.salt;
        let first = if restarted { 0 } else { before.position.frame };
        if now.position.frame < first {
            return Ok(Changes::Unknown);
        }
        let frames = now.position.frame - first;
        let read = if frames as usize * (FRAME_HEADER + self.page_size) <= MAX_CONTENT {
            self.with_content(first, frames, buffer)?
        } else {
            self.numbers_only(first, frames)?
        };
        // Each commit increments the counter by one. A larger difference means that the WAL does not have all of these
        // commits any more.
        let seen_all = before.change.wrapping_add(read.commits) == now.change;
        Ok(if seen_all && read.salt_holds(now.position.salt) { read.changes } else { Changes::Unknown })
    }

    fn with_content(&self, first: u32, count: u32, mut buffer: Vec<u8>) -> io::Result<Frames> {
        let size = FRAME_HEADER + self.page_size;
        let length = count as usize * size;
        if buffer.len() < length {
            buffer.resize(length, 0);
        }
        self.files.log.read_exact_at(&mut buffer[..length], offset(first, self.page_size))?;
        let mut frames = Frames::default();
        let mut numbers = Vec::with_capacity(count as usize);
        for frame in buffer[..length].chunks_exact(size) {
            numbers.push(frames.add(&FrameHeader::parse(frame)));
        }
        frames.changes = Changes::Content(Content { frames: buffer, numbers, page_size: self.page_size });
        Ok(frames)
    }

    fn numbers_only(&self, first: u32, count: u32) -> io::Result<Frames> {
        let mut frames = Frames::default();
        let mut numbers = Vec::with_capacity(count as usize);
        for frame in first..first + count {
            numbers.push(frames.add(&self.files.frame_header(frame, self.page_size)?));
        }
        frames.changes = Changes::Numbers(numbers);
        Ok(frames)
    }
}

impl Content {
    /// Returns each page and its content, in WAL order. If a page occurs several times, its last content is valid.
    pub(crate) fn pages(&self) -> impl Iterator<Item = (u32, &[u8])> {
        let frames = self.frames.chunks_exact(FRAME_HEADER + self.page_size);
        self.numbers.iter().zip(frames).map(|(number, frame)| (*number, &frame[FRAME_HEADER..]))
    }

    pub(crate) fn numbers(&self) -> &[u32] {
        &self.numbers
    }

    pub(crate) fn into_buffer(self) -> Vec<u8> {
        self.frames
    }
}

#[derive(Debug)]
struct Frames {
    changes: Changes,
    commits: u32,
    salts: Option<[u8; 8]>,
    mixed: bool,
}

impl Default for Frames {
    fn default() -> Self {
        Self { changes: Changes::Unknown, commits: 0, salts: None, mixed: false }
    }
}

impl Frames {
    fn add(&mut self, header: &FrameHeader) -> u32 {
        self.commits += u32::from(header.pages_after != 0);
        self.mixed |= self.salts.is_some_and(|salt| salt != header.salt);
        self.salts = Some(header.salt);
        header.page
    }

    fn salt_holds(&self, salt: [u8; 8]) -> bool {
        !self.mixed && self.salts.is_none_or(|seen| seen == salt)
    }
}

#[derive(Debug)]
struct FrameHeader {
    page: u32,
    /// The length of the database in pages, in the last frame of a commit. 0 in any other frame.
    pages_after: u32,
    salt: [u8; 8],
}

impl FrameHeader {
    fn parse(bytes: &[u8]) -> Self {
        let mut salt = [0; 8];
        salt.copy_from_slice(&bytes[8..16]);
        let number = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        Self { page: number(0), pages_after: number(4), salt }
    }
}

impl Header {
    /// Parses the header. The index is in the machine's byte order, except for the salt, which is stored as in the WAL.
    fn parse(bytes: &[u8]) -> io::Result<Self> {
        let number = |at: usize| u32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        if number(0) != INDEX_VERSION {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "unknown version of the log's index"));
        }
        let mut salt = [0; 8];
        salt.copy_from_slice(&bytes[32..40]);
        Ok(Self { position: Position { salt, frame: number(16) }, change: number(8), page_count: number(20) })
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x} {}", u64::from_be_bytes(self.salt), self.frame)
    }
}

impl FromStr for Position {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (salt, frame) = text.split_once(' ').ok_or(())?;
        let salt = u64::from_str_radix(salt, 16).map_err(|_| ())?.to_be_bytes();
        Ok(Self { salt, frame: frame.parse().map_err(|_| ())? })
    }
}

fn offset(frame: u32, page_size: usize) -> u64 {
    LOG_HEADER + u64::from(frame) * (FRAME_HEADER + page_size) as u64
}

/// Length of the WAL's header, in bytes.
const LOG_HEADER: u64 = 32;
const FRAME_HEADER: usize = 24;
/// This many frames are enough to show from which WAL a file was written.
const EVIDENCE: u32 = 64;
/// Length of one copy of the index's header. A second copy follows.
const HEADER: usize = 48;
const FIRST_READ_LOCK: u64 = 123;
const READ_LOCKS: u64 = 5;
const INDEX_VERSION: u32 = 3_007_000;
/// For a commit with more bytes than this, only the page numbers are kept.
const MAX_CONTENT: usize = 8 << 20;
