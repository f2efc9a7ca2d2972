//! Whether the live database is known to be undamaged.

use std::sync::atomic::{AtomicU8, Ordering};

/// Whether the live database is known to be undamaged. The program that uses this crate checks it, after a stop that was
/// not clean, and records the outcome here. Until then no published file is written that opens as a database.
#[derive(Debug)]
pub struct Verification(AtomicU8);

impl Verification {
    /// `is_verified` says that no check is needed: the database is new, was closed cleanly, or has been read completely.
    pub fn new(is_verified: bool) -> Self {
        Self(AtomicU8::new(if is_verified { SOUND } else { UNKNOWN }))
    }

    /// True if the live database is verified: its copies may then be overwritten from it.
    pub fn is_verified(&self) -> bool {
        self.0.load(Ordering::Acquire) == SOUND
    }

    /// True if the live database is damaged: the published file is then the last undamaged copy.
    pub fn is_damaged(&self) -> bool {
        self.0.load(Ordering::Acquire) == DAMAGED
    }

    /// Records that the whole database has been read, and is undamaged.
    pub fn record_sound(&self) {
        self.0.store(SOUND, Ordering::Release);
    }

    /// Records that the database is damaged.
    pub fn record_damaged(&self) {
        self.0.store(DAMAGED, Ordering::Release);
    }

    /// Records that a check has begun, or ended without a result: damage that was found before is no longer certain.
    pub fn record_unknown(&self) {
        // Only this end of a check changes anything; if it fails, there was no damage to forget.
        let _ = self.0.compare_exchange(DAMAGED, UNKNOWN, Ordering::AcqRel, Ordering::Acquire);
    }
}

const UNKNOWN: u8 = 0;
const SOUND: u8 = 1;
const DAMAGED: u8 = 2;
