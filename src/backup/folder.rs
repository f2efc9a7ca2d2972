//! The folder for snapshots. It may be a network mount, so this module needs only writing, reading back and a plain
//! rename.

use super::name::{Kind, SnapshotName};
use super::{Error, encryption};
use crate::config::folder_of;
use crate::domain::{Timestamp, hex};
use crate::secure_open;
use rustix::fs::{Advice, fadvise};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use tokio_util::sync::CancellationToken;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Snapshot {
    pub name: String,
    /// The occasion: `nightly`, `manual`, `pre-upgrade` or `pre-migration`.
    pub kind: Kind,
    pub created_at: Timestamp,
    pub bytes: u64,
    pub encrypted: bool,
    /// The SHA-256 of the file, in hexadecimal; null if no valid checksum is stored with it.
    pub sha256: Option<String>,
}

#[derive(Debug)]
pub(super) struct Stored {
    pub path: PathBuf,
    pub bytes: u64,
    pub sha256: String,
}

/// Newest first; empty if the folder does not exist.
pub(super) fn list(folder: &Path) -> Result<Vec<Snapshot>, Error> {
    let failed = Error::file("read", folder);
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut found: Vec<Snapshot> = Vec::new();
    for entry in entries {
        let entry = entry.map_err(Error::file("read", folder))?;
        let text = entry.file_name().to_string_lossy().into_owned();
        let Ok(name) = text.parse::<SnapshotName>() else { continue };
        let Ok(metadata) = entry.metadata() else { continue };
        if !metadata.is_file() {
            continue;
        }
        found.push(Snapshot {
            sha256: read_checksum(folder, &text),
            name: text,
            kind: name.kind,
            created_at: name.at,
            bytes: metadata.len(),
            encrypted: name.encrypted,
        });
    }
    found.sort_by(|a, b| (b.created_at, &b.name).cmp(&(a.created_at, &a.name)));
    Ok(found)
}

pub(super) fn adopt(
    work: &Path,
    folder: &Path,
    name: &SnapshotName,
    cancel_token: &CancellationToken,
) -> Result<Stored, Error> {
    let path = folder.join(name.to_string());
    let (bytes, sha256) = checksum(work, cancel_token)?;
    std::fs::rename(work, &path).map_err(Error::file("rename", &path))?;
    write_checksum(folder, name, &sha256)?;
    Ok(Stored { path, bytes, sha256 })
}

/// Writes a verified copy into the folder, encrypted if there are recipients, and reads it back from there.
pub(super) fn put(
    work: &Path,
    folder: &Path,
    name: &SnapshotName,
    recipients: &[String],
    cancel_token: &CancellationToken,
) -> Result<Stored, Error> {
    let path = folder.join(name.to_string());
    let part = folder.join(format!(".{name}.part"));
    let stored = write(work, &part, recipients, cancel_token).and_then(|(bytes, sha256)| {
        let (bytes_there, sha256_there) = checksum(&part, cancel_token)?;
        if (bytes_there, &sha256_there) != (bytes, &sha256) {
            return Err(Error::ReadBackMismatch(path.clone()));
        }
        std::fs::rename(&part, &path).map_err(Error::file("rename", &path))?;
        write_checksum(folder, name, &sha256)?;
        Ok(Stored { path: path.clone(), bytes, sha256 })
    });
    if stored.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    stored
}

fn write(
    work: &Path,
    part: &Path,
    recipients: &[String],
    cancel_token: &CancellationToken,
) -> Result<(u64, String), Error> {
    let mut from = File::open(work).map_err(Error::file("read", work))?;
    let options = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).clone();
    let to = options.open(part).map_err(Error::file("write", part))?;
    let failed = || Error::file("write", part);
    let mut out = HashingWriter { out: BufWriter::with_capacity(PIECE, to), hasher: Sha256::new(), bytes: 0 };
    if recipients.is_empty() {
        copy_until_cancelled(&mut from, &mut out, cancel_token).map_err(failed())?;
    } else {
        let mut encryptor = encryption::encrypt(recipients, &mut out)?;
        copy_until_cancelled(&mut from, &mut encryptor, cancel_token).map_err(failed())?;
        encryptor.finish().map_err(failed())?;
    }
    if cancel_token.is_cancelled() {
        return Err(Error::Stopped);
    }
    let HashingWriter { out, hasher, bytes } = out;
    let file = out.into_inner().map_err(|error| failed()(error.into_error()))?;
    file.sync_all().map_err(failed())?;
    Ok((bytes, hex(&hasher.finalize())))
}

/// Opens a snapshot without following links. The service's user can write to the folder, and root also reads in it, so
/// a link could direct root to another file.
pub(super) fn open(path: &Path) -> Result<File, Error> {
    let name = Path::new(path.file_name().unwrap_or_default());
    secure_open::open_inside(folder_of(path), name).map_err(Error::file("read", path))
}

/// Returns the length and SHA-256 of a file, if possible read from the disk and not from the page cache.
pub(super) fn checksum(path: &Path, cancel_token: &CancellationToken) -> Result<(u64, String), Error> {
    let mut file = open(path)?;
    // Reading from the page cache would not verify the disk. If the file system does not support dropping the cache,
    // the file is read through it.
    let _ = file.sync_all().map(|()| fadvise(&file, 0, None, Advice::DontNeed));
    let mut out = HashingWriter { out: io::sink(), hasher: Sha256::new(), bytes: 0 };
    copy_until_cancelled(&mut file, &mut out, cancel_token).map_err(Error::file("read", path))?;
    if cancel_token.is_cancelled() {
        return Err(Error::Stopped);
    }
    Ok((out.bytes, hex(&out.hasher.finalize())))
}

pub(super) fn remove(folder: &Path, name: &str) -> Result<(), Error> {
    let path = folder.join(name);
    std::fs::remove_file(&path).map_err(Error::file("remove", &path))?;
    let _ = std::fs::remove_file(checksum_path(folder, name));
    Ok(())
}

pub(super) fn clear_unfinished(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        let ours = name.strip_prefix('.').and_then(|name| name.strip_suffix(".part"));
        if ours.is_some_and(|name| name.parse::<SnapshotName>().is_ok()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// The format is that of `sha256sum --check`.
fn write_checksum(folder: &Path, name: &SnapshotName, sha256: &str) -> Result<(), Error> {
    let path = checksum_path(folder, &name.to_string());
    std::fs::write(&path, format!("{sha256}  {name}\n")).map_err(Error::file("write", &path))?;
    // Some network file systems do not support fsync on a folder.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

fn read_checksum(folder: &Path, name: &str) -> Option<String> {
    let path = checksum_path(folder, name);
    // The read is limited, because the file may be large.
    let mut text = String::new();
    open(&path).ok()?.take(MAX_CHECKSUM_BYTES).read_to_string(&mut text).ok()?;
    let checksum = text.split_whitespace().next()?;
    (checksum.len() == 64 && checksum.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| checksum.to_owned())
}

fn checksum_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.sha256"))
}

fn copy_until_cancelled(from: &mut impl Read, to: &mut impl Write, cancel_token: &CancellationToken) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    while !cancel_token.is_cancelled() {
        let read = match from.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        to.write_all(&piece[..read])?;
    }
    to.flush()
}

struct HashingWriter<W> {
    out: W,
    hasher: Sha256,
    bytes: u64,
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

const PIECE: usize = 1 << 20;

/// Maximum length of a checksum file: 64 characters, two spaces and a file name of at most 255 bytes.
const MAX_CHECKSUM_BYTES: u64 = 1 << 10;
