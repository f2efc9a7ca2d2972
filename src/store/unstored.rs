//! Records that could not be stored in the database, usually because the disk was full. A small file keeps them across
//! a restart. The file is written in place: its space was allocated while the disk had free space.

use super::folder::Folder;
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The file is next to the live database, so copies of the database do not contain the records.
pub struct UnstoredRecords {
    /// Locked while the file is written.
    slots: Mutex<Slots>,
    /// For readers that must not wait for the disk.
    keys: Mutex<BTreeSet<String>>,
}

struct Slots {
    /// `None` if the file could not be opened or created, for example because the disk is full.
    file: Option<File>,
    /// The key of the record in each slot; `None` for a free slot.
    keys: Vec<Option<String>>,
}

impl UnstoredRecords {
    /// Creates the file if it is missing and the disk has space.
    pub(in crate::store) fn open(folder: &Folder) -> Self {
        let slots = open(folder).unwrap_or_else(|error| {
            tracing::warn!(event = "STORE_UNSTORED_FILE_FAILED", %error, "Cannot open or create live/unstored, the file that keeps the ends of calls which the database cannot store; until the next start of the daemon, they are kept in memory only, and lost if the daemon stops");
            Slots { file: None, keys: Vec::new() }
        });
        let keys = slots.keys.iter().flatten().cloned().collect();
        Self { slots: Mutex::new(slots), keys: Mutex::new(keys) }
    }

    /// Replaces an earlier record with the same key. The key must not contain a space, and the record must not contain
    /// a line break. Fails if the record is too long for a slot, if no slot is free, or if the file could not be
    /// opened.
    pub fn put(&self, key: &str, record: &str) -> io::Result<()> {
        self.lock().put(key, record)?;
        self.keys().insert(key.to_owned());
        Ok(())
    }

    /// Like [`Self::put`], but has no effect if a record with this key exists.
    pub fn put_first(&self, key: &str, record: &str) -> io::Result<()> {
        let mut slots = self.lock();
        if slots.find(Some(key)).is_none() {
            slots.put(key, record)?;
            self.keys().insert(key.to_owned());
        }
        Ok(())
    }

    /// Has no effect if no record has this key.
    pub fn remove(&self, key: &str) -> io::Result<()> {
        let mut slots = self.lock();
        let Some(slot) = slots.find(Some(key)) else { return Ok(()) };
        let mut text = String::new();
        pad(&mut text);
        slots.write(slot, &text)?;
        slots.keys[slot] = None;
        self.keys().remove(key);
        Ok(())
    }

    pub fn contains(&self, key: &str) -> bool {
        self.keys().contains(key)
    }

    pub fn all(&self) -> Vec<(String, String)> {
        let slots = self.lock();
        (0..slots.keys.len()).filter_map(|slot| slots.read(slot)).collect()
    }

    fn keys(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slots {
    fn find(&self, key: Option<&str>) -> Option<usize> {
        self.keys.iter().position(|known| known.as_deref() == key)
    }

    fn put(&mut self, key: &str, record: &str) -> io::Result<()> {
        let mut text = format!("{key} {record}\n");
        if text.len() > SLOT_BYTES {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the record is too long"));
        }
        pad(&mut text);
        let free = self.find(Some(key)).or_else(|| self.find(None));
        let slot = free.ok_or_else(|| io::Error::new(io::ErrorKind::StorageFull, "no slot is free"))?;
        self.write(slot, &text)?;
        self.keys[slot] = Some(key.to_owned());
        Ok(())
    }

    fn write(&self, slot: usize, text: &str) -> io::Result<()> {
        let file = self.file.as_ref().ok_or(io::ErrorKind::StorageFull)?;
        file.write_all_at(text.as_bytes(), position(slot))?;
        file.sync_data()
    }

    fn read(&self, slot: usize) -> Option<(String, String)> {
        let mut bytes = [0; SLOT_BYTES];
        self.file.as_ref()?.read_exact_at(&mut bytes, position(slot)).ok()?;
        // After a power failure a record may be incomplete.
        let text = std::str::from_utf8(&bytes).ok()?.trim_matches(['\0', '\n']);
        text.split_once(' ').map(|(key, record)| (key.to_owned(), record.to_owned()))
    }
}

fn open(folder: &Folder) -> io::Result<Slots> {
    let path = folder.unstored();
    let file = match OpenOptions::new().read(true).write(true).open(&path) {
        Ok(file) if file.metadata()?.len() >= FILE_BYTES => file,
        Ok(_) => create(folder)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(folder)?,
        Err(error) => return Err(error),
    };
    let mut slots = Slots { file: Some(file), keys: vec![None; SLOTS] };
    for slot in 0..SLOTS {
        slots.keys[slot] = slots.read(slot).map(|(key, _)| key);
    }
    Ok(slots)
}

/// The space is written and not only reserved: the first write to a reserved block can require space in the file
/// system's own tables.
fn create(folder: &Folder) -> io::Result<File> {
    let (path, unfinished) = (folder.unstored(), folder.unfinished("unstored"));
    let created = OpenOptions::new().read(true).write(true).create(true).truncate(true).mode(0o600).open(&unfinished);
    let created = created.and_then(|mut file| {
        for _ in 0..SLOTS {
            file.write_all(&[b'\n'; SLOT_BYTES])?;
        }
        file.sync_all()?;
        std::fs::rename(&unfinished, &path)?;
        Ok(file)
    });
    if created.is_err() {
        let _ = std::fs::remove_file(&unfinished);
    }
    created
}

/// No part of an earlier record must remain in the slot.
fn pad(text: &mut String) {
    text.extend(std::iter::repeat_n('\n', SLOT_BYTES - text.len()));
}

fn position(slot: usize) -> u64 {
    (slot * SLOT_BYTES) as u64
}

/// The file must hold the records of the phone calls of a whole weekend, during which a full disk may remain unnoticed.
const SLOTS: usize = 256;
const SLOT_BYTES: usize = 1024;
const FILE_BYTES: u64 = (SLOTS * SLOT_BYTES) as u64;

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Folder) {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::prepare(&dir.path().join("agentlocator.db")).unwrap();
        (dir, folder)
    }

    fn record(key: &str, record: &str) -> (String, String) {
        (key.to_owned(), record.to_owned())
    }

    #[test]
    fn records_survive_a_restart_until_they_are_removed() {
        let (_dir, folder) = folder();
        let records = UnstoredRecords::open(&folder);
        records.put("a", "first, and longer").unwrap();
        records.put("b", "second").unwrap();
        records.put("a", "third").unwrap();
        records.put_first("a", "fourth").unwrap();
        assert!(records.contains("a") && !records.contains("c"));
        let records = UnstoredRecords::open(&folder);
        assert_eq!(records.all(), [record("a", "third"), record("b", "second")]);
        records.remove("a").unwrap();
        records.remove("c").unwrap();
        assert_eq!(UnstoredRecords::open(&folder).all(), [record("b", "second")]);
        records.put_first("c", "fourth").unwrap();
        assert_eq!(UnstoredRecords::open(&folder).all(), [record("c", "fourth"), record("b", "second")]);
        assert_eq!(std::fs::metadata(folder.unstored()).unwrap().len(), FILE_BYTES);
    }

    #[test]
    fn records_beyond_the_space_are_refused() {
        let (_dir, folder) = folder();
        let records = UnstoredRecords::open(&folder);
        assert_eq!(records.put("a", &"x".repeat(SLOT_BYTES)).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        for number in 0..SLOTS {
            records.put(&number.to_string(), "x").unwrap();
        }
        assert_eq!(records.put("a", "x").unwrap_err().kind(), io::ErrorKind::StorageFull);
        records.put("0", "replaced").unwrap();
    }

    #[test]
    fn a_file_that_is_too_short_is_replaced() {
        let (_dir, folder) = folder();
        std::fs::write(folder.unstored(), "a x\n").unwrap();
        assert_eq!(UnstoredRecords::open(&folder).all(), []);
        std::fs::write(folder.unstored(), vec![0xff; 300_000]).unwrap();
        let records = UnstoredRecords::open(&folder);
        assert_eq!(records.all(), []);
        records.put("a", "x").unwrap();
        assert_eq!(records.all(), [record("a", "x")]);
    }
}
