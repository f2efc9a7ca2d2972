//! Computed waveforms of recordings.

use super::{ReadTx, Result, WriteTx};
use crate::domain::RecordingId;
use rusqlite::{OptionalExtension, params};

/// The peak levels of a recording over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPeaks {
    /// The duration of the recording in milliseconds.
    pub duration_ms: i64,
    /// The peaks of the caller.
    pub caller: Vec<u8>,
    /// The peaks of the agent; empty if only the caller was recorded.
    pub agent: Vec<u8>,
}

impl ReadTx<'_> {
    /// Returns the peaks of a recording, if they have been computed.
    pub fn recording_peaks(&self, id: RecordingId) -> Result<Option<StoredPeaks>> {
        let sql = "SELECT duration_ms, caller, agent FROM recording_peaks WHERE recording_id = ?1";
        let found = self.conn.prepare_cached(sql)?.query_row([id], |row| {
            Ok(StoredPeaks { duration_ms: row.get(0)?, caller: row.get(1)?, agent: row.get(2)? })
        });
        Ok(found.optional()?)
    }
}

impl WriteTx<'_> {
    /// Stores the peaks of a recording.
    pub fn put_recording_peaks(&self, id: RecordingId, peaks: &StoredPeaks) -> Result<()> {
        self.conn
            .prepare_cached(
                "INSERT OR REPLACE INTO recording_peaks(recording_id, duration_ms, caller, agent) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![id, peaks.duration_ms, peaks.caller, peaks.agent])?;
        Ok(())
    }
}
