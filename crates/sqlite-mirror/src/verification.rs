//! The result of verifying that the live database is undamaged.

use std::sync::atomic::{AtomicU8, Ordering};

/// The result of verifying that the live database is undamaged. After an unclean stop, the program that uses this crate
/// checks the database and records the result here. Until then, no published file that opens as a database is written.
#[derive(Debug)]
pub struct Verification(AtomicU8);

impl Verification {
    /// Creates the initial state. `is_verified` is true if no check is needed: the database is new, was closed cleanly,
    /// or has been read completely.
    pub fn new(is_verified: bool) -> Self {
        Self(AtomicU8::new(if is_verified { SOUND } else { UNKNOWN }))
    }

    /// Returns true if the live database is verified: copies of the database may then be overwritten with its pages.
    pub fn is_verified(&self) -> bool {
        self.0.load(Ordering::Acquire) == SOUND
    }

    /// Returns true if the live database is damaged: the published file is then the last undamaged copy.
    pub fn is_damaged(&self) -> bool {
        self.0.load(Ordering::Acquire) == DAMAGED
    }

    /// Records that the whole database has been read and is undamaged.
    pub fn record_sound(&self) {
        self.0.store(SOUND, Ordering::Release);
    }

    /// Records that the database is damaged.
    pub fn record_damaged(&self) {
        self.0.store(DAMAGED, Ordering::Release);
    }

    /// Records that a check has started, or has ended without a result. Earlier damage is then no longer certain.
    pub fn record_unknown(&self) {
        // Only the state "damaged" changes. If the exchange fails, the state was another one and stays.
        let _ = self.0.compare_exchange(DAMAGED, UNKNOWN, Ordering::AcqRel, Ordering::Acquire);
    }
}

const UNKNOWN: u8 = 0;
const SOUND: u8 = 1;
const DAMAGED: u8 = 2;
